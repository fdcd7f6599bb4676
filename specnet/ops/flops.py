"""How many floating-point operations a layer is, for one image: what formulas are written in.

An addition, a product and a comparison are 1 each, and so is any activation of a number. What is
done once a batch, such as evaluating transfer functions at all frequencies, is not counted. Layers
of specnet have their formula as `cost`; those of Keras are in `specnet.models.cost`.
"""

from dataclasses import dataclass
from math import log2, prod
from typing import Any

import keras

from specnet.ops.mixing import Mixing

Size = tuple[int, ...]
Known = tuple[int, ...]  # a shape without the batch, all of it known


@dataclass(frozen=True)
class Transform:
    """Real Fourier transforms, there or back, of so many planes of (H, W) pixels; or of (T,)."""

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


def products(mixing: Mixing, channels: int, filters: int, bins: int) -> int:
    """A spectrum times its filters: 6 a complex product, 2 a complex sum of channels."""
    if mixing == "full":
        return bins * filters * (6 * channels + 2 * (channels - 1))
    return bins * (6 * filters + (2 * (channels - 1) if mixing == "sum" else 0))


def finished(layer: Any, after: Known) -> int:
    """Bias and activation inside a layer of images."""
    return prod(after) * bool(layer.use_bias) + bent(layer, after)


def bent(layer: Any, after: Known) -> int:
    """The activation inside a layer."""
    return 0 if layer.activation is keras.activations.linear else prod(after)
