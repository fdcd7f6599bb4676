"""Edges of pass bands in the frequency plane: how a gain falls from 1 to 0 at a cut-off.

Functions of radial frequencies in cycles/pixel, differentiable in the cut-off where the edge has a
slope; 1 at frequency 0 but for `smooth`, whose edge may reach it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from keras import ops

from specnet.ops.fourier import polar
from specnet.ops.masks import low_pass

Tensor = Any
EdgeKind = Literal["smooth", "brick", "butterworth", "gaussian", "kaiser"]


@dataclass(frozen=True)
class Edge:
    """How a low pass ends.

    Attributes:
        kind: `smooth`: 3t² - 2t³ over `transition`, then exactly 0; 6 dB at the cut-off. `brick`: a
            brick wall. `butterworth`: 1 / sqrt(1 + (r / c)^2n) of order n; 3 dB at the cut-off c.
            `gaussian`: 2^(-(r / c)² / 2); 3 dB. `kaiser`: what a Kaiser window in space makes of a
            brick wall, its length and form by Kaiser's formulas from the next two; 6 dB.
        transition: width of the edge of `smooth` and `kaiser`, in cycles/pixel, around the cut-off.
        order: n.
        attenuation: in dB, beyond the edge of `kaiser`.
    """

    kind: EdgeKind = "smooth"
    transition: float = 0.1
    order: int = 2
    attenuation: float = 60.0

    def gains(self, radii: Tensor, cutoff: Tensor) -> Tensor:
        """Of `radii`, any shape, in their dtype; `cutoff` in cycles/pixel, a scalar."""
        if self.kind in ("smooth", "brick"):
            return low_pass(radii, cutoff, self.transition if self.kind == "smooth" else 0)
        if self.kind == "kaiser":
            return _kaiser(radii, cutoff, self.transition, self.attenuation)
        square = ops.square(radii / cutoff)
        if self.kind == "gaussian":
            return ops.exp(-np.log(2) / 2 * square)
        # At most what float32 can hold: the gradient of infinity would be none.
        return 1 / ops.sqrt(1 + ops.clip(square, 0, 10 ** (30 / self.order)) ** self.order)


def _kaiser(radii: Tensor, cutoff: Tensor, transition: float, attenuation: float) -> Tensor:
    """The transform of windowed 2c sinc(2ct), over its value at 0: a sum over places in space."""
    phases, weights = (ops.cast(each, radii.dtype) for each in _window(transition, attenuation))
    heights = polar(1, phases * cutoff)[1] * weights
    waves = polar(1, radii[..., None] * phases)[0]
    return ops.sum(heights / ops.sum(heights) * waves, axis=-1)


@cache
def _window(transition: float, attenuation: float) -> tuple[np.ndarray, np.ndarray]:
    """2π times places within half a window, in pixels, and the window over the place, as weights.

    Of Gauss and Legendre, 64 in up to 12 pixels, enough for the fastest wave, of two times
    sqrt(1/2) cycles/pixel. One rule for all would take seconds to find, and lose digits.
    """
    # Kaiser (1974), as `scipy.signal.kaiserord` and `kaiser_beta` have it.
    half = (attenuation - 7.95) / (2.285 * 2 * np.pi * transition) / 2
    if attenuation > 50:
        beta = 0.1102 * (attenuation - 8.7)
    else:
        beta = 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21)
    panels = 1 + int(half / 12)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    places = half / panels * np.ravel(np.arange(panels)[:, None] + (nodes + 1) / 2)
    window = np.i0(beta * np.sqrt(1 - (places / half) ** 2)) / np.i0(beta)
    return 2 * np.pi * places, window / places * np.tile(weights, panels)
