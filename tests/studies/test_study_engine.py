"""The engine runs the trials of any study; this one needs no backend."""

import os
import signal
import threading
import time

import pytest

from specnet.errors import InterruptedRun
from specnet.progress import Reporter
from specnet.studies.engine import processes, stopping
from specnet.studies.engine.records import Records, Trial
from specnet.studies.engine.workers import Options, run_missing

STUDY = """
import os, signal, time
from pathlib import Path

from specnet.errors import DataError
from specnet.studies.engine.records import Records, Trial


def run(out, label, seed, weight):
    with (Path(out) / "begun").open("a") as file:
        file.write(f"{label}{seed}\\n")
    if label == "broken":
        raise DataError("no images")
    if label == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    Records(Trial).write(Path(out), Trial(label, seed, seconds=weight * seed))


def wait(folder):
    try:
        (Path(folder) / "waits").touch()
        time.sleep(100)
    finally:
        (Path(folder) / "saved").touch()


def run_long(out, label, seed):
    wait(out)
"""
WANTED = [(label, seed) for seed in (1, 2) for label in ("fine", "broken", "killed")]


class Listener(Reporter):
    """Keeps what is told."""

    def __init__(self):
        self.lines = []

    def note(self, message):
        self.lines.append(message)

    result = note


@pytest.fixture
def task(tmp_path, monkeypatch, trials_anew):
    """Lets other processes import what they are to do."""
    (tmp_path / "a_study.py").write_text(STUDY)
    known = [os.environ["PYTHONPATH"]] if "PYTHONPATH" in os.environ else []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *known]))


@pytest.fixture
def study(tmp_path, task):
    """Runs what is missing; returns the records, what is told, and which trials began."""

    def run(**options):
        begun, listener = tmp_path / "begun", Listener()
        begun.unlink(missing_ok=True)
        made = run_missing(
            tmp_path,
            WANTED,
            Records(Trial),
            "a_study:run",
            lambda label: {"weight": 10},
            lambda trial: f"took {trial.seconds:g}",
            Options(jobs=2, **options),
            listener,
        )
        return made, listener.lines, sorted(begun.read_text().split())

    return run


def test_trials_are_kept_and_what_failed_is_told_and_run_again_as_it_should(study, tmp_path):
    made, told, begun = study()
    assert [(trial.label, trial.seed) for trial in made] == WANTED
    assert begun == sorted(f"{label}{seed}" for label, seed in WANTED)
    fine, broken, killed = made[:3]
    assert (fine.finished, fine.seconds) == (True, 10)
    assert (broken.reason, broken.killed) == ("no images", False)
    assert killed.killed
    assert "fine, seed 2: took 20" in told
    assert "broken, seed 1: failed: no images" in told
    assert (tmp_path / "running").exists()  # those that were killed may go on
    _, told, begun = study()
    assert begun == ["killed1", "killed2"]
    assert "4 of 6 trials are there already" in told[0]
    assert study(retry=True)[2] == ["broken1", "broken2", "killed1", "killed2"]


def test_whoever_is_stopped_waits_until_what_it_asked_for_has_saved(task, tmp_path):
    """Threads wait for such processes, which no signal ends."""
    ended = []

    def ask():
        with pytest.raises(InterruptedRun) as error:
            processes.ask("a_study:wait", folder=str(tmp_path))
        ended.append(error.value.signal_number)

    thread = threading.Thread(target=ask)
    thread.start()
    deadline = time.monotonic() + 60
    while not (tmp_path / "waits").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    processes.stop_all()
    assert (tmp_path / "saved").exists()
    thread.join(10)
    assert ended == [signal.SIGTERM]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_python_discards_stops_a_study_at_its_end_at_the_latest(tmp_path):
    class Collected:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)
            sum(range(1000))  # its handler is called in here

    with (
        pytest.raises(InterruptedRun, match="the same command goes on") as stopped,
        stopping.stopping(tmp_path),
    ):
        Collected()
    assert stopped.value.signal_number == signal.SIGTERM


def test_a_signal_that_python_discards_stops_the_trials_that_run(task, tmp_path, monkeypatch):
    class Killer(Reporter):
        def progress(self, done, count, running, seconds_left):
            if (tmp_path / "waits").exists():
                os.kill(os.getpid(), signal.SIGINT)

    def discarded(self, number, frame):
        self.received = number

    monkeypatch.setattr(stopping._StoppingAtOnce, "_note", discarded)
    asked = ([("long", 1)], Records(Trial), "a_study:run_long", lambda label: {}, str, Options())
    with pytest.raises(InterruptedRun) as stopped, stopping.stopping(tmp_path):
        run_missing(tmp_path, *asked, Killer())
    assert stopped.value.signal_number == signal.SIGINT
    assert (tmp_path / "saved").exists()
