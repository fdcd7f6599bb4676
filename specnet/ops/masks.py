"""Masks of the frequency plane: radial pass bands, and random ones.

Functions that give real, symmetric weights of the bins of half spectra. Bins v and -v of the
columns that are their own mirror images get the same weight, so that the spectra of real images
stay such. Layers multiply by them.

    B  batch   C  channels   W  width of the images, in pixels
    V  rows of the half spectrum, U its columns; of signals there are none, of volumes planes too
"""

from math import prod
from typing import Any

import numpy as np
from keras import ops

from specnet.ops.portable import mirrored_rows

Tensor = Any

# Cycles/pixel, of the corner of the frequency plane.
HIGHEST_RADIUS = 0.5**0.5
# Bins on a brick wall are kept, whichever way their radius was rounded.
_ROUNDING = 1e-6


def low_pass(radii: Tensor, cutoff: Tensor, transition: float) -> Tensor:
    """1 below the cut-off, 0 above it; a bin at the cut-off has 1/2, or 1 at a brick wall.

    The edge is the smoothstep 3t² - 2t³: it reaches 1 and 0 exactly, with a slope that is
    continuous in the radius and in the cut-off.

    Args:
        radii: radial frequencies in cycles/pixel, any shape.
        cutoff: in cycles/pixel; a shape that broadcasts with `radii`.
        transition: width of the edge in cycles/pixel, centred on the cut-off; 0 is a brick wall.

    Returns:
        The shape that `radii` and `cutoff` broadcast to, in the dtype of `radii`.
    """
    if transition == 0:
        return ops.cast(radii <= cutoff + _ROUNDING, radii.dtype)
    t = ops.clip((cutoff - radii) / transition + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def surviving_pairs(numbers: Tensor, rate: float, width: int, rank: int = 2) -> Tensor:
    """0 for the bins that are dropped, 1 / (1 - rate) for the others: 1 in expectation.

    Args:
        numbers: (B, C, V, U), independent and uniform in [0, 1).
        rate: share of the bins that is dropped, in [0, 1).
        width: W of the images, in pixels.
        rank: axes of what was transformed: of signals 1, numbers (B, C, U); of volumes 3.

    Returns:
        (B, C, V, U), in the dtype of `numbers`.
    """
    kept = ops.cast(_shared_by_pairs(numbers, width, rank) >= rate, numbers.dtype)
    return kept / (1 - rate)


def _shared_by_pairs(numbers: Tensor, width: int, rank: int) -> Tensor:
    """Gives bin -v the number of bin v, in the columns that are their own mirror images."""
    *rows, columns = numbers.shape[-rank:]
    if not rows:
        return numbers
    places = np.arange(prod(rows)).reshape(rows)
    opposite = places[np.ix_(*(-np.arange(length) % length for length in rows))]
    numbered = np.arange(columns)
    copies = (opposite < places)[..., None] & ((numbered == 0) | (2 * numbered == width))
    return ops.where(copies, mirrored_rows(numbers, rank), numbers)
