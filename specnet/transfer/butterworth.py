"""Butterworth filters: flat pass bands with an edge as steep as their order.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
r    radial frequency, in cycles/pixel
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from keras import ops

from specnet.recipe.ranges import Positive
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.polar import heights, log_radius, positive, raw


@family(2)
def butterworth(band: Literal["low", "high", "band"] = "low", order: Positive = 2.0) -> Family:
    """Butterworth filters with learned cut-offs and order: 6 parameters a filter, a band 8.

    scale / sqrt(1 + (r / cutoff)^(2 order)) (Butterworth 1930).

    Args:
        band: `low` passes the frequencies below the cut-off, `high` those above it; `band` passes
            what lies between two, the product of both, with 8 parameters a filter.
        order: where the order starts, above 0; it is learned, and need not be a whole number.

    Parameters of a part: cut-off (the lower one of a band) in cycles/pixel, order, scale; for a
    band, the bandwidth too, from the lower to the upper cut-off.
    """

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        log_r = log_radius(vertical, horizontal)
        cutoff, slope = ops.softplus(parameters["cutoff"]), ops.softplus(parameters["order"])
        passed = gain(log_r, cutoff, slope if band == "low" else -slope)
        if band == "band":
            passed = passed * gain(log_r, cutoff + ops.softplus(parameters["bandwidth"]), slope)
        return parameters["scale"][..., None, None] * passed

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        parameters = _initial(rng, count, order)
        return {name: parameters[name] for name in shapes}

    names = ("cutoff", "order", "scale", *(("bandwidth",) if band == "band" else ()))
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(names, ())
    return Family(shapes, parts, initial, "scale", _describe)


def gain(log_r: np.ndarray, cutoff: Tensor, order: Tensor) -> Tensor:
    """1 / sqrt(1 + (r / cutoff)^(2 order)): a low pass; of negative order, a high pass.

    Args:
        log_r: (V, U), logarithms of radial frequencies.
        cutoff, order: (...).

    Returns:
        (..., V, U)
    """
    rise = ops.cast(log_r, cutoff.dtype) - ops.log(cutoff)[..., None, None]
    # With x the logarithm of the power, 1 + exp(x) is exp(softplus(x)), which does not overflow.
    return ops.exp(-ops.softplus(2 * order[..., None, None] * rise) / 2)


def _initial(rng: np.random.Generator, count: int, order: float) -> dict[str, np.ndarray]:
    """Cut-offs all over the plane, all of the same order, either sign."""
    return {
        "cutoff": raw(rng.uniform(0.05, 0.45, (2, count))),
        "bandwidth": raw(rng.uniform(0.1, 0.2, (2, count))),
        "order": np.full((2, count), raw(order)),
        "scale": heights(rng, (2, count)),
    }


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    cutoff = {"cut-off (cycles/pixel)": positive(parameters["cutoff"])}
    if "bandwidth" in parameters:
        lower = cutoff.pop("cut-off (cycles/pixel)")
        both = np.stack([lower, lower + positive(parameters["bandwidth"])], axis=-1)
        cutoff = {"cut-off low, high (cycles/pixel)": both}
    return cutoff | {"order": positive(parameters["order"]), "scale": parameters["scale"]}
