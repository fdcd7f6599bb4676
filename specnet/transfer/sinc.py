"""Sinc transfer functions: box windows in space, of learned height and width.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.ops.fourier import polar
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.polar import heights, positive, raw


@family(2)
def sinc() -> Family:
    """Box windows in space of learned height and width, under a wave: 10 parameters a filter.

    scale * sinc(h (v - v0)) * sinc(w (u - u0)) with sinc(x) = sin(πx) / (πx): the Fourier transform
    of a mean over h x w pixels, moved from frequency 0 to a centre.

    Parameters of a part: centre (v0, u0) in cycles/pixel, extents (h, w) in pixels, and scale.
    """
    shapes = {"centre": (2,), "extents": (2,), "scale": ()}
    return Family(shapes, _parts, _initial, "scale", _describe, jumps=True)


def _parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
    centre, extents = parameters["centre"], ops.softplus(parameters["extents"])
    rows, columns = (
        _sinc((ops.cast(frequencies, centre.dtype) - centre[..., i, None]) * extents[..., i, None])
        for i, frequencies in enumerate((vertical, horizontal))
    )
    return parameters["scale"][..., None, None] * rows[..., :, None] * columns[..., None, :]


def _sinc(x: Tensor) -> Tensor:
    """sin(πx) / (πx), 1 at 0; near 0 by its series, where the quotient has no gradient."""
    near = ops.abs(x) < 1e-3
    angle = np.pi * ops.where(near, 1.0, x)
    square = ops.square(np.pi * x)
    _, quotient = polar(1 / angle, angle)
    return ops.where(near, 1 - square / 6 + square * square / 120, quotient)


def _initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Centres all over the half plane, windows of 1.5 to 6 pixels, either sign."""
    return {
        "centre": rng.uniform((-0.5, 0), (0.5, 0.5), (2, count, 2)),
        "extents": raw(rng.uniform(1.5, 6, (2, count, 2))),
        "scale": heights(rng, (2, count)),
    }


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "centre v, u (cycles/pixel)": parameters["centre"],
        "window height, width (pixels)": positive(parameters["extents"]),
        "scale": parameters["scale"],
    }
