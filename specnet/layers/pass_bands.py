"""Layers that keep a band of frequencies, fixed or learned.

Masks that depend on the radius of a frequency alone, in cycles/pixel. How they end is in
`specnet.ops.edges`.

    B  batch   C  channels   H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.frequency import FrequencyMask, Size, check_frequency
from specnet.layers.shapes import (
    Shape,
    check_at_least,
    check_between,
    check_choice,
    check_flag,
    check_number,
    check_positive,
)
from specnet.layers.spectral_layer import maths_dtype
from specnet.ops.compiled import eagerly
from specnet.ops.edges import Edge, EdgeKind
from specnet.ops.grids import radius_grid
from specnet.ops.precision import maximum
from specnet.recipe.ranges import Decibels, NotNegative, Radius, Terms
from specnet.transfer.family import UNITS
from specnet.transfer.polar import raw

Tensor = Any
_LEAST = 1e-7  # cycles/pixel: longer than any image; its square is above 0 in float32


class PassBand(FrequencyMask):
    """Keeps frequencies by their radius; a base class.

    Args:
        transition: width of the edges in cycles/pixel, each centred on its cut-off; of `smooth` and
            `kaiser`. 0 is a brick wall, which rings in space.
        learnable: train the cut-offs. They stay positive and in order whatever their weights: each
            is the one before it plus a softplus.
        edge: how the gain falls. `smooth`: from 1 to exactly 0 within the transition. `brick`: at
            once (`ideal` in older recipes). `butterworth`: 1 / sqrt(1 + (r / cut-off)^2n) of
            `order` n. `gaussian`: to sqrt(1/2) at the cut-off. `kaiser`: a brick wall through a
            Kaiser window in space, whose length follows from the transition and the attenuation. At
            the cut-off of a low pass, `butterworth` and `gaussian` are at -3 dB, `smooth` and
            `kaiser` at -6 dB (`kaiser`: of a cut-off above half the transition). High and band
            passes are 1 minus a low pass, and a difference of two.
        order: n of `butterworth`; 6 n dB an octave, beyond the edge of a low pass.
        attenuation: of `kaiser` beyond its edge, in dB from 21 to 150.
    """

    def __init__(
        self,
        transition: NotNegative = 0.1,
        learnable: bool = False,
        edge: Literal["smooth", "brick", "butterworth", "gaussian", "kaiser", "ideal"] = "smooth",
        order: Terms = 2,
        attenuation: Decibels = 60.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.transition = check_number(
            "transition", transition, f"{UNITS[self.dimensions]} from 0", lambda n: n >= 0
        )
        self.learnable = check_flag("learnable", learnable)
        if learnable and edge == "smooth" and transition == 0:
            raise ValueError(
                "learnable: expected a transition above 0, found 0; a brick wall has no slope"
            )
        edge = "brick" if edge == "ideal" else edge  # as recipes and models called it before
        if learnable and edge == "brick":
            raise ValueError("learnable: expected another edge than brick, which has no slope")
        if edge == "kaiser":
            check_at_least("transition", transition, 0.01)  # a window of 360 pixels
        self.edge = check_choice("edge", edge, get_args(EdgeKind))
        self.order = check_positive("order", order)
        self.attenuation = check_between("attenuation", attenuation, 21, 150)
        self._edge = Edge(self.edge, self.transition, self.order, self.attenuation)
        self._fixed: dict[Size, np.ndarray] = {}

    def build(self, input_shape: Shape) -> None:
        """Checks the shape, and makes the weights of learnable cut-offs."""
        super().build(input_shape)
        if self.learnable:
            steps = raw(np.diff(self.initial_cutoffs(), prepend=0))
            self.steps = self.add_weight_from("steps", steps)

    def initial_cutoffs(self) -> Sequence[float]:
        """Cut-offs to start from, in cycles/pixel, the lowest first."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """Weights of frequencies of these radii; both are in cycles/pixel."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def cutoffs(self) -> Tensor:
        """Cut-offs of a built layer, in cycles/pixel, the lowest first."""
        dtype = maths_dtype(self)
        if self.learnable:
            steps = ops.softplus(ops.cast(self.steps, dtype))
            cutoffs = ops.sum(ops.cast(np.tri(steps.shape[0]), dtype) * steps, axis=-1)
        else:
            cutoffs = ops.convert_to_tensor(self.initial_cutoffs(), dtype)
        return maximum(cutoffs, _LEAST)  # softplus may be 0 in float32

    def learned(self) -> dict[str, np.ndarray]:
        """The cut-offs of a built layer: name with its unit -> (1,) or (2,), the lowest first."""
        return {self._told: ops.convert_to_numpy(self.cutoffs())}

    @property
    def _told(self) -> str:
        return f"cut-off ({UNITS[self.dimensions]})"

    def attenuations(self, frequencies: Sequence[float]) -> np.ndarray:
        """Of a built layer at these radial frequencies in cycles/pixel: dB, infinite if removed."""
        radii = ops.convert_to_tensor(frequencies, maths_dtype(self))
        gains = ops.convert_to_numpy(self.band(radii, self.cutoffs()))
        with np.errstate(divide="ignore"):
            return -20 * np.log10(np.abs(gains))

    def mask(self, count: tuple[Any, int], size: Size) -> Tensor:
        """The same for all images and channels: (1, 1, V, U)."""
        if self.learnable:
            return self._mask(size)
        if size not in self._fixed:
            with eagerly():
                self._fixed[size] = ops.convert_to_numpy(self._mask(size))
        return ops.convert_to_tensor(self._fixed[size])

    def _mask(self, size: Size) -> Tensor:
        radii = ops.convert_to_tensor(radius_grid(*size), maths_dtype(self))
        return self.band(radii, self.cutoffs())[None, None]

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "transition": self.transition,
            "learnable": self.learnable,
            "edge": self.edge,
            "order": self.order,
            "attenuation": self.attenuation,
        }


