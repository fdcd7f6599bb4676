"""Implicit transfer functions: a small network from a frequency to the filter there.

...  leading axes (2, K): the two parts, transfer functions
I    Fourier features of the frequency   N  hidden units
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from keras import ops

from specnet.ops.grids import ix
from specnet.recipe.ranges import Count, Terms
from specnet.transfer.family import Family, Parameters, Tensor, family


@family(1, 2, 3)
def implicit(hidden: Count = 8, harmonics: Terms = 1, shared: bool = False) -> Family:
    """Small networks on Fourier features of the frequency: 160 parameters a filter.

    A network of one hidden layer on Fourier features, one for each part of each filter.

    The features are cos and sin of 2π(a v + b u) for whole a and b (Tancik et al. 2020). (a, b) is
    a shift in pixels, so they are what a spatial kernel of 2 * harmonics + 1 pixels is made of; the
    hidden layer makes higher multiples of them. All are periodic in v, as a spectrum is.

    With I = 4 * harmonics * (harmonics + 1) features, of signals 2 * harmonics, a filter has
    2 * hidden * (I + 2) parameters.
    Evaluating K filters holds 2 * K * hidden * V * U numbers at a time.

    Args:
        hidden: units of the hidden layer; they are SiLU (Elfwing et al. 2018).
        harmonics: largest shift in pixels, at least 1.
        shared: one hidden layer for all filters of a layer and both their parts, as in NIFF
            (Grabinski et al. 2023): a filter then has 2 * hidden parameters, and the layer
            hidden * (I + 1) more. Its filters are mixtures of `hidden` functions.
    """

    def of_rank(rank: int) -> Family:
        shifts, axes = _shifts(harmonics, rank), "svu"[-rank:]
        inputs = 2 * len(shifts)
        # Not `weights` or `output`: layers have properties of these names.
        shapes = {
            "hidden_kernel": (hidden, inputs),
            "hidden_bias": (hidden,),
            "output_kernel": (hidden,),
        }
        # Features have a mean square of 1/2, so the units start with a deviation of about 1.
        deviations = {"hidden_kernel": (2 / inputs) ** 0.5, "hidden_bias": 1, "output_kernel": 1}

        def parts(parameters: Parameters, *frequencies: np.ndarray) -> Tensor:
            kernel = parameters["hidden_kernel"]
            features = ops.cast(_features(shifts, frequencies), kernel.dtype)
            units = ops.einsum(f"...ni,i{axes}->...n{axes}", kernel, features)
            units = ops.silu(units + parameters["hidden_bias"][(..., *[None] * rank)])
            return ops.einsum(f"...n{axes},...n->...{axes}", units, parameters["output_kernel"])

        def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
            # Where there is one network, axes of length 1 stand for parts and filters.
            leading = dict.fromkeys(shapes, (1, 1) if shared else (2, count))
            leading["output_kernel"] = 2, count
            return {
                name: rng.normal(0, deviations[name], (*leading[name], *shape))
                for name, shape in shapes.items()
            }

        amplitude = "output_kernel"
        return Family(shapes, parts, initial, amplitude, _describe, jumps=True, of_rank=of_rank)

    return of_rank(2)


def _shifts(largest: int, rank: int) -> np.ndarray:
    """(I / 2, rank): shifts such as (a, b), one of each opposite pair, without (0, 0)."""
    reach = range(-largest, largest + 1)
    half = [each for each in product(reach, repeat=rank) if each > (0,) * rank]
    return np.array(half)[:, ::-1]


def _features(shifts: np.ndarray, frequencies: Sequence[np.ndarray]) -> np.ndarray:
    """(I, V, U), of signals (I, U), of volumes (I, S, V, U)."""
    turns = [
        shift.reshape(-1, *[1] * len(frequencies)) * grid
        for shift, grid in zip(shifts.T, ix(frequencies), strict=True)
    ]
    phases = 2 * np.pi * sum(turns[1:], turns[0])
    return np.concatenate([np.cos(phases), np.sin(phases)])


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A network's weights mean nothing one by one; how strong its units are, they tell."""
    return {"norm of the output weights": np.linalg.norm(parameters["output_kernel"], axis=-1)}
