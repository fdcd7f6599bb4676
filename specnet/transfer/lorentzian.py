"""Lorentzian transfer functions: resonances, with tails much longer than a Gaussian's.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.polar import heights, positive, raw


@family(2)
def lorentzian() -> Family:
    """Lorentzian resonances, peaks with long tails: 10 parameters a filter.

    scale / (1 + (dv / gv)² + (du / gu)²) around a centre.

    Parameters of a part: centre (v, u), half widths at half height (gv, gu), all in cycles/pixel,
    and scale.
    """
    shapes = {"centre": (2,), "half_widths": (2,), "scale": ()}
    return Family(shapes, _parts, _initial, "scale", _describe, jumps=True)


def _parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
    centre, half_widths = parameters["centre"], ops.softplus(parameters["half_widths"])
    dv, du = (
        (ops.cast(frequencies, centre.dtype) - centre[..., i, None]) / half_widths[..., i, None]
        for i, frequencies in enumerate((vertical, horizontal))
    )
    distance = (dv * dv)[..., :, None] + (du * du)[..., None, :]
    return parameters["scale"][..., None, None] / (1 + distance)


def _initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Centres all over the half plane, half widths about an eighth of it, either sign."""
    return {
        "centre": rng.uniform((-0.5, 0), (0.5, 0.5), (2, count, 2)),
        "half_widths": raw(rng.uniform(0.05, 0.2, (2, count, 2))),
        "scale": heights(rng, (2, count)),
    }


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "centre v, u (cycles/pixel)": parameters["centre"],
        "half width v, u (cycles/pixel)": positive(parameters["half_widths"]),
        "scale": parameters["scale"],
    }
