"""`specnet visualize` through the real command line."""

import json
import subprocess
import sys

import numpy as np
from PIL import Image
from runs_at_hand import untrained

from specnet.cli.app import app


def test_a_mistyped_view_is_answered_before_keras_is_loaded():
    script = """
import sys
from specnet.cli.app import app
from specnet.errors import UsageError
for arguments in (
    ["--what", "filters, filtres"],
    [],
    [".", "--pooling", "photo.jpg"],
    ["--pooling", "photo.jpg", "--what", "filters"],
    ["--pooling", "photo.jpg", "--layer", "conv"],
    ["--pooling", "photo.jpg", "--image", "photo.jpg"],
):
    try:
        app(["visualize", *arguments], standalone_mode=False)
    except UsageError as error:
        print(error)
assert not {"keras", "tensorflow", "jax", "matplotlib"} & set(sys.modules)
"""
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    mistyped, neither, both, *of_a_run = found.stdout.splitlines()
    assert mistyped.startswith("--what: no view 'filtres'; there are: filters, impulse, profile")
    assert neither == "visualize: expected a run directory or --pooling PHOTO"
    assert both == f"{neither}, not both"
    assert len(of_a_run) == 3
    assert all(line.startswith("visualize: --pooling is of a photograph") for line in of_a_run)


def test_a_run_is_drawn_and_told(specnet, tmp_path):
    untrained(tmp_path)
    shown = specnet("visualize", "ckpt", "--what", "filters", "--out", "new/folder")
    assert "newest run: ckpt/tiny" in shown.stderr
    assert "new/folder/" in shown.stdout
    assert "4 filters: magnitude, and phase as hue" in " ".join(shown.stdout.split())
    assert max(map(len, shown.stdout.splitlines())) <= 80
    with Image.open(tmp_path / "new/folder/filters-gaussian.png") as picture:
        colours = np.asarray(picture.convert("RGB"), int)
    assert (colours[..., 2] - colours[..., 0]).max() > 60  # blue
    assert (colours[..., 0] - colours[..., 2]).max() > 60  # red


def test_a_layer_with_nothing_to_show_is_told(tmp_path, capsys):
    path = untrained(tmp_path).path
    app(["visualize", str(path), "--what", "impulse", "--layer", "flatten"], standalone_mode=False)
    assert "impulse: layer flatten has no filters" in capsys.readouterr().out


BLOCKS = """model:
  - global_filter: {name: whole}
  - fourier_block: {filters: 2, modes: 2, name: block}
  - global_average_pooling2d
  - dense: {units: 8}
"""


def test_learned_weights_that_are_not_drawn_are_named(tmp_path, capsys):
    path = str(untrained(tmp_path, BLOCKS).path)
    app(["visualize", path, "--what", "profile", "--out", str(tmp_path)], standalone_mode=False)
    told = " ".join(capsys.readouterr().out.split())
    assert "profile-whole.png" in told
    assert "no filters: the weights of block (FourierBlock)" in told
    app(["inspect", path], standalone_mode=False)
    told = " ".join(capsys.readouterr().out.split())
    assert "filters without units: whole; specnet visualize" in told
    assert "neither shown nor drawn: block" in told
    app(["inspect", path, "--layer", "block", "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["hidden"] == ["block"]


def test_pooling_needs_a_photograph_and_no_run(tmp_path, monkeypatch, capsys, rng):
    monkeypatch.chdir(tmp_path)
    pixels = rng.integers(0, 256, (16, 20, 3), dtype="uint8")
    Image.fromarray(pixels).save("photo.png")
    app(["visualize", "--pooling", "photo.png", "--json"], standalone_mode=False)
    (drawn,) = json.loads(capsys.readouterr().out)["pictures"]
    assert drawn["file"] == "photo-pooling.png"
    assert (tmp_path / "photo-pooling.png").stat().st_size > 1000
