"""Overrides that make a recipe small: `--quick`.

What may go in here: how each source of images is told to give fewer and smaller ones.
"""

import re

from specnet.schema import Recipe, TfdsData

SIZE, EPOCHS = 64, 3
TRAIN, TEST = 1024, 400  # images; validation has as many as test


def reductions(recipe: Recipe) -> list[str]:
    """`key=value` for at most 64 x 64 pixels, 3 epochs and, where it can be said, few images.

    Folders and arrays keep their number of images.
    """
    height, width = (min(side, SIZE) for side in recipe.data.image_size)
    found = [
        f"training.epochs={min(recipe.training.epochs, EPOCHS)}",
        f"data.image_size=[{height}, {width}]",
    ]
    if isinstance(recipe.data, TfdsData):
        return [*found, *_parts(recipe.data)]
    if recipe.data.source == "gratings":
        counts = {"train": TRAIN, "validation": TEST, "test": TEST}
        least = {name: min(getattr(recipe.data, name), most) for name, most in counts.items()}
        return [*found, *(f"data.{name}={count}" for name, count in least.items())]
    return found


def _parts(data: TfdsData) -> list[str]:
    """The beginning of the training images, and of others as many as needed, from the end."""
    names = {key: _base(text) for key, text in data.splits.model_dump().items()}
    parts = {
        "train": f"{names['train']}[:{TRAIN}]",
        "validation": f"{names['validation']}[-{2 * TEST}:-{TEST}]",
        "test": f"{names['test']}[-{TEST}:]",
    }
    return [f"data.splits.{key}={text}" for key, text in parts.items()]


def _base(expression: str) -> str:
    """`train` of `train[:80%]`."""
    return re.split(r"[\[+]", expression)[0].strip()
