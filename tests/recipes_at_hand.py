"""Small recipes for tests: seconds to train, on generated data."""

from pathlib import Path

from specnet import recipe
from specnet.recipe.schema import Recipe

TINY = """
data:
  source: gratings
  image_size: [16, 15]
  train: 64
  validation: 32
  test: 32
  noise: 1.0
  augment: {shift: 2, rotate: 5}

model:
  - rfft2d
  - gaussian: {filters: 4, activation: relu}
  - flatten
  - dropout: {rate: 0.2}
  - dense: {units: 8}

training: {epochs: 3, batch_size: 16}
"""

SPATIAL = TINY.replace(
    "  - rfft2d\n  - gaussian: {filters: 4, activation: relu}\n",
    "  - conv2d: {filters: 2, kernel_size: 3, padding: same, activation: relu}\n",
)

AUTOENCODER = """
data: {source: gratings, image_size: [16, 12], train: 64, validation: 20, test: 20, noise: 0.3}

encoder:
  - conv2d: {filters: 4, kernel_size: 3, padding: same, activation: relu}
  - max_pooling2d

decoder:
  - conv2d_transpose: {filters: 4, kernel_size: 3, strides: 2, padding: same, activation: relu}
  - conv2d: {filters: 1, kernel_size: 3, padding: same, activation: sigmoid}

training: {epochs: 2, batch_size: 16}
"""


def write(folder: Path, text: str = TINY, name: str = "tiny") -> Path:
    """Writes a recipe file."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def tiny(folder: Path, *overrides: str) -> Recipe:
    """The tiny recipe, with overrides."""
    return recipe.load(write(folder), overrides)
