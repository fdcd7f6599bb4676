"""Every verb through the real command line, as a user types it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from copies import Copy
from PIL import Image
from recipes_at_hand import TINY, write


def test_light_verbs_do_not_import_keras():
    script = """
import sys
from specnet import recipe
from specnet.cli.app import app
from specnet.errors import RecipeError
for arguments in (["recipes"], ["layers"], ["layers", "gaussian"], ["recipes", "validate", "mnist-gaussian"]):
    try:
        app(arguments)
    except SystemExit as end:
        assert not end.code
try:
    recipe.load("mnist-gaussian", ["training.epoch=1"])
except RecipeError:
    pass
assert not {"keras", "tensorflow", "jax", "matplotlib", "numpy"} & set(sys.modules)
"""  # noqa: E501
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert found.returncode == 0, found.stderr


@pytest.mark.graph
def test_train_and_eval_tell_what_they_did(specnet, specnet_here, tmp_path):
    recipe = write(tmp_path)
    trained = specnet("train", recipe, "training.epochs=2")
    for expected in ("tiny, ", "1/2", "2/2", "best epoch", "specnet eval ckpt/tiny"):
        assert expected in trained.stdout
    assert max(map(len, trained.stdout.splitlines())) <= 80

    measured = specnet("eval", "ckpt")
    assert "newest run: ckpt/tiny" in measured.stderr
    assert "32 of split test, 16x15" in measured.stdout
    assert (tmp_path / "ckpt/tiny/figures/confusion-test-16x15.png").exists()

    result = json.loads(specnet_here("eval", "ckpt/tiny", "--split", "validation", "--json").stdout)
    (only,) = result["results"]
    rows = (tmp_path / "ckpt/tiny/metrics.csv").read_text().splitlines()
    best = max(float(row.split(",")[rows[0].split(",").index("val_accuracy")]) for row in rows[1:])
    assert only["accuracy"] == pytest.approx(best)
    assert np.sum(only["confusion"]) == only["images"] == 32

    shown = specnet("inspect", "ckpt/tiny").stdout
    assert "centre v, u" in shown
    assert max(map(len, shown.splitlines())) <= 80
    (gaussian,) = json.loads(specnet_here("inspect", "ckpt", "--json").stdout)["layers"]
    assert np.shape(gaussian["values"]["width v, u (cycles/pixel)"]) == (2, 4, 2)
    refused = specnet_here("inspect", "ckpt/tiny", "--layer", "dense", code=2)
    assert "there are: gaussian" in refused.stderr

    refused = specnet_here("eval", "ckpt/tiny", "--image-size", "32", code=2)
    assert "dense: 8,200 weights instead of 34,824" in refused.stderr


def test_a_global_pooling_network_is_measured_at_other_sizes(specnet_here, tmp_path):
    model = """model:
  - rfft2d
  - gaussian: {filters: 4}
  - irfft2d
  - relu
  - global_average_pooling2d
  - dense: {units: 8}
"""
    text = re.sub(r"model:.*(?=training)", model, TINY, flags=re.DOTALL)
    recipe = write(tmp_path, text, "free-size")
    still = ["training.epochs=1", "training.optimizer.learning_rate=1e-12"]
    done = json.loads(specnet_here("train", recipe, *still, "--seed", 3, "--json").stdout)
    assert done["run"] == "ckpt/free-size"
    assert "no better than the most frequent class" in specnet_here("eval", done["run"]).stdout
    sizes = ["--image-size", "16x15", "--image-size", "20", "--image-size", "9x12"]
    results = json.loads(specnet_here("eval", done["run"], *sizes, "--json").stdout)["results"]
    small = specnet_here("eval", done["run"], "--image-size", "7", code=2).stderr
    assert "--image-size 7x7: data.image_size: gratings need at least 8x8 pixels" in small
    assert [result["image_size"] for result in results] == [[16, 15], [20, 20], [9, 12]]


def test_a_converted_run_measures_what_the_trained_one_does(specnet, specnet_here, tmp_path):
    model = """model:
  - repeat: {times: 2, layers: [{conv2d: {filters: 4, kernel_size: 3, activation: relu}}]}
  - learned_spectral_pooling: {strides: 1.5}
  - global_max_pooling2d
  - dense: {units: 8}
