"""Run directories for tests that look at runs: random weights, no training.

The weights of `classifier` follow from the seed of its recipe.
"""

from pathlib import Path

import keras
from recipes_at_hand import TINY, write

from specnet import data, recipe
from specnet.models import builder
from specnet.runs import Run
from specnet.training import weights

_NORMALIZATION = {"offset": [0], "scale": [1 / 255]}


def untrained(folder: Path, model: str | None = None) -> Run:
    """A run of the tiny recipe in `folder`/ckpt/tiny, with another `model` section if given."""
    begin, end = TINY.index("model:"), TINY.index("training:")
    text = TINY if model is None else TINY[:begin] + model + "\n" + TINY[end:]
    loaded = recipe.load(write(folder, text), [])
    made = Run.create(folder / "ckpt" / "tiny")
    classes = list(data.load(loaded.data).classes)
    made.begin(recipe.dump(loaded), classes=classes, normalization=_NORMALIZATION)
    weights.save(made, weights.BEST, builder.build(loaded))
    return made


def classifier(folder: Path, name: str, text: str) -> Run:
    """A run of a recipe's text in `folder`/ckpt/`name`, as one that was trained looks."""
    loaded = recipe.load(write(folder, text, name))
    run = Run.create(folder / "ckpt" / name)
    run.begin(
        recipe.dump(loaded),
        status="finished",
        classes=list(data.load(loaded.data).classes),
        normalization=_NORMALIZATION,
    )
    keras.utils.set_random_seed(loaded.training.seed)
    weights.save(run, weights.BEST, builder.build(loaded))
    return run
