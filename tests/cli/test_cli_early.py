"""Mistakes are told before Keras is imported."""

import json
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError

import pytest
from PIL import Image
from recipes_at_hand import TINY, write

from specnet.cli import entry
from specnet.cli.common import find_run
from specnet.errors import SpecnetError
from specnet.runs import Run


@pytest.fixture
def refused(specnet_here, monkeypatch):
    """What a command says that ends before `specnet.workflow` is imported, with its exit code."""
    import_module("specnet.cli.app")  # which imports what is light of it

    def run(*arguments, code):
        for heavy in ("specnet.workflow", "specnet.studies.autoencode"):
            monkeypatch.setitem(sys.modules, heavy, None)  # importing it raises ImportError
        return specnet_here(*arguments, code=code).stderr

    return run


@pytest.fixture
def run(tmp_path):
    made = Run.create(tmp_path / "run")
    (made.path / "recipe.yaml").write_text(TINY)
    (made.path / "run.json").write_text(json.dumps({"layers": ["gaussian"], "status": "finished"}))
    return made.path


@pytest.mark.parametrize("verb", ["train", "autoencode", "compare", "bench"])
def test_a_folder_that_cannot_be_made(refused, tmp_path, verb):
    (tmp_path / "file").write_text("")
    recipe = [] if verb == "autoencode" else [write(tmp_path)]
    recipe += [write(tmp_path, name="other")] if verb == "compare" else []
    assert "file/x: cannot be made" in refused(verb, *recipe, "--out", "file/x", code=2)


def test_what_a_recipe_lacks_to_begin_with(refused, tmp_path, monkeypatch):
    recipe = write(tmp_path)
    told = refused("train", recipe, "training.weights=nowhere", code=1)
    assert "training.weights:" in told
    assert "nowhere: no such directory" in told
    monkeypatch.setattr("specnet.training.trackers.find_spec", lambda name: None)
    told = refused("train", recipe, "training.trackers=[wandb]", code=2)
    assert "wandb needs wandb; pip install wandb" in told


def test_data_that_is_not_there(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "none"))
    assert "specnet data prepare mnist" in refused("train", "mnist-gaussian", code=3)
    head = "model: [flatten, {dense: {units: 2}}]\ndata: {image_size: 8, path: photos, source: "
    folder, archive = (write(tmp_path, f"{head}{kind}}}", kind) for kind in ("folder", "npz"))
    assert "correct data.path" in refused("train", folder, code=3)
    assert "correct data.path" in refused("train", archive, code=3)
    (tmp_path / "photos" / "full").mkdir(parents=True)
    (tmp_path / "photos" / "empty").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "photos" / "full" / "a.png")
    assert "photos/empty: no images" in refused("train", folder, code=3)


def test_a_table_and_a_dataset_of_the_hub(refused, tmp_path, monkeypatch):
    head = "model: [flatten, {dense: {units: 2}}]\ndata: {image_size: 8, source: "
    table = write(tmp_path, head + "csv, path: labels.csv, file: image, label: kind}", "csv")
    assert "labels.csv: found nothing, expected a file" in refused("train", table, code=3)
    splits = "splits: {train: train, validation: train, test: test}}"
    hub = write(tmp_path, f"{head}huggingface, path: user/photos, {splits}", "hub")

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    assert "pip install datasets (or specnet[hugg" in refused("train", hub, code=2)


def test_runs_that_lack_what_is_asked_for(refused, run):
    assert "there are: gaussian" in refused("visualize", run, "--layer", "dense", code=2)
    assert "no view 'waves'" in refused("visualize", run, "--what", "waves", code=2)
    assert "there are: gaussian" in refused("inspect", run, "--layer", "\x1b", code=2)
    assert "has no conv2d" in refused("convert", run, "--to", "spectral", code=2)


def test_every_error_says_what_it_is():
    assert entry.explanation(SpecnetError("a: b")) == "a: b"
    missing = ModuleNotFoundError("no", name="jax")
    assert "pip install jax" in entry.explanation(missing)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("finished", ""),
        ("running", "was killed"),
        ("interrupted", "--resume"),
        ("diverged", "best"),
    ],
)
def test_a_run_that_did_not_finish_is_told(run, capsys, status, words):
    Run(run).describe(status=status)
    assert find_run(run).path == run
    told = capsys.readouterr().err
    assert words in told if words else told == ""
    find_run(run, quiet=True)  # with --json too, as nothing in that says so
    assert capsys.readouterr().err == told
