"""Run directories and checkpoints: whole or not at all."""

import errno
import fcntl
import io
import os
import re
import shutil
import subprocess
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from specnet.errors import RunError, RunWarning, UsageError
from specnet.runs import Run, arrays
from specnet.runs.files import write_bytes
from specnet.training import checkpoints
from specnet.training.checkpoints import Checkpoint


class Killed(BaseException):
    """Nothing runs after it."""


@contextmanager
def monkeypatched_calls(last):
    """The process is gone after so many system calls that change something."""
    calls = 0

    def counted(real):
        def call(*arguments, **more):
            nonlocal calls
            calls += 1
            if calls > last:
                raise Killed
            return real(*arguments, **more)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in ("open", "write", "fsync", "replace", "unlink"):
            patch.setattr(os, name, counted(getattr(os, name)))
        yield


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


def test_the_runs_of_a_study_are_named(tmp_path):
    (tmp_path / "trials").mkdir()
    with pytest.raises(RunError, match=r"kept no runs; .* with --keep-runs"):
        Run.find(tmp_path)
    for number in range(5):
        Run.create(tmp_path / "runs" / f"a-seed{number}").describe(status="finished")
    named = ", ".join(str(tmp_path / "runs" / f"a-seed{number}") for number in range(3))
    with pytest.raises(RunError, match=f"name one of its runs: {named} and 2 more"):
        Run.find(tmp_path)


def test_a_directory_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "ckpt").symlink_to(tmp_path / "unmounted")
    with pytest.raises(UsageError, match="cannot be made"):
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


@pytest.mark.parametrize("number", [errno.ENOSYS, 37, 524, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_is_told_and_used(run, monkeypatch, number):
    def fail(descriptor, operation):
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.warns(RunWarning, match=r"has no locks \(no locks\)"), run.locked():
        run.describe(status="running")
    assert run.is_locked() is None
    assert run.status() == "running"


def test_a_run_that_no_process_is_in_does_not_say_that_it_runs(run):
    assert run.is_locked() is False
    assert run.status() == "killed"
    with run.locked():
        assert run.is_locked()
        assert run.status() == "running"


def test_links_are_refused_by_name_and_never_written_through(run, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for name in (".lock", "figures", "filters", "metrics.csv", "checkpoints/index.json"):
        link = run.path / name
        link.symlink_to(secret)
        with pytest.raises(RunError, match=f"a/{name}: is a link"):
            Run.find(run.path)
        with pytest.raises(RunError, match=f"a/{name}: is a link"), run.locked():
            pass
        link.unlink()
    (run.path / "figures").symlink_to(tmp_path)
    with pytest.raises(RunError, match="figures: is a link"):
        run.write("figures/secret.txt", "mine")
    (run.path / "metrics.csv").symlink_to(secret)
    with pytest.raises(RunError, match="a link is in its place"):
        run.write("metrics.csv", "mine")
    assert secret.read_text() == "secret"


def test_a_known_file_is_one_of_those_that_it_was_and_will_be_wherever_writing_ends(run):
    """A kill is an exception that nothing catches before it is too late."""
    run.write_known("f", "old")
    wholes = []
    for last in range(1, 40):
        copy = Run(Path(shutil.copytree(run.path, run.path.with_name(f"copy{last}"))))
        with monkeypatched_calls(last):
            try:
                copy.write_known("f", "new")
                break
            except Killed:
                pass
        wholes.append(copy.read_known("f"))
    assert set(wholes) == {b"old", b"new"}


def test_what_is_not_as_it_was_written_is_refused_or_told(run):
    run.write_known("f", "old")
    (run.path / "f").write_text("other")
    with pytest.raises(RunError, match="f: is damaged or was changed"):
        run.read_known("f")
    with pytest.warns(RunWarning, match="f: is damaged or was changed"):
        assert run.read_known("f", may_change=True) == b"other"
    facts = run.path / "run.json"
    facts.write_text(facts.read_text().replace("running", "finished"))
    with pytest.warns(RunWarning, match="run.json: was changed since"):
        run.facts()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 10**6, "is damaged"),
        ('{"classes": [1, 2]}', "classes.0"),
        ('{"normalization": "x"}', "normalization"),
        ('{"seed": ' + "9" * 5000 + "}", "is damaged"),
        ("[]", "is damaged"),
    ],
)
def test_a_damaged_run_json_is_an_error_that_says_where(run, text, message):
    (run.path / "run.json").write_text(text)
    with pytest.raises(RunError, match=rf"run.json: .*{message}"):
        run.facts()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch,loss\n1,x\n", "line 2: could not convert"),
        ("epoch,loss\n1\n", "line 2: expected 2 numbers, found 1"),
        ("epoch,loss\n1,inf\n", "line 2: expected finite numbers"),
        ("lepoch,loss\n1,2\n", "line 1: no column epoch"),
        ("", "no column epoch"),
    ],
)
def test_damaged_metrics_are_an_error_that_says_where(run, text, message):
    (run.path / "metrics.csv").write_text(text)
    with pytest.raises(RunError, match=rf"metrics.csv: is damaged \(.*{message}"):
        run.metrics()


