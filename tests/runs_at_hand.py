"""Run directories for tests that look at runs: random weights, no training."""

import json
from pathlib import Path

from recipes_at_hand import TINY, write

from specnet import data, models, recipe
from specnet.runs import Run


def untrained(folder: Path, model: str | None = None) -> Run:
    """A run of the tiny recipe in `folder`/ckpt/tiny, with another `model` section if given."""
    begin, end = TINY.index("model:"), TINY.index("training:")
    text = TINY if model is None else TINY[:begin] + model + "\n" + TINY[end:]
    loaded = recipe.load(write(folder, text), [])
    made = Run.create(folder / "ckpt" / "tiny")
    made.write("recipe.yaml", recipe.dump(loaded))
    models.build(loaded).save_weights(made.path / "model.weights.h5")
    made.write("run.json", json.dumps({"normalization": {"offset": [0], "scale": [1 / 255]}}))
    return made


def classifier(folder: Path, name: str, text: str) -> Run:
    """A run of a recipe's text in `folder`/ckpt/`name`, as one that was trained looks."""
    loaded = recipe.load(write(folder, text, name))
    run = Run.create(folder / "ckpt" / name)
    run.write("recipe.yaml", recipe.dump(loaded))
    models.build(loaded).save_weights(run.path / "model.weights.h5")
    run.describe(
        status="finished",
        classes=list(data.load(loaded.data).classes),
        normalization={"offset": [0], "scale": [1 / 255]},
    )
    return run
