"""A run written for other programs is its model, or it is not written."""

import json
import resource
from unittest.mock import Mock

import keras
import numpy as np
import pytest
from recipes_at_hand import AUTOENCODER, TINY
from runs_at_hand import classifier

from specnet import workflow
from specnet.errors import DataError, RecipeError, RunError, UsageError
from specnet.models import formats
from specnet.models.short_filters import as_conv2d, shortened
from specnet.workflow import check_exported, export_run

WIDE = TINY.replace(
    "  - rfft2d\n  - gaussian: {filters: 4, activation: relu}\n",
    "  - spectral_conv2d: {filters: 2, padding: circular, activation: relu}\n"
    "  - global_average_pooling2d\n",
).replace("  - flatten\n", "")
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="formats of TensorFlow"
)


def values_of(run, count):
    predictor = workflow.Predictor(run, precision="float32")
    shape = (count, *predictor.model.input_shape[1:])
    pixels = np.random.default_rng(5).integers(0, 256, shape, "uint8")
    return pixels, predictor.values(pixels)[1]


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (TINY, "probabilities"),
        (TINY.replace("epochs: 3", "epochs: 3, loss: mse"), "scores"),
        (AUTOENCODER, "reconstruction"),
    ],
)
def test_pixels_go_in_and_named_values_come_out(tmp_path, text, output):
    run = classifier(tmp_path, "a", text)
    pixels, expected = values_of(run, 3)
    model = export_run.pixel_model(workflow.Predictor(run), output)
    assert list(model.output) == [output]
    found = model(pixels.astype("float32"), training=False)[output]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_weights_are_named_arrays_and_described(tmp_path):
    run = classifier(tmp_path, "a", TINY)
    made = workflow.export(run, "weights", tmp_path / "out" / "w.npz")
    model = workflow.Predictor(run).model
    with np.load(made.path) as file:
        assert list(file) == [each.path for each in model.weights]
        for each in model.weights:
            np.testing.assert_array_equal(file[each.path], each)
    told = json.loads(made.description.read_text())
    assert told["weights"]["dense/kernel"] == {"shape": [1024, 8], "dtype": "float32"}
    assert told["classes"] == run.fact("classes")
    assert told["normalization"] == run.fact("normalization")
    assert "gaussian" in told["recipe"]


def test_no_weight_is_lost_beside_layers_that_become_conv2d(tmp_path):
    convolution = "  - conv2d: {filters: 3, kernel_size: 3, padding: same}\n"
    run = classifier(tmp_path, "a", WIDE.replace("model:\n", f"model:\n{convolution}"))
    made = workflow.export(run, "weights", tmp_path / "w.npz", window=5)
    model = workflow.Predictor(run).model
    kernel, _ = shortened(model.get_layer("spectral_conv2d"), 5)
    names = ["conv2d", "spectral_conv2d", "dense"]
    expected = dict(
        zip(names, (model.get_layer(each).get_weights() for each in names), strict=True)
    )
    expected["spectral_conv2d"] = [kernel, expected["spectral_conv2d"][0]]
    with np.load(made.path) as file:
        assert list(file) == [f"{name}/{each}" for name in names for each in ("kernel", "bias")]
        for name in names:
            for each, wanted in zip(("kernel", "bias"), expected[name], strict=True):
                np.testing.assert_array_equal(file[f"{name}/{each}"], wanted)


def test_weights_of_one_name_are_not_written():
    first, images = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model(first, keras.layers.Dense(4, name="a")(first))
    model = keras.Model(images, keras.layers.Dense(4, name="a")(inner(images)))
    with pytest.raises(ValueError, match="several weights are called 'a/kernel'"):
        formats.named_weights(model)


@pytest.mark.parametrize("lost", ["a weight", "a value"])
def test_lost_weights_are_noticed(tmp_path, monkeypatch, lost):
    run = classifier(tmp_path, "a", TINY)
    named = formats.named_weights

    def fewer(model):
        found = named(model)
        found["dense/bias"] = found["dense/bias"] + 1
        return {key: each for key, each in found.items() if lost == "a value" or "bias" not in key}

    monkeypatch.setattr(formats, "named_weights", fewer)
    with pytest.raises(RunError, match=r"--format weights: \d of \d weights were read back equal"):
        workflow.export(run, "weights", tmp_path / "w.npz")
    assert not (tmp_path / "w.npz").exists()


@on_tensorflow
@pytest.mark.graph
def test_onnx_takes_another_size_and_short_filters(tmp_path):
    pytest.importorskip("tf2onnx")
    run = classifier(tmp_path, "a", WIDE)
    path = tmp_path / "a.onnx"
    made = workflow.export(run, "onnx", path, image_size=(12, 13), check=3, window=11)
    (short,) = made.shortened
    assert 0 < made.truncation < 0.1
    assert 0.5 < short.energy < 1
    assert made.agreement.source == "3 test images"
    assert made.agreement.difference < 1e-5
    predictor = workflow.Predictor(run, (12, 13))
    pixels = np.random.default_rng(5).integers(0, 256, (5, 12, 13, 1), "uint8")
    predictor.model, _ = as_conv2d(predictor.model, 11)
    found = check_exported.answers("onnx", path, pixels)
    np.testing.assert_allclose(found.values, predictor.values(pixels)[1], atol=1e-5)


