"""Studies on a cluster of two processes, one of which is killed; `specnet compare --scheduler`."""

import os
import signal
import sys
import threading
import time

import pytest
from recipes_at_hand import write

from specnet.errors import RunError, UsageError
from specnet.progress import Reporter
from specnet.studies.compare.trial import RECORDS
from specnet.studies.engine import cluster as clusters
from specnet.studies.engine.records import Records, Trial
from specnet.studies.engine.workers import Options, run_missing

RECIPE = """
data: {source: gratings, image_size: [16, 15], train: 64, validation: 32, test: 32}
model: [flatten, {dense: {units: 8}}]
training: {epochs: 1, batch_size: 16}
"""
STUDY = """
import os
import time
from pathlib import Path

from specnet.studies.engine.records import Records, Trial


def run(out, label, seed):
    worker = Path(out) / "worker"
    if label == "three" and not worker.exists():
        worker.write_text(str(os.getppid()))
        time.sleep(600)
    Records(Trial).write(Path(out), Trial(label, seed))
"""
NAMES = ("one", "two", "three")  # one trial more than there are workers, and one is killed


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    from distributed import LocalCluster

    folder = tmp_path_factory.mktemp("code")
    (folder / "a_study.py").write_text(STUDY)
    with (
        pytest.MonkeyPatch.context() as patch,
        LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=None) as workers,
        workers.get_client() as client,
    ):
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *sys.path]))
        workers.scale(2)
        client.wait_for_workers(2)
        yield client


def test_workers_that_do_not_see_the_folder_are_named(client, tmp_path):
    with (
        pytest.raises(RunError, match=r"tcp://.*: does not see .*file system that all machines"),
        clusters.cluster(client.scheduler.address, tmp_path / "elsewhere"),
    ):
        pass


def test_trials_of_one_host_share_its_cores(client, tmp_path):
    with clusters.cluster(client.scheduler.address, tmp_path) as places:
        assert places.count == 2
        assert places.threads == max(1, len(os.sched_getaffinity(0)) // 2)


def test_a_worker_that_is_killed_costs_its_trial_a_new_start_and_nothing_else(client, tmp_path):
    """In a study that needs no backend, whose last trial waits until its worker is killed."""
    keys, worker = [(name, 0) for name in NAMES], tmp_path / "worker"

    def kill() -> None:
        while not (worker.exists() and (pid := worker.read_text())):
            time.sleep(0.05)
        os.kill(int(pid), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    found = run_missing(
        tmp_path,
        keys,
        Records(Trial),
        "a_study:run",
        question=lambda label: {},
        words=lambda trial: "done",
        options=Options(scheduler=client.scheduler.address),
        reporter=Reporter(),
    )
    thread.join()
    assert [(trial.label, trial.seed) for trial in found] == keys
    assert all(trial.finished for trial in found)


def test_compare_trains_on_the_workers(client, specnet_here, tmp_path):
    for name in NAMES[:2]:
        write(tmp_path, RECIPE, name)
    where = ["--scheduler", client.scheduler.address, "-q"]
    done = specnet_here("compare", "one.yaml", "two.yaml", "--trials", 1, "--out", "study", *where)
    assert all(name in done.stdout for name in NAMES[:2])
    keys = [(name, 0) for name in NAMES[:2]]
    assert all(trial.finished for trial in RECORDS.read_all(tmp_path / "study", keys))


@pytest.mark.parametrize(
    ("address", "kind", "message"),
    [
        ("tcp://127.0.0.1:9", RunError, "nobody answers at tcp://127.0.0.1:9; start `dask"),
        ("smoke://127.0.0.1", UsageError, "expected an address such as tcp://host:8786, found"),
    ],
)
def test_a_scheduler_that_is_not_there_is_explained(tmp_path, monkeypatch, address, kind, message):
    monkeypatch.setattr(clusters, "_PATIENCE", 0.2)
    with pytest.raises(kind, match=message), clusters.cluster(address, tmp_path):
        pass
