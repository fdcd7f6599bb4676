"""Implicit transfer functions: a small network from a frequency to the filter there.

...  leading axes (2, K): the two parts, transfer functions
I    Fourier features of the frequency   N  hidden units
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.recipe.ranges import Count, Terms
from specnet.transfer.family import Family, Parameters, Tensor, family


@family
def implicit(hidden: Count = 8, harmonics: Terms = 1, shared: bool = False) -> Family:
    """Small networks on Fourier features of the frequency: 160 parameters a filter.

    A network of one hidden layer on Fourier features, one for each part of each filter.

    The features are cos and sin of 2π(a v + b u) for whole a and b (Tancik et al. 2020). (a, b) is
    a shift in pixels, so they are what a spatial kernel of 2 * harmonics + 1 pixels is made of; the
    hidden layer makes higher multiples of them. All are periodic in v, as a spectrum is.

    With I = 4 * harmonics * (harmonics + 1) features, a filter has 2 * hidden * (I + 2) parameters.
    Evaluating K filters holds 2 * K * hidden * V * U numbers at a time.

    Args:
        hidden: units of the hidden layer; they are SiLU (Elfwing et al. 2018).
        harmonics: largest shift in pixels, at least 1.
        shared: one hidden layer for all filters of a layer and both their parts, as in NIFF
            (Grabinski et al. 2023): a filter then has 2 * hidden parameters, and the layer
            hidden * (I + 1) more. Its filters are mixtures of `hidden` functions.
    """
    shifts = _shifts(harmonics)
    inputs = 2 * len(shifts)
    # Not `weights` or `output`: layers have properties of these names.
    shapes = {
        "hidden_kernel": (hidden, inputs),
        "hidden_bias": (hidden,),
        "output_kernel": (hidden,),
    }

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        kernel = parameters["hidden_kernel"]
        features = ops.cast(_features(shifts, vertical, horizontal), kernel.dtype)
        units = ops.einsum("...ni,ivu->...nvu", kernel, features)
        units = ops.silu(units + parameters["hidden_bias"][..., None, None])
        return ops.einsum("...nvu,...n->...vu", units, parameters["output_kernel"])

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        # Where there is one network, axes of length 1 stand for parts and filters.
        leading = dict.fromkeys(shapes, (1, 1) if shared else (2, count))
        leading["output_kernel"] = 2, count
        # Features have a mean square of 1/2, so the units start with a deviation of about 1.
        deviations = {"hidden_kernel": (2 / inputs) ** 0.5, "hidden_bias": 1, "output_kernel": 1}
        return {
            name: rng.normal(0, deviations[name], (*leading[name], *shape))
            for name, shape in shapes.items()
        }

    return Family(shapes, parts, initial, "output_kernel", _describe, jumps=True)


def _shifts(largest: int) -> np.ndarray:
    """(I / 2, 2): shifts (a, b), one of each opposite pair, without (0, 0)."""
    reach = range(-largest, largest + 1)
    return np.array([(a, b) for b in range(largest + 1) for a in reach if (b, a) > (0, 0)])


def _features(shifts: np.ndarray, vertical: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """(I, V, U)"""
    down, across = shifts[:, 0, None, None], shifts[:, 1, None, None]
    phases = 2 * np.pi * (down * vertical[:, None] + across * horizontal)
    return np.concatenate([np.cos(phases), np.sin(phases)])


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A network's weights mean nothing one by one; how strong its units are, they tell."""
    return {"norm of the output weights": np.linalg.norm(parameters["output_kernel"], axis=-1)}
