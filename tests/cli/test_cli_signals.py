"""Verbs on networks of signals and of volumes: those that take them, and those that say no."""

import json

import numpy as np
import pytest
from recipes_at_hand import write
from runs_at_hand import classifier

SIGNALS = """
data: {source: chirps, length: 33, train: 32, validation: 16, test: 16}

model:
  - spectral_conv1d: {filters: 3, activation: relu}
  - conv1d: {filters: 2, kernel_size: 3, padding: same, name: spatial}
  - spectral_pooling1d
  - rfft1d
  - bspline: {filters: 2, columns: 3, name: spline}
  - irfft1d
  - global_average_pooling1d
  - dense: {units: 4}

training: {epochs: 1, batch_size: 16, jit_compile: false}
"""

VOLUMES = """
data: {source: npz_volumes, path: volumes.npz, size: [4, 5, 6], validation: 0.2, test: 0.2}

model:
  - spectral_conv3d: {filters: 2, padding: circular}
  - dwt3d
  - global_max_pooling3d
  - dense: {units: 2}

training: {epochs: 1, batch_size: 8, jit_compile: false}
"""


def test_signals_are_trained_measured_and_looked_at(specnet, tmp_path):
    path = write(tmp_path, SIGNALS, "sounds")
    assert "33x1, 4 classes" in specnet("train", path, "--out", "run").stdout
    found = json.loads(specnet("eval", "run", "--json").stdout)["results"][0]
    assert (found["image_size"], found["images"]) == ([33], 16)
    told = specnet("inspect", "run").stdout
    assert "centre u (cycles/sample)" in told
    told = specnet("visualize", "run", "--what", "method,impulse", "--layer", "spline", "--json")
    pictures = json.loads(told.stdout)["pictures"]
    assert [(each["view"], each["shows"]) for each in pictures] == [
        ("method", f"spline: {pictures[0]['shows'][8:16]} at work"),
        ("impulse", "2 filters in time"),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("eval", "RUN", "--image-size", "16"), "its model takes arrays of 33x1"),
        (("eval", "RUN", "--mirror"), "mirror: is for images"),
        (("predict", "RUN", "photo.png"), "and this is for images"),
        (("robustness", "RUN"), "and this is for images"),
        (("export", "RUN", "--format", "keras", "--image-size", "20"), "and this is for images"),
        (
            ("visualize", "RUN", "--what", "profile"),
            "profile is for networks of images, and this one is of signals; take filters, which",
        ),
        (("visualize", "RUN", "--image", "photo.png"), "--image: is for networks of images"),
        (("bench", "sounds.yaml"), "bench is for networks of images"),
    ],
)
def test_verbs_of_images_say_so(arguments, words, specnet_here, tmp_path):
    run = classifier(tmp_path, "sounds", SIGNALS)
    (tmp_path / "photo.png").write_bytes(b"")
    given = [str(run.path) if each == "RUN" else each for each in arguments]
    told = " ".join(specnet_here(*given, code=2).stderr.split())
    assert words in told


def test_volumes_are_trained_and_drawn_as_slices(specnet, tmp_path, rng):
    x = rng.normal(size=(60, 4, 5, 6)) + (np.arange(60) % 2)[:, None, None, None]
    np.savez(tmp_path / "volumes.npz", x_train=x, y_train=np.arange(60) % 2)
    path = write(tmp_path, VOLUMES, "brains")
    assert "4x5x6x1, 2 classes" in specnet("train", path, "--out", "run").stdout
    told = specnet("visualize", "run", "--what", "filters,impulse", "--json").stdout
    assert [each["shows"] for each in json.loads(told)["pictures"]] == [
        "2 filters: slices, real part in blue, imaginary in red",
        "2 filters in space, in the planes through the origin",
    ]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("gabor: {filters: 2}", "functions of two frequencies, and spectra of signals have one"),
        ("spectral_conv1d: {filters: 2, strides: [2, 2]}", "strides: must be a whole number"),
    ],
)
def test_a_recipe_says_what_signals_do_not_take(layer, words, specnet_here, tmp_path):
    text = SIGNALS.replace("bspline: {filters: 2, columns: 3, name: spline}", layer)
    if "strides" in layer:
        text = SIGNALS.replace("spectral_conv1d: {filters: 3, activation: relu}", layer)
    told = " ".join(specnet_here("train", write(tmp_path, text, "wrong"), code=2).stderr.split())
    assert words in told
