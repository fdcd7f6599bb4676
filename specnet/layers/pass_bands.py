"""Layers that keep a band of frequencies, fixed or learned.

Masks that depend on the radius of a frequency alone, in cycles/pixel.

    B  batch   C  channels   H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.frequency import FrequencyMask, Size, check_frequency
from specnet.layers.shapes import Shape
from specnet.layers.spectral_layer import maths_dtype
from specnet.ops.grids import radius_grid
from specnet.ops.masks import band_pass, low_pass
from specnet.recipe.ranges import NotNegative, Radius
from specnet.transfer.polar import raw

Tensor = Any


class PassBand(FrequencyMask):
    """Keeps frequencies by their radius; a base class.

    Args:
        transition: width of the edges in cycles/pixel, each centred on its cut-off. 0 is a brick
            wall, which rings in space.
        learnable: train the cut-offs. They stay positive and in order whatever their weights: each
            is the one before it plus a softplus.
    """

    def __init__(self, transition: NotNegative = 0.1, learnable: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(transition, int | float) or not transition >= 0:
            raise ValueError(f"transition: expected cycles/pixel from 0, found {transition!r}")
        if learnable and transition == 0:
            raise ValueError(
                "learnable: expected a transition above 0, found 0; a brick wall has no slope"
            )
        self.transition = transition
        self.learnable = learnable

    def build(self, input_shape: Shape) -> None:
        """Checks the shape, and makes the weights of learnable cut-offs."""
        super().build(input_shape)
        if self.learnable:
            steps = raw(np.diff(self.initial_cutoffs(), prepend=0))
            self.steps = self.add_weight(
                steps.shape,
                initializer=lambda shape, dtype: ops.convert_to_tensor(steps, dtype),
                name="steps",
                autocast=False,
            )

    def initial_cutoffs(self) -> Sequence[float]:
        """Cut-offs to start from, in cycles/pixel, the lowest first."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """Weights of frequencies of these radii; both are in cycles/pixel."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def cutoffs(self) -> Tensor:
        """Cut-offs of a built layer, in cycles/pixel, the lowest first."""
        if self.learnable:
            dtype = maths_dtype(self)
            return ops.cumsum(ops.softplus(ops.cast(self.steps, dtype)), dtype=dtype)
        return ops.convert_to_tensor(self.initial_cutoffs(), maths_dtype(self))

    def learned(self) -> dict[str, np.ndarray]:
        """The cut-offs of a built layer: name with its unit -> (1,) or (2,), the lowest first."""
        return {"cut-off (cycles/pixel)": ops.convert_to_numpy(self.cutoffs())}

    def mask(self, count: tuple[Any, int], size: Size) -> Tensor:
        """The same for all images and channels: (1, 1, V, U)."""
        radii = ops.convert_to_tensor(radius_grid(*size), maths_dtype(self))
        return self.band(radii, self.cutoffs())[None, None]

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "transition": self.transition,
            "learnable": self.learnable,
        }


@layer("low_pass", "Pass bands")
class LowPass(PassBand):
    """Keeps the frequencies below a cut-off; exactly the mean too if it is over transition / 2.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        cutoff: radial frequency in cycles/pixel, in (0, sqrt(1/2)].
    """

    def __init__(self, cutoff: Radius = 0.25, **kwargs: Any):
        super().__init__(**kwargs)
        self.cutoff = check_frequency("cutoff", cutoff)

    def initial_cutoffs(self) -> Sequence[float]:
        """The one cut-off to start from, in cycles/pixel."""
        return [self.cutoff]

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """1 below the cut-off, 0 above."""
        return low_pass(radii, cutoffs[0], self.transition)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "cutoff": self.cutoff}


@layer("high_pass", "Pass bands")
class HighPass(LowPass):
    """Keeps the frequencies above a cut-off: exactly what `LowPass` removes.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.
    """

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """0 below the cut-off, 1 above."""
        return 1 - super().band(radii, cutoffs)


@layer("band_pass", "Pass bands")
class BandPass(PassBand):
    """Keeps the frequencies between two cut-offs: a low pass at `high` less one at `low`.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        low, high: radial frequencies in cycles/pixel, in (0, sqrt(1/2)].
    """

    def __init__(self, low: Radius = 0.1, high: Radius = 0.3, **kwargs: Any):
        super().__init__(**kwargs)
        self.low = check_frequency("low", low)
        self.high = check_frequency("high", high, above=low)

    def initial_cutoffs(self) -> Sequence[float]:
        """The two cut-offs to start from, in cycles/pixel."""
        return [self.low, self.high]

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """1 between the cut-offs, 0 below and above."""
        return band_pass(radii, cutoffs[0], cutoffs[1], self.transition)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "low": self.low, "high": self.high}