@pytest.mark.parametrize(
    "content",
    [
        '{"a": 1}',
        '[{"file": "../../x.npz", "sha256": "", "epoch": 1, "step": 0, "notes": {}}]',
        "[[]]",
        "[" * 10**5,
    ],
)
def test_an_index_of_another_form_is_an_error(run, content):
    (run.path / "checkpoints" / "index.json").write_text(content)
    with pytest.raises(RunError, match=r"index.json: is damaged \(.*train anew"):
        checkpoints.load(run)


def test_a_digit_of_the_index_that_changed_costs_its_checkpoint(run):
    for epoch in (1, 2):
        checkpoints.save(run, checkpoint(epoch))
    index = run.path / "checkpoints" / "index.json"
    index.write_text(index.read_text().replace('"best": 2', '"best": 3'))
    found, (warning,) = checkpoints.load(run)
    assert found.epoch == 1
    assert "what the index says of it has changed" in warning


def test_checkpoints_that_no_index_names_are_not_forgotten_in_silence(run):
    for epoch in (1, 2):
        checkpoints.save(run, checkpoint(epoch))
    (run.path / "checkpoints" / "index.json").unlink()
    with pytest.raises(RunError, match=r"index.json: is missing"):
        checkpoints.load(run)


def test_arrays_are_unpacked_to_what_the_file_holds_and_no_more():
    plain = {"a/b": np.arange(6.0).reshape(2, 3), "c": np.array(7)}
    found = arrays.unpacked(arrays.packed(plain))
    assert {name: value.tolist() for name, value in found.items()} == {
        name: value.tolist() for name, value in plain.items()
    }
    bomb, claims, objects = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez_compressed(bomb, a=np.zeros(10**7))
    with zipfile.ZipFile(claims, "w") as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f4", "fortran_order": False, "shape": (2**40,)}
        )
        archive.writestr("a.npy", header.getvalue() + b"1234")
    np.savez(objects, a=np.array([{}], object))
    for content in (bomb, claims, objects):
        with pytest.raises(ValueError, match=r"a\.npy: (is compressed|expected)"):
            arrays.unpacked(content.getvalue())


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


@pytest.mark.parametrize("look", [Run.find, Run.newest_of, lambda path: Run(path).checked()])
def test_a_folder_that_cannot_be_read_is_named(look, tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    run = Run.create(tmp_path / "runs" / "one")
    monkeypatch.setattr(os, "scandir", fail)
    monkeypatch.setattr(os, "listdir", fail)
    with pytest.raises(RunError, match=r"one|runs.*Input/output error"):
        look(run.path if look is not Run.find else run.path.parent)


def test_a_run_of_another_recipe_is_no_numbered_one(run):
    run.describe(recipe="a")
    other = Run.create(run.path.with_name("a-20"))
    other.describe(recipe="a-20")
    assert Run.newest_of(run.path) == other
    assert Run.newest_of(run.path, "a") == run
    assert Run.newest_of(run.path, "renamed") == other


def test_a_run_that_is_named_by_a_dot_has_a_name_for_what_goes_beside_it(run, monkeypatch):
    assert run.beside("-spectral") == run.path.with_name("a-spectral")
    monkeypatch.chdir(run.path)
    assert Run(Path()).beside("-spectral") == run.path.with_name("a-spectral")