"""
    recipe = write(tmp_path, re.sub(r"model:.*(?=training)", model, TINY, flags=re.DOTALL))
    specnet_here("train", recipe, "training.epochs=1", "-q")
    assert "stride v, u" in specnet_here("inspect", "ckpt/tiny").stdout
    shown = specnet("convert", "ckpt/tiny", "--to", "spectral").stdout
    assert "conv2d, conv2d_1" in " ".join(shown.split())
    assert "spectral_kernel_conv2d" in Path("ckpt/tiny-spectral/recipe.yaml").read_text()
    for source, form in (("tiny-spectral", "spatial"), ("tiny", "frozen")):
        made = json.loads(specnet_here("convert", f"ckpt/{source}", "--to", form, "--json").stdout)
        assert made["run"] == f"ckpt/{source}-{form}"
    assert made["layers"] == ["learned_spectral_pooling"]
    assert "frozen: true" in Path("ckpt/tiny-frozen/recipe.yaml").read_text()

    runs = ("tiny", "tiny-spectral", "tiny-spectral-spatial")
    losses = [
        json.loads(specnet_here("eval", f"ckpt/{run}", "--json").stdout)["results"][0]["loss"]
        for run in runs
    ]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-5)
    again = specnet_here("convert", "ckpt/tiny", "--to", "spatial", code=2)
    assert "has no layer to convert" in again.stderr
    refused = specnet_here("train", recipe, "--out", "ckpt/tiny-frozen", "--resume", code=1)
    assert "was converted, not trained" in refused.stderr


def test_folders_of_photographs_are_trained_on(specnet_here, tmp_path, rng):
    for name, level in (("dark", 60), ("bright", 180)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.normal(level, 20, (14, 13, 3)).clip(0, 255).astype("uint8")
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    (tmp_path / "photos" / "dark" / "broken.png").write_text("no image")
    text = "data: {source: folder, path: photos, image_size: 12}\n" + (
        "model: [rfft2d, {linear: {filters: 2}}, flatten, {dense: {units: 2}}]\n"
        "training: {epochs: 1, batch_size: 8}\n"
    )
    recipe = write(tmp_path, text, "photos")
    refused = specnet_here("train", recipe, code=3)
    assert "photos/dark/broken.png" in refused.stderr
    specnet_here("train", recipe, "data.on_error=skip", "-q")
    assert "broken.png" in (tmp_path / "ckpt/photos/skipped.csv").read_text()


def test_a_killed_run_resumes_to_the_same_weights(specnet, tmp_path):
    recipe = write(tmp_path)
    arguments = ["train", recipe, "training.epochs=6", "training.checkpoint_seconds=0.0001"]
    specnet(*arguments, "--out", "whole", "-q")

    with Copy("specnet.cli:main", [*arguments, "--out", "killed", "-q"]) as process:
        index = tmp_path / "killed" / "checkpoints" / "index.json"
        deadline = time.monotonic() + 120
        while not (index.exists() and '"epoch": 1' in index.read_text()):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()

    specnet(*arguments, "--out", "killed", "--resume", "-q")
    whole, killed = (
        np.load(tmp_path / name / "checkpoints" / "epoch-0006-step-000000.npz")
        for name in ("whole", "killed")
    )
    assert whole.files == killed.files
    for name in whole.files:
        np.testing.assert_array_equal(killed[name], whole[name])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "gratings-gausian"], 2, "did you mean 'gratings-gaussian'?"),
        (["train", "gratings-gaussian", "training.epoch=1"], 2, "did you mean 'epochs'?"),
        (["train", "gratings-gaussian", "--resume"], 1, "there is no run to resume"),
        (["eval", "nowhere"], 1, "nowhere: no such directory"),
        (["eval", ".", "--image-size", "big"], 2, "expected a size such as 96 or 96x128"),
        (["recipes", "validate", "missing.yaml"], 2, "no such file or recipe"),
        (["layers", "gausian"], 2, "did you mean 'gaussian'?"),
        (["frobnicate"], 2, "No such command"),
        (["train", "x.yaml", "--epochs", "3"], 2, "training.epochs=VALUE"),
    ],
)
def test_mistakes_are_explained_with_their_exit_code(specnet_here, arguments, code, message):
    found = specnet_here(*arguments, code=code)
    assert message in " ".join(found.stderr.split())


def test_a_mistake_ends_a_new_process_with_its_exit_code(specnet_anew):
    assert "nowhere: no such directory" in specnet_anew("eval", "nowhere", code=1).stderr


@pytest.mark.parametrize("backend", ["numpy", "Jax"])
def test_a_backend_that_is_none_of_ours_is_named(specnet_anew, monkeypatch, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    refused = specnet_anew("train", "gratings-gaussian", code=2).stderr
    assert f"KERAS_BACKEND: expected one of tensorflow, jax, torch, found '{backend}'" in refused
    assert "unexpected" not in refused


@pytest.mark.parametrize("content", ['{"floatx": "float7"}', '{"backend": "theano"}', "[1, 2]"])
def test_a_file_with_which_keras_cannot_start_is_a_mistake(
    specnet_anew, monkeypatch, tmp_path, content
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (tmp_path / "keras.json").write_text(content)
    refused = specnet_anew("train", "gratings-gaussian", code=2).stderr
    assert refused.startswith(f"{tmp_path / 'keras.json'}: ")
    assert "remove the file" in refused


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        (["data.train=8"], 3, "train split has 8 images, less than one batch of 16"),
        (["model.4.dense.units=3"], 2, "model[4].dense: the model ends in shape (3,)"),
        (["data.image_size=[16, 7]"], 2, "gratings need at least 8x8 pixels, found 16x7"),
        (["model.0.rfft2d.norm=l2"], 2, "model[0].rfft2d.norm: must be 'backward', 'ortho'"),
        (
            ["training.optimizer={name: sgd, learning_rate: 1e18}", "data.augment=null"],
            4,
            "is not finite in epoch",
        ),
    ],
)
def test_what_cannot_be_trained_is_explained(specnet_here, tmp_path, overrides, code, message):
    found = specnet_here("train", write(tmp_path), *overrides, code=code)
    assert message in " ".join(found.stderr.split())