SIGNALS = """
data: {source: chirps, length: 33, channels: 2, train: 8, validation: 8, test: 8, seed: 3}
model:
  - spectral_conv1d: {filters: 2}
  - rfft1d
  - gaussian: {filters: 2, activation: relu}
  - gaussian: {filters: 2}
  - irfft1d
  - global_max_pooling1d
  - dense: {units: 4}
"""


@on_tensorflow
@pytest.mark.graph
def test_signals_go_in_as_they_are(tmp_path):
    pytest.importorskip("tf2onnx")
    run = classifier(tmp_path, "a", SIGNALS)
    made = workflow.export(run, "onnx", tmp_path / "a.onnx", check=3)
    assert (made.agreement.source, made.unit) == ("3 test signals", "signal")
    assert made.agreement.difference < 1e-6
    told = json.loads(made.description.read_text())["input"]
    assert told == {
        "name": "signals",
        "shape": ["batch", 33, 2],
        "dtype": ["float32"],
        "values": "signals as they are in the data; the normalization is inside",
    }


@on_tensorflow
@pytest.mark.graph
def test_a_file_that_computes_something_else_is_not_kept(tmp_path, monkeypatch):
    pytest.importorskip("tf2onnx")
    run = classifier(tmp_path, "a", WIDE)
    path = tmp_path / "a.onnx"
    path.write_bytes(b"before")

    def other(form, path, pixels):
        return check_exported.Answers(values_of(run, len(pixels))[1] + 0.001, 1.0)

    monkeypatch.setattr(export_run, "answers", other)
    with pytest.raises(RunError, match=r"differs from the run by .* expected at most 0\.0001"):
        workflow.export(run, "onnx", path)
    assert path.read_bytes() == b"before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.onnx", "a.yaml", "ckpt"]


@on_tensorflow
@pytest.mark.graph
def test_a_full_disk_is_that_of_the_file_and_no_other_is_written(tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_litert")
    run = classifier(tmp_path, "a", TINY)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    made = workflow.export(run, "litert", tmp_path / "a.tflite", check=2)
    assert made.agreement.images == 2
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, unlimited[1]))  # TINY has 32 KiB of weights
    try:
        with pytest.raises(RunError, match=r"b\.tflite: cannot be written \(.*File too large"):
            workflow.export(run, "litert", tmp_path / "b.tflite", check=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)


def test_a_file_that_cannot_be_run_says_why(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"no model")
    pytest.importorskip("onnxruntime")
    pixels = np.zeros((1, 2, 2, 1), "uint8")
    with pytest.raises(RunError, match="--format onnx: what was written cannot be run"):
        check_exported.answers("onnx", tmp_path / "a.onnx", pixels)


@pytest.mark.parametrize("missing", [DataError("no file"), RecipeError(["no package"])])
def test_without_its_data_random_pixels_are_tried(tmp_path, monkeypatch, missing):
    run = classifier(tmp_path, "a", TINY)
    monkeypatch.setattr(export_run, "load_data", Mock(side_effect=missing))
    model = workflow.Predictor(run, precision="float32")
    monkeypatch.setattr(
        export_run,
        "answers",
        lambda form, path, pixels: check_exported.Answers(model.values(pixels)[1], 1.0),
    )
    notes = []
    made = workflow.export(run, "keras", tmp_path / "a.keras", check=3, note=notes.append)
    assert (made.agreement.images, made.agreement.source) == (3, "3 of random pixels")
    (note,) = notes
    assert f"random pixels take their place ({missing})" in note
    workflow.export(run, "weights", tmp_path / "w.npz", note=notes.append)
    assert len(notes) == 1  # weights ask for no data


@pytest.mark.backend
@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="of other backends")
def test_other_backends_say_what_to_do(tmp_path):
    run = classifier(tmp_path, "a", TINY)
    with pytest.raises(UsageError, match="KERAS_BACKEND=tensorflow"):
        workflow.export(run, "onnx", tmp_path / "a.onnx")
    made = workflow.export(run, "weights", tmp_path / "w.npz")
    assert len(formats.named_weights(workflow.Predictor(run).model)) == len(np.load(made.path))


def test_a_file_does_not_replace_a_folder(tmp_path):
    run = classifier(tmp_path, "a", TINY)
    (tmp_path / "w.npz").mkdir()
    (tmp_path / "w.npz" / "mine").write_text("")
    with pytest.raises(RunError, match=r"w\.npz: cannot be written"):
        workflow.export(run, "weights", tmp_path / "w.npz")
    assert (tmp_path / "w.npz" / "mine").exists()
