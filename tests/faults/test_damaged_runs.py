"""Run directories that a failing disk or a stranger made: the right answer, or what is wrong."""

import json
import os
import random
import resource
import shutil
import socket
import time
import warnings

import h5py
import numpy as np
import pytest
from small_training import Quiet, differences, left, small, trained

from specnet import workflow
from specnet.errors import RunWarning, SpecnetError
from specnet.runs import Run
from specnet.training import snapshots

pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("ignore::specnet.errors.RunWarning")]

SECONDS, MEMORY = 1.0, 200  # more than for a good run; MiB
WEIGHTS = "model.weights.h5"
NASTY = [None, True, -1, 1e308, "x", "", [], {}, [[]], {"a": {}}, "\x1b[31m", 10**30, float("nan")]


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    recipe = small(folder)
    run = trained(recipe, folder / "run")
    return recipe, run, left(run)


@pytest.fixture
def damaged(good, tmp_path):
    """A copy of a good run, to be damaged."""
    _, run, _ = good
    return Run(shutil.copytree(run.path, tmp_path / "run"))


def look(run):
    """What verbs make of a run."""
    run = Run.find(run.path)
    recipe, model = workflow.open_model(run)
    found = [model.get_weights(), workflow.load_normalization(run), run.fact("classes")]
    snapshots.load(run, model)
    return [found, recipe.data, run.metrics("val_loss", "seconds")]


def same(one, other):
    (weights, *facts), *rest = one
    (theirs, *their_facts), *their_rest = other
    return facts == their_facts and rest == their_rest and all(map(np.array_equal, weights, theirs))


def refused_or_right(run, expected):
    """Whether what is wrong is told; fails where an answer differs and nobody was told."""
    began, held = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = time.process_time()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", RunWarning)
            found = look(run)
        right = same(found, expected) or any(each.category is RunWarning for each in told)
        assert right, "another answer, and nobody is told"
    except SpecnetError as error:
        told = str(error)
        if str(run.path) not in told:
            raise AssertionError(f"does not say where: {told}") from error
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
    assert more < MEMORY * 1024, f"{more >> 10} MiB more"
    assert min(time.process_time() - cpu, time.monotonic() - began) < 3 * SECONDS


def replaced(path, make):
    def change(chance):
        path.unlink()
        make(path)

    return change


def a_socket(path):
    folder = os.open(path.parent, os.O_RDONLY)
    socket.socket(socket.AF_UNIX).bind(f"/proc/self/fd/{folder}/{path.name}")


def flipped(path, chance):
    content = bytearray(path.read_bytes())
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path, chance):
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size + 1)])


def huge(path, chance):
    os.truncate(path, 2**40)


def other_json(path, chance):
    """A value of another type somewhere, or something missing."""
    if path.suffix != ".json":
        return flipped(path, chance)
    content = json.loads(path.read_text())
    at = content
    while isinstance(at, dict | list) and at:
        key = chance.choice([*at] if isinstance(at, dict) else range(len(at)))
        if not isinstance(at[key], dict | list) or chance.random() < 0.3:
            if chance.random() < 0.2 and isinstance(at, dict):
                del at[key]
            else:
                at[key] = chance.choice(NASTY)
            break
        at = at[key]
    return path.write_text(json.dumps(content))


def other_lines(path, chance):
    lines = path.read_bytes().splitlines(keepends=True)
    chance.shuffle(lines)
    path.write_bytes(b"".join(lines[: chance.randrange(len(lines) + 1)]))


DAMAGES = {
    "flipped": flipped,
    "cut": cut,
    "huge": huge,
    "other JSON": other_json,
    "other lines": other_lines,
    "removed": lambda path, chance: path.unlink(),
    "nested": lambda path, chance: path.write_text("[" * 10**5),
    "a FIFO": lambda path, chance: replaced(path, os.mkfifo)(chance),
    "a directory": lambda path, chance: replaced(path, os.mkdir)(chance),
    "a socket": lambda path, chance: replaced(path, a_socket)(chance),
    "a device": lambda path, chance: replaced(path, lambda p: p.symlink_to("/dev/zero"))(chance),
    "a link": lambda path, chance: replaced(path, lambda p: p.symlink_to("/etc/passwd"))(chance),
}


def files_of(run):
    every = [file for file in sorted(run.path.rglob("*")) if file.is_file()]
    return [file for file in every if file.name != ".lock"]


