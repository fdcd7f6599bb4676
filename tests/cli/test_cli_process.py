"""How commands begin and end: closed and full streams, pipes, signals, deaths of native code."""

import os
import signal
import subprocess
import sys
import time

import pytest
from command_line import SPECNET
from recipes_at_hand import write

from specnet.cli import caches, native, streams
from specnet.studies.compare.trial import RECORDS as records
from specnet.studies.engine import workers
from specnet.studies.engine.processes import (
    InterruptedRun,
    Orphaned,
    Owner,
    ProcessDied,
    _ending,
    as_json,
    error_of,
)
from specnet.training.interruption import StopSignals

# Two of them start a backend; all else needs none.


def shell(script, **variables):
    """Runs a line of shell in which $SPECNET is the command."""
    command = " ".join(f"'{part}'" for part in SPECNET)
    return subprocess.run(
        ["bash", "-c", script.replace("$SPECNET", command)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )


def verb(statements):
    """A program that runs `main` with these statements in place of a verb."""
    return (
        "import os; from specnet.cli import entry, main\n"
        f"def answer(): {statements}\n"
        "entry._answer = answer\nmain()"
    )


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "2>&- >&- <&-", "> /dev/full", "| head -n 1"])
def test_a_command_needs_nobody_who_listens(closed):
    found = shell(f"$SPECNET recipes {closed}; echo rc=${{PIPESTATUS[0]}} >&2", COLUMNS="30")
    code = 1 if "full" in closed else 0
    assert found.stderr.endswith(f"rc={code}\n") or "2>&-" in closed
    assert "Traceback" not in found.stderr
    assert "unexpected" not in found.stderr
    assert ("No space left" in found.stderr) == ("full" in closed)
    assert ("catsdogs" in found.stdout) == (closed == "2>&-")


def test_what_a_reader_leaves_never_stops_a_writer():
    reading, writing = os.pipe()
    stream = streams.Stream(writing, sys.stdout)
    lines = [f"{number} é\n" for number in range(30_000)]
    for line in lines:  # far more than a pipe takes, and nobody reads yet
        stream.write(line)
    with os.fdopen(reading, "rb") as file:
        content = "".join(lines).encode()
        assert file.read(len(content)) == content
        assert stream.drain() is None
    stream.write("more\n")
    assert stream.drain() is None
    assert isinstance(stream.problem, BrokenPipeError)
    os.close(writing)


