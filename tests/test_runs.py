"""Run directories and checkpoints: whole or not at all."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from specnet import checkpoints
from specnet.checkpoints import Checkpoint
from specnet.errors import RunError, UsageError
from specnet.files import write_bytes
from specnet.runs import Run


@pytest.fixture
def run(tmp_path):
    made = Run.create(tmp_path / "ckpt" / "a")
    made.describe(status="running")
    return made


def checkpoint(epoch, value=0.0):
    return Checkpoint(epoch, 0, {"w": np.full((3, 2), value, "float32")}, {"best": epoch})


def test_a_second_run_gets_the_next_number(run):
    names = [Run.create(run.path).path.name for _ in range(3)]
    assert names == ["a-2", "a-3", "a-4"]


def test_the_newest_run_is_found_from_the_folder(run):
    newer = Run.create(run.path)
    newer.describe(status="running")
    os.utime(run.path / "run.json", ns=(1, 1))
    assert Run.find(run.path.parent) == newer
    assert Run.find(run.path) == run
    assert Run.newest_of(run.path) == newer


def test_resuming_does_not_mistake_a_longer_name_for_a_number(run):
    other = Run.create(run.path.with_name("a-b"))
    other.describe(status="running")
    assert Run.newest_of(run.path) == run


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_a_path_without_a_run_is_explained(tmp_path, path):
    with pytest.raises(RunError, match=r"no such directory|no run here"):
        Run.find(tmp_path / path)


def test_a_directory_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "ckpt").symlink_to(tmp_path / "unmounted")
    with pytest.raises(RunError, match="cannot be made"):
        Run.create(tmp_path / "ckpt" / "a")


def test_here_is_a_place_for_a_run(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert Run.create(Path(".")).path.resolve() == tmp_path / "here"
    with pytest.raises(UsageError, match=r"--out \.: holds other things.*name a new directory"):
        Run.create(Path("."))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(28, "No space left on device")

    (tmp_path / "f").write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(RunError, match=r"No space left on device.*--resume"):
        write_bytes(tmp_path / "f", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_text() == "old"


def test_a_directory_is_locked_against_a_second_process(run):
    with run.locked(), pytest.raises(RunError, match="another process"), run.locked():
        pass
    with run.locked():
        pass


def test_leftovers_of_a_killed_process_are_removed(run):
    gone = subprocess.Popen(["true"])
    gone.wait()
    half = run.path / f".specnet-{gone.pid}-0123456789abcdef.part"
    at_work = run.path / f".specnet-{os.getpid()}-0123456789abcdef.part"
    others = [run.path / name for name in (".123.model.weights.h5", ".1old.txt", ".specnet-1.part")]
    for file in (half, at_work, *others):
        file.write_text("half")
    with run.locked():
        assert not half.exists()
        assert all(file.exists() for file in (at_work, *others))


def test_metrics_come_back_as_they_were_written(run):
    rows = [{"epoch": 1, "loss": 0.1 + 0.2}, {"epoch": 2, "loss": 1e-9}]
    run.write_metrics(rows)
    assert run.metrics() == rows


def test_the_last_checkpoint_comes_back(run):
    for epoch in (1, 2, 3):
        checkpoints.save(run, checkpoint(epoch, value=epoch / 7))
    found, warnings = checkpoints.load(run)
    assert replace(found, arrays={}) == Checkpoint(3, 0, {}, {"best": 3})
    np.testing.assert_array_equal(found.arrays["w"], np.full((3, 2), 3 / 7, "float32"))
    assert warnings == []


def test_two_checkpoints_are_kept(run):
    for epoch in range(5):
        checkpoints.save(run, checkpoint(epoch))
    files = {p.name for p in (run.path / "checkpoints").glob("*.npz")}
    assert files == {"epoch-0003-step-000000.npz", "epoch-0004-step-000000.npz"}


@pytest.mark.parametrize("damage", ["cut", "flip", "remove"])
def test_a_damaged_checkpoint_is_passed_over_and_told(run, damage):
    for epoch in (1, 2):
        checkpoints.save(run, checkpoint(epoch))
    file = run.path / "checkpoints" / "epoch-0002-step-000000.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    {
        "cut": lambda: file.write_bytes(content[:40]),
        "flip": lambda: file.write_bytes(content),
        "remove": file.unlink,
    }[damage]()
    found, warnings = checkpoints.load(run)
    assert found.epoch == 1
    (warning,) = warnings
    assert re.search("is damaged|is missing", warning)


def test_only_damaged_checkpoints_are_an_error(run):
    checkpoints.save(run, checkpoint(1))
    (run.path / "checkpoints" / "epoch-0001-step-000000.npz").write_bytes(b"")
    with pytest.raises(RunError, match="every checkpoint is damaged"):
        checkpoints.load(run)


def test_no_checkpoint_is_no_error(run):
    assert checkpoints.load(run) == (None, [])