def test_a_damaged_run_is_refused_with_the_file_or_its_answer_is_right(good, tmp_path, trials):
    _, run, _ = good
    expected = look(run)
    chance = random.Random(1)
    wrong = {}
    for number in range(trials(60)):
        copy = Run(shutil.copytree(run.path, tmp_path / str(number)))
        file = chance.choice(files_of(copy))
        damage = chance.choice([*DAMAGES])
        name = f"{number}: {file.relative_to(copy.path)} {damage}"
        DAMAGES[damage](file, chance)
        try:
            refused_or_right(copy, expected)
        except Exception as error:
            wrong[name] = repr(error)
        shutil.rmtree(copy.path)
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_damaged_run_is_resumed_to_the_bit_or_refused_or_what_is_lost_is_told(
    good, tmp_path, trials
):
    recipe, run, undisturbed = good
    chance = random.Random(2)
    wrong = {}
    for number in range(trials(4)):
        copy = Run(shutil.copytree(run.path, tmp_path / str(number)))
        file = chance.choice([f for f in files_of(copy) if f.suffix not in (".png", ".yaml")])
        damage = chance.choice([*DAMAGES])
        DAMAGES[damage](file, chance)
        told = Quiet()
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always", RunWarning)
                resumed = trained(recipe, copy.path, True, told)
            changed = differences(left(resumed), undisturbed)
            if changed and not (told.notes or warned):
                wrong[f"{number}: {file.name} {damage}"] = changed
        except SpecnetError:
            pass
        except Exception as error:
            wrong[f"{number}: {file.name} {damage}"] = repr(error)
        shutil.rmtree(copy.path)
    assert not wrong, json.dumps(wrong, indent=1)


def with_checksum(run):
    """Lets run.json know the weights that are there: a stranger could."""
    content = (run.path / WEIGHTS).read_bytes()
    run.write_known(WEIGHTS, content)


def rewritten(run, change):
    with h5py.File(run.path / WEIGHTS, "r+") as file:
        change(file["layers/dense/vars"])
    with_checksum(run)


def bomb(group):
    del group["0"]
    group.create_dataset(
        "0", shape=(2**30,), dtype="f", chunks=(2**20,), compression="gzip", fillvalue=1
    )


def other(values):
    def change(group):
        zeros = np.zeros(group["0"].shape)
        del group["0"]
        group["0"] = values(zeros)

    return change


def elsewhere(group):
    del group["0"]
    group["0"] = h5py.ExternalLink("/etc/passwd", "/0")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other(lambda zeros: np.full_like(zeros, np.nan, "f")), "numbers that are not finite"),
        (other(lambda zeros: zeros.astype("complex64")), "expected float32 numbers, found complex"),
        (other(lambda zeros: zeros.astype("S8")), "expected float32 numbers, found"),
        (other(lambda zeros: zeros[1:].astype("f")), r"expected the shape \(\d+, 8\), found"),
        (bomb, r"expected the shape .* found \(1073741824,\)"),
        (elsewhere, "layers/dense/vars/0 is missing"),
    ],
)
def test_weights_of_a_stranger_are_checked_though_their_checksum_is_right(damaged, change, message):
    rewritten(damaged, change)
    with pytest.raises(SpecnetError, match=f"{WEIGHTS}: cannot be loaded .*{message}"):
        look(damaged)


def test_weights_that_changed_are_refused(damaged):
    with h5py.File(damaged.path / WEIGHTS, "r+") as file:
        file["layers/dense/vars/0"][0, 0] *= 1.5
    with pytest.raises(SpecnetError, match=f"{WEIGHTS}: is damaged or was changed .its SHA-256"):
        look(damaged)


def test_a_run_without_checksums_loads_and_says_so(damaged):
    facts = damaged.facts()
    (damaged.path / "run.json").write_text(json.dumps(facts))
    with pytest.warns(RunWarning, match=f"{WEIGHTS}: run.json has no checksum of it"):
        look(damaged)


def test_metrics_that_changed_are_read_with_a_warning(damaged):
    file = damaged.path / "metrics.csv"
    file.write_text(file.read_text().replace("\n1,0.", "\n1,1.", 1))
    with pytest.warns(RunWarning, match=r"metrics\.csv: is damaged or was changed"):
        damaged.metrics()
    file.unlink()
    with pytest.warns(RunWarning, match=r"metrics\.csv: is missing"):
        assert damaged.metrics() == []


def test_metrics_that_are_lost_come_back_from_the_checkpoint(good, damaged):
    recipe, run, undisturbed = good
    (damaged.path / "metrics.csv").unlink()
    told = Quiet()
    trained(recipe, damaged.path, True, told)
    assert "metrics.csv: is missing or empty; written anew" in " ".join(told.notes)
    assert (damaged.path / "metrics.csv").read_text() == (run.path / "metrics.csv").read_text()
    assert not differences(left(damaged), undisturbed)


def test_a_link_is_refused_by_name_and_what_is_behind_it_stays(good, damaged, tmp_path):
    recipe, _, _ = good
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "secret.txt").write_text("secret")
    for name, target in ((".lock", victim / "secret.txt"), ("figures", victim)):
        (damaged.path / name).unlink(missing_ok=True)
        (damaged.path / name).symlink_to(target)
        with pytest.raises(SpecnetError, match=f"run/{name}: is a link"):
            Run.find(damaged.path)
        with pytest.raises(SpecnetError, match=f"run/{name}: is a link"):
            workflow.train(recipe, damaged.path, resume=True)
        (damaged.path / name).unlink()
    assert [file.name for file in victim.iterdir()] == ["secret.txt"]
    assert (victim / "secret.txt").read_text() == "secret"
