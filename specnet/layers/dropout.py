"""Dropout in the frequency domain: layers that forget frequencies at random while they train.

Random masks, drawn anew for each batch; at inference the layers do nothing.

    B  batch   C  channels   H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from typing import Any, Literal

import keras
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.frequency import FrequencyMask, Size, check_frequency
from specnet.layers.shapes import check_choice, check_number, check_seed
from specnet.layers.spectral_layer import maths_dtype
from specnet.ops.grids import half_width, radius_grid, side_grid
from specnet.ops.masks import low_pass, surviving_pairs
from specnet.recipe.ranges import Radius, RadiusOrNone, Rate, Seed
from specnet.transfer.family import UNITS

Tensor = Any


class RandomMask(FrequencyMask):
    """A mask drawn anew for each batch in training; a base class.

    Args:
        seed: of the draws; drawn if not given.
    """

    def __init__(self, seed: Seed | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = check_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """(B, H, W, C) or (B, 2, C, V, U) -> the same; the inputs themselves at inference."""
        return super().call(inputs) if training else self.result_of(lambda same: same, inputs)

    def uniform(self, shape: tuple[Any, ...]) -> Tensor:
        """New random numbers in [0, 1), in `maths_dtype`."""
        return keras.random.uniform(shape, dtype=maths_dtype(self), seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "seed": self.seed}


class RandomRadius(RandomMask):
    """Keeps the frequencies below a random radius, drawn for each image; a base class.

    Args:
        low, high: the radius is uniform between these, in cycles/pixel.
    """

    region = "disc"

    def __init__(self, low: RadiusOrNone = 0.1, high: Radius = 0.5**0.5, **kwargs: Any):
        super().__init__(**kwargs)
        self.high = check_frequency("high", high, rank=self.dimensions)
        expected = f"{UNITS[self.dimensions]} from 0 to {self.high:.4g}"
        self.low = check_number("low", low, expected, lambda n: 0 <= n <= self.high)

    def mask(self, count: tuple[Any, int], size: Size) -> Tensor:
        """1 up to the radius of each image, 0 beyond: (B, 1, V, U)."""
        distances = side_grid if self.region in ("square", "cube") else radius_grid
        radii = ops.convert_to_tensor(distances(*size), maths_dtype(self))
        one_each = (count[0], *[1] * (self.dimensions + 1))
        drawn = self.low + (self.high - self.low) * self.uniform(one_each)
        return low_pass(radii, drawn, transition=0)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "low": self.low, "high": self.high}


@layer("frequency_dropout", "Dropout of frequencies", takes="either")
class FrequencyDropout(RandomRadius):
    """Keeps the frequencies below a random radius, drawn for each image (Rippel et al. 2015).

    High frequencies are forgotten more often than low ones, the mean of an image never: nested
    dropout, which the paper calls resolution corruption. As there, what stays is not rescaled, and
    nothing is dropped at inference.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        low, high: the radius is uniform between these, in cycles/pixel; 0 <= low <= high, and high
            in (0, sqrt(1/2)]. From 1/2 on, squares keep everything.
        region: what stays. `disc`: frequencies whose radius is below, in all directions alike.
            `square`: those whose vertical and horizontal frequency both are, as in the paper.
    """

    def __init__(
        self,
        low: RadiusOrNone = 0.1,
        high: Radius = 0.5**0.5,
        region: Literal["disc", "square"] = "disc",
        **kwargs: Any,
    ):
        super().__init__(low, high, **kwargs)
        self.region = check_choice("region", region, ("disc", "square"))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "region": self.region}


@layer("spectral_dropout", "Dropout of frequencies", takes="either")
class SpectralDropout(RandomMask):
    """Drops frequencies at random, in each image and channel by itself.

    A frequency goes with its mirror image, so that real images stay real; the others are scaled up
    by 1 / (1 - rate), so that the expectation is the input. The mean may be dropped like any other.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        rate: share of the frequencies that is dropped, in [0, 1).
    """

    def __init__(self, rate: Rate = 0.5, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = check_number("rate", rate, "a number in [0, 1)", lambda n: 0 <= n < 1)

    def mask(self, count: tuple[Any, int], size: Size) -> Tensor:
        """0 for what is dropped, 1 / (1 - rate) for the rest: (B, C, V, U)."""
        *rows, width = size
        numbers = self.uniform((*count, *rows, half_width(width)))
        return surviving_pairs(numbers, self.rate, width, self.dimensions)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "rate": self.rate}
