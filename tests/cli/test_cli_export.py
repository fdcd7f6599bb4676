"""`specnet export` through the real command line."""

import json
import os

import keras
import numpy as np
import pytest
from recipes_at_hand import TINY
from runs_at_hand import classifier

from specnet import workflow
from specnet.cli.early import check_export
from specnet.runs import Run

on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="formats of TensorFlow"
)


@pytest.fixture
def run(tmp_path):
    return classifier(tmp_path, "tiny", TINY).path


@on_tensorflow
@pytest.mark.graph
@pytest.mark.parametrize("form", ["onnx", "litert", "saved_model"])
def test_a_run_is_written_and_tried_without_specnet(specnet_here, run, tmp_path, request, form):
    pytest.importorskip("tf2onnx")
    pytest.importorskip("ai_edge_litert")
    # TensorFlow takes its time to begin.
    tried = form != "saved_model" or request.config.getoption("--fault-trials")
    count = 4 if tried else 0
    found = specnet_here("export", run, "--format", form, "--json", "--check", count).stdout
    told = json.loads(found)
    assert told["output"] == "probabilities"
    if tried:
        assert told["agreement"]["images"] == 4
        assert told["agreement"]["difference"] < 1e-5
    described = json.loads((tmp_path / told["description"]).read_text())
    assert described["input"]["shape"] == ["batch", 16, 15, 1]
    assert described["output"] == {"name": "probabilities", "shape": ["batch", 8]}
    assert len(described["classes"]) == 8
    check_export(Run.find(run), form, None, count, None, overwrite=True)  # what is ours may go


@pytest.mark.backend
def test_keras_loads_what_was_written_for_it(specnet_here, run, tmp_path, request):
    count = 3 if request.config.getoption("--fault-trials") else 0  # a process takes its time
    told = specnet_here("export", run, "--format", "keras", "--out", "a.keras", "--check", count)
    assert ("in probabilities of 3 test images" if count else "check        none") in told.stdout
    model = keras.models.load_model(tmp_path / "a.keras")
    predictor = workflow.Predictor(Run.find(run))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 15, 1), "uint8")
    found = model.predict(pixels.astype("float32"), verbose=0)["probabilities"]
    np.testing.assert_allclose(found, predictor.values(pixels)[1], atol=1e-6)


def test_weights_are_read_back(specnet_here, run, tmp_path):
    told = specnet_here("export", run, "--format", "weights", "--out", "w.npz").stdout
    assert "weights read back: difference 0" in told
    assert "dense/kernel" in np.load(tmp_path / "w.npz")
    again = specnet_here("export", run, "--format", "weights", "--out", "w.npz", code=2).stderr
    assert "w.npz: is there already; say --overwrite" in again
    specnet_here("export", run, "--format", "weights", "--out", "w.npz", "--overwrite")


def test_names_that_are_not_utf8_are_taken_where_libraries_take_them(specnet_here, run, tmp_path):
    name = os.fsdecode(b"\xff")
    told = specnet_here("export", run, "--format", "weights", "--out", f"{name}.npz").stdout
    assert r"\xff.npz" in told
    described = json.loads((tmp_path / f"{name}.npz.json").read_text(encoding="utf-8"))
    assert described["file"] == r"\xff.npz"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--format", "weights", "--out", "w.zip"], 2, "expected a file *.npz"),
        (["--format", "keras", "--out", "w.KERAS"], 2, "expected a file *.keras"),
        pytest.param(
            ["--format", "saved_model", "--out", os.fsdecode(b"\xff")],
            2,
            r"expected a path in UTF-8 for --format saved_model, found '\xff'",
            marks=on_tensorflow,
        ),
        (["--format", "weights", "--out", "folder.npz"], 2, "folder.npz: is a folder"),
        (["--format", "weights", "--out", "w.npz", "--overwrite"], 2, "w.npz.json: is a folder"),
        (["--format", "weights", "--out", "v.npz", "--overwrite"], 2, "v.npz.json: is a link"),
        (["--format", "weights", "--out", "file/w.npz"], 2, "file: Not a directory"),
        pytest.param(
            ["--format", "saved_model", "--out", "mine", "--overwrite"],
            2,
            "mine/variables/thesis.txt: --overwrite would remove it, and no export wrote it",
            marks=on_tensorflow,
        ),
        (["--format", "keras", "--as-conv2d", "4"], 2, "expected an odd number of pixels, found 4"),
        (["--format", "keras", "--as-conv2d", "3"], 2, "no spectral_conv2d; it has rfft2d"),
        (["--format", "keras", "--image-size", "0"], 2, "expected a size such as 96 or 96x128"),
        (["--format", "keras", "--image-size", "20"], 2, "works at 16x15 only"),
        (["--format", "pickle"], 2, "pickle"),
    ],
)
def test_what_cannot_be_is_explained(specnet_here, run, tmp_path, arguments, code, words):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "w.npz.json").mkdir()
    (tmp_path / "v.npz.json").symlink_to("file")
    (tmp_path / "mine" / "variables").mkdir(parents=True)
    for written in ("saved_model.pb", "variables/variables.index", "variables/thesis.txt"):
        (tmp_path / "mine" / written).write_text("")
    before = sorted(tmp_path.rglob("*"))
    assert words in " ".join(specnet_here("export", run, *arguments, code=code).stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


@on_tensorflow
def test_what_is_not_installed_is_named(specnet_here, run, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    told = specnet_here("export", run, "--format", "onnx", code=2).stderr
    assert "needs onnx, tf2onnx, onnxruntime; pip install 'specnet[export]'" in told


def test_other_backends_are_told_before_keras_is_loaded(specnet_here, run, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    told = specnet_here("export", run, "--format", "saved_model", code=2).stderr
    assert "set KERAS_BACKEND=tensorflow" in told