def test_an_encoding_that_lacks_letters_is_no_reason_to_fail(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        stream = streams.Stream(file.fileno(), open(os.devnull, encoding="ascii"))  # noqa: SIM115
        stream.write("é\udce9\n")
    assert (tmp_path / "file").read_bytes() == b"\\xe9\\udce9\n"


def test_version_and_module_and_wrong_arguments():
    module = f"'{sys.executable}' -m specnet"
    found = shell(f"$SPECNET --version && {module} -h && $SPECNET $'--a\\x1b[2J'")
    assert found.stdout.startswith("specnet 0.")
    assert "--version" in found.stdout
    assert "--install-completion" in found.stdout
    assert "--a\\x1b[2J" in found.stderr
    assert found.returncode == 2


def hear_hangups():
    """The tests may have been started by nohup, which their commands would inherit."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_things_are_imported_ends_in_its_code(number):
    script = verb(f"os.kill(os.getpid(), {number:d})")
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=hear_hangups,
    )
    assert found.returncode == 128 + number
    assert found.stderr == f"stopped ({number.name})\n"


def test_nohup_means_that_a_hangup_is_not_heard():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signals.received is None
            os.kill(os.getpid(), signal.SIGTERM)
            assert signals.received == signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_that_had_nothing_left_to_stop_stops_the_longer_job():
    with StopSignals() as study:
        with StopSignals() as training:
            os.kill(os.getpid(), signal.SIGTERM)
        assert (training.received, study.received) == (signal.SIGTERM, signal.SIGTERM)
        with StopSignals() as following:
            assert following.received == signal.SIGTERM


def test_a_hangup_stops_a_training_after_a_checkpoint(tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    recipe = write(tmp_path)
    arguments = ["train", recipe, "training.epochs=500", "--out", "run"]
    with subprocess.Popen(
        [*SPECNET, *map(str, arguments)], stdout=subprocess.PIPE, preexec_fn=hear_hangups
    ) as process:
        request.addfinalizer(process.kill)  # whatever fails
        process.stdout.readline()
        process.stdout.close()  # the training goes on all the same
        deadline = time.monotonic() + 120
        while not (tmp_path / "run" / "metrics.csv").exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 129
    assert '"status": "interrupted"' in (tmp_path / "run" / "run.json").read_text()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os.abort()", "died in native code (Aborted)"),
        ("os.kill(os.getpid(), 11)", "died in native code (Segmentation fault)"),
        ("os.write(2, b'F0000 1.2 x.cc:3] bad flag\\n'); os._exit(1)", "died in native code."),
        ("os.kill(os.getpid(), 9)", "ended without a word"),
        ("raise ValueError('x')", "unexpected ValueError"),
    ],
)
def test_a_death_is_told_with_the_last_words_of_native_code(end, words):
    script = verb(f"os.write(2, b'I0000 started\\nE0000 the \\x1b[1mreason\\n'); {end}")
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
    told = process.communicate(timeout=60)[1]  # until the last process that has it ends
    assert process.returncode != 0
    assert words in told
    assert "E0000 the \\x1b[1mreason" in told
    assert "started" not in told
    assert "Traceback" not in told


def test_the_end_of_much_is_kept():
    told = native._words(b"", b"\n".join(b"line %d" % number for number in range(5000)))
    assert "line 4999" in told
    assert len(told.splitlines()) < 10


def answer(code, stderr=""):
    return subprocess.CompletedProcess([], code, "", stderr)


def test_why_a_trial_gave_no_answer():
    mine, gone = Owner.this(), Owner(Owner.this().host, 2**22 + 1)
    stopped = _ending(answer(-signal.SIGTERM), mine)
    assert (type(stopped), stopped.exit_code) == (InterruptedRun, 143)
    assert isinstance(_ending(answer(75), mine), Orphaned)
    assert isinstance(_ending(answer(1), gone), Orphaned)
    killed, aborted, failed = (
        _ending(answer(code, "first\nlast \x1b[1m"), mine) for code in (-9, -6, 1)
    )
    assert all(isinstance(each, ProcessDied) for each in (killed, aborted, failed))
    assert (killed.killed, aborted.killed, failed.killed) == (True, False, False)
    assert "SIGABRT" in str(aborted)
    assert str(failed).endswith("code 1: last \\x1b[1m")
    again = error_of(as_json(stopped))
    assert (type(again), again.exit_code) == (InterruptedRun, 143)


@pytest.mark.parametrize("error", [InterruptedRun("told to stop", 15), Orphaned("gone")])
def test_a_trial_that_was_stopped_is_not_recorded(tmp_path, monkeypatch, error):
    def ask(*arguments, **question):
        raise error

    monkeypatch.setattr(workers, "ask", ask)
    for folder in ("trials", "running"):
        (tmp_path / folder).mkdir()
    job = workers.Job(str(tmp_path), "a", 0, records, "", {}, Owner.this(), 1)
    with pytest.raises(type(error)):
        workers.perform(job)
    assert records.read(tmp_path, "a", 0) is None


def test_numba_gets_a_folder_where_it_would_find_none(monkeypatch, tmp_path):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    caches.choose_numba()
    assert "NUMBA_CACHE_DIR" not in os.environ
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("specnet.__file__", str(tmp_path / "file" / "__init__.py"))
    monkeypatch.setattr("atexit.register", lambda *arguments, **options: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    caches.choose_numba()
    assert os.path.isdir(os.environ.pop("NUMBA_CACHE_DIR"))
