"""`specnet tune` through the real command line, killed in the middle."""

import json
import time
from pathlib import Path

import pytest
from copies import Copy
from recipes_at_hand import TINY, write

from specnet import recipe as recipes

RECIPE = """
data: {source: gratings, image_size: [16, 15], train: 64, validation: 32, test: 32, noise: 1.0}
model:
  - conv2d: {filters: 2, kernel_size: 3, activation: relu}
  - global_average_pooling2d
  - dense: {units: 8}
training: {epochs: 2, batch_size: 16}
"""
RATE = "training.optimizer.learning_rate"
SEARCH = [
    *("tune", "small.yaml", f"{RATE}=log(1e-3,1e-1)", "model[0].conv2d.filters=int(2,4)"),
    *("training.epochs=1", "--seed", "3"),
]
OUT = Path("ckpt/tune-small")


def test_mistakes_are_told_at_once_and_before_keras(specnet_here, tmp_path, monkeypatch):
    write(tmp_path, TINY, "small")
    monkeypatch.setattr("specnet.studies.tune.study.ask", None)
    wrong = specnet_here(
        "tune", "small.yaml", f"{RATE}=lgo(1,2)", "training.epoch=int(1,2)", code=2
    )
    assert "did you mean 'log'" in wrong.stderr
    assert "did you mean 'epochs'" in wrong.stderr
    monkeypatch.setattr("specnet.cli.tune.find_spec", lambda name: None)
    missing = specnet_here(*SEARCH, code=2)
    assert "pip install 'specnet[tune]'" in missing.stderr


@pytest.mark.graph
def test_a_search_that_is_killed_goes_on_and_leaves_a_recipe(specnet_here, tmp_path):
    write(tmp_path, RECIPE, "small")
    with Copy("specnet.cli:main", [*SEARCH, "--trials", 9]) as process:
        deadline = time.monotonic() + 300
        while not [*OUT.glob("trials/*.json")]:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
    (file,) = OUT.glob("trials/*.json")
    first = file.read_bytes()
    shown = specnet_here(*SEARCH, "--trials", "2")
    assert file.read_bytes() == first
    assert "1 of 2 trials are there already" in shown.stderr
    assert "trial-1, seed 0" not in shown.stdout
    assert "trial-2, seed 0: validation accuracy" in shown.stdout
    told = json.loads((OUT / "results.json").read_text())
    best = max(told["trials"], key=lambda trial: trial["value"])
    assert told["best"] == best["label"]
    tuned = recipes.load(OUT / "best.yaml")
    assert tuned.training.optimizer.learning_rate == best["settings"][RATE]
    assert tuned.training.epochs == 1
    assert told["machine"]["versions"]["keras"]
