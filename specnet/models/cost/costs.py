"""What a layer does to one image, and the shapes that formulas go by.

No formula of a layer; those are in `spatial_layers.py` and `spectral_layers.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log2, prod
from typing import Any

import keras

Size = tuple[int, int]
Shape = tuple[int, ...]  # without the batch


@dataclass(frozen=True)
class Transform:
    """Real 2-D Fourier transforms, there or back, of so many planes of (H, W) pixels."""

    planes: int
    size: Size

    @property
    def flops(self) -> float:
        """2.5 N log2 N for each plane of N pixels: half of what a complex transform takes."""
        pixels = prod(self.size)
        return self.planes * 2.5 * pixels * log2(pixels) if pixels > 1 else 0.0


@dataclass(frozen=True)
class Cost:
    """What a layer does to one image: operations number by number, and Fourier transforms."""

    arithmetic: float = 0
    transforms: tuple[Transform, ...] = ()

    @property
    def flops(self) -> float:
        """All operations."""
        return self.arithmetic + sum(each.flops for each in self.transforms)


Formula = Callable[[Any, Shape, Shape], Cost]  # of a layer, its input's and its output's shape


def finished(layer: Any, after: Shape) -> int:
    """Bias and activation inside a layer of images."""
    return prod(after) * bool(layer.use_bias) + bent(layer, after)


def bent(layer: Any, after: Shape) -> int:
    """The activation inside a layer."""
    return 0 if layer.activation is keras.activations.linear else prod(after)


def each(operations: int, inputs: bool = False) -> Formula:
    """So many operations for each number that comes out, or goes in."""
    return lambda layer, before, after: Cost(operations * prod(before if inputs else after))
