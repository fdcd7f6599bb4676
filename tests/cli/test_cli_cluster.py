"""`specnet compare --scheduler` on a cluster of two processes, one of which is killed."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import SPECNET
from recipes_at_hand import write

from specnet.errors import RunError, UsageError
from specnet.studies.compare.trial import RECORDS as records
from specnet.studies.engine import cluster as clusters

RECIPE = """
data: {source: gratings, image_size: [16, 15], train: 64, validation: 32, test: 32}
model: [flatten, {dense: {units: 8}}]
training: {epochs: 1, batch_size: 16}
"""
NAMES = ("one", "two", "three")  # one trial more than there are workers, and one is killed


@pytest.fixture(scope="module")
def client():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers,
        workers.get_client() as client,
    ):
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


def test_a_worker_that_is_killed_costs_its_trial_a_new_start_and_nothing_else(
    client, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        write(tmp_path, RECIPE, name)
    keys = [(name, 0) for name in NAMES]
    arguments = ["compare", *(f"{name}.yaml" for name in NAMES), "--trials", "1", "--out", "study"]
    where = ["--scheduler", client.scheduler.address, "-q"]
    with subprocess.Popen(
        [*SPECNET, *arguments, *where], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        out = Path("study")
        while not (finished := records.read_all(out, keys)):
            assert process.poll() is None
            time.sleep(0.05)
        for pid in [*client.run(os.getpid).values()][:1]:
            os.kill(pid, signal.SIGKILL)
        shown, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    found = records.read_all(out, keys)
    assert [(trial.label, trial.seed) for trial in found] == keys
    assert all(trial.error is None for trial in found)
    assert finished[0] in found
    assert all(name in shown for name in NAMES)


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
