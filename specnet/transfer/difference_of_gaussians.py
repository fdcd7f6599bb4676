"""Differences of Gaussians, the isotropic filters of the retina: a centre less its surround.

...  leading axes (2, K): the two parts, transfer functions
2    centre and surround, the last axis of parameters
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid; r² = v² + u²
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.polar import heights, positive, raw


@family(2)
def difference_of_gaussians() -> Family:
    """Differences of Gaussians, a centre less its surround: 8 parameters a filter.

    h0 exp(-r² / 2 s0²) - h1 exp(-r² / 2 s1²), s0 > s1.

    Centre and surround (Marr & Hildreth 1980) are meant in space, where the centre is the narrower;
    in frequency it is the wider one. With equal heights, a band pass that is 0 at DC.

    Parameters of a part: heights h0 and h1, and widths: that of the surround, s1 in cycles/pixel,
    and by how much s0 exceeds it.
    """
    shapes = {"widths": (2,), "heights": (2,)}
    return Family(shapes, _parts, _initial, "heights", _describe)


def _parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
    narrow, excess = (ops.softplus(parameters["widths"][..., i, None]) for i in range(2))
    h0, h1 = (parameters["heights"][..., i, None, None] for i in range(2))
    centre = isotropic(narrow + excess, vertical, horizontal)
    surround = isotropic(narrow, vertical, horizontal)
    return h0 * centre - h1 * surround


def isotropic(width: Tensor, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
    """exp(-r² / 2 width²): (..., 1) and frequencies (V,), (U,) -> (..., V, U)."""
    down, across = (
        ops.exp(ops.cast(-frequencies * frequencies / 2, width.dtype) / ops.square(width))
        for frequencies in (vertical, horizontal)
    )
    return down[..., :, None] * across[..., None, :]


def _initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Band passes that let some of DC through, of either sign."""
    centre = heights(rng, (2, count))
    widths = rng.uniform((0.05, 0.1), (0.2, 0.3), (2, count, 2))
    surround = centre * rng.uniform(0.5, 1, (2, count))
    return {"widths": raw(widths), "heights": np.stack([centre, surround], axis=-1)}


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    surround, excess = np.moveaxis(positive(parameters["widths"]), -1, 0)
    return {
        "width centre, surround (cycles/pixel)": np.stack([surround + excess, surround], axis=-1),
        "height centre, surround": parameters["heights"],
    }
