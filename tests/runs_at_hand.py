"""Run directories for tests that look at runs: random weights, no training."""

import json
from pathlib import Path

from recipes_at_hand import TINY, write

from specnet import models, recipe
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