@layer("low_pass", "Pass bands", takes="either")
class LowPass(PassBand):
    """Keeps the frequencies below a cut-off; the mean too, but of `smooth` below transition / 2.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        cutoff: radial frequency in cycles/pixel, in (0, sqrt(1/2)].
    """

    _octave = 2.0  # to the side that is removed

    def __init__(self, cutoff: Radius = 0.25, **kwargs: Any):
        super().__init__(**kwargs)
        self.cutoff = check_frequency("cutoff", cutoff, rank=self.dimensions)

    def initial_cutoffs(self) -> Sequence[float]:
        """The one cut-off to start from, in cycles/pixel."""
        return [self.cutoff]

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """1 below the cut-off, 0 above."""
        return self._edge.gains(radii, cutoffs[0])

    def learned(self) -> dict[str, np.ndarray]:
        """The cut-off, and what an edge without end weakens there and an octave from there."""
        found = super().learned()
        if self.edge in ("smooth", "brick"):
            return found
        cutoff = found[self._told][0]
        beside = cutoff * self._octave
        side = "above" if self._octave > 1 else "below"
        name = f"attenuation at the cut-off, an octave {side} (dB)"
        return found | {name: self.attenuations([cutoff, beside])}

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "cutoff": self.cutoff}


@layer("high_pass", "Pass bands", takes="either")
class HighPass(LowPass):
    """Keeps the frequencies above a cut-off: exactly what `LowPass` removes.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.
    """

    _octave = 0.5

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """0 below the cut-off, 1 above."""
        return 1 - super().band(radii, cutoffs)


@layer("band_pass", "Pass bands", takes="either")
class BandPass(PassBand):
    """Keeps the frequencies between two cut-offs: a low pass at `high` less one at `low`.

    Input shape: images (B, H, W, C) or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        low, high: radial frequencies in cycles/pixel, in (0, sqrt(1/2)].
    """

    def __init__(self, low: Radius = 0.1, high: Radius = 0.3, **kwargs: Any):
        super().__init__(**kwargs)
        self.low = check_frequency("low", low, rank=self.dimensions)
        self.high = check_frequency("high", high, low, self.dimensions)

    def initial_cutoffs(self) -> Sequence[float]:
        """The two cut-offs to start from, in cycles/pixel."""
        return [self.low, self.high]

    def band(self, radii: Tensor, cutoffs: Tensor) -> Tensor:
        """1 between the cut-offs, 0 below and above."""
        return self._edge.gains(radii, cutoffs[1]) - self._edge.gains(radii, cutoffs[0])

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "low": self.low, "high": self.high}
