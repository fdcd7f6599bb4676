"""The best fit of a family to transfer functions: exact where it can be, a search where not.

2  the two parts of a function   K  transfer functions
V  rows of the half spectrum   U  its columns   N  numbers a problem   Q  problems
P  parameters in which a problem bends   A  amplitudes, in which it is linear
"""

from dataclasses import dataclass

import numpy as np

from specnet.experiments.flexibility.separable import Separable, column_weights
from specnet.experiments.flexibility.variable_projection import Solution, descend, projected
from specnet.layers import ParametricConvolution

_DRAWS = 64
_CANDIDATES = 4
_FIRST_STEPS, _LAST_STEPS = 15, 50
_EXPLAINED = 1e-3  # of the energy left: no other start is tried
_BLOCK = 128  # functions at a time, for the memory that slopes take


@dataclass(frozen=True)
class Fit:
    """A family's best approximation of transfer functions.

    Attributes:
        parameters: the family's, each (2, K) + its shape; weights for a layer of K functions.
        shares: (K,), the share of each function's energy that it explains, from 0 to 1.
    """

    parameters: dict[str, np.ndarray]
    shares: np.ndarray


def fit(
    convolution: ParametricConvolution,
    targets: np.ndarray,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> Fit:
    """Fits each of K transfer functions with one of the layer's family.

    Sums of fixed functions are fitted exactly, as far as float32 goes. Others descend from the best
    of many random starts, which may end in a local optimum: their shares are lower bounds.

    Args:
        convolution: a layer that has the family, built or not.
        targets: (2, K, V, U), those of real filters, none of them 0.
        size: (H, W) of the images, in pixels.
        rng: draws the starts.
    """
    problem = Separable(convolution, size)
    power = (np.square(targets) * column_weights(size[1])).sum((0, 2, 3))
    unit = (targets / np.sqrt(power)[:, None, None]).astype("float32")
    starts = range(0, len(power), _BLOCK)
    blocks = [_fitted(problem, unit[:, i : i + _BLOCK], rng) for i in starts]
    parameters = {
        name: np.concatenate([block.parameters[name] for block in blocks], axis=1)
        for name in convolution.family.shapes
    }
    scaled = parameters | convolution.family.amplified(parameters, np.sqrt(power))
    return Fit(scaled, np.concatenate([block.shares for block in blocks]))


def _fitted(problem: Separable, unit: np.ndarray, rng: np.random.Generator) -> Fit:
    targets = problem.problems(unit)
    found = _search(problem, targets, rng) if problem.bends else _exact(problem, targets)
    shares = 1 - problem.by_function(found.left)
    parameters = problem.parameters(found.parameters[None], found.amplitudes[None])
    return Fit(parameters, np.clip(shares, 0, 1))


def _exact(problem: Separable, targets: np.ndarray) -> Solution:
    """Linear least squares, of each part on its own; all functions share the basis."""
    ones = np.tile(np.eye(problem.amplitudes), (2, 1))
    functions = problem(np.zeros((1, len(ones), 0)), ones[None])
    basis = functions.reshape(2, problem.amplitudes, -1)
    amplitudes, fitted = [], []
    for functions, wanted in zip(basis, np.split(targets, 2), strict=True):
        amplitudes.append(np.linalg.lstsq(functions.T, wanted.T)[0].T)
        fitted.append(amplitudes[-1] @ functions)
    found = np.concatenate(fitted)
    left = np.square(targets - found).sum(-1, dtype="float64")
    return Solution(np.zeros((len(targets), 0)), np.concatenate(amplitudes), found, left)


def _search(problem: Separable, targets: np.ndarray, rng: np.random.Generator) -> Solution:
    """A short descent from each of a few candidates, a long one from the best of them."""
    first, *others = _candidates(problem, targets, rng)
    best = descend(problem, first, problem.amplitudes, targets, _FIRST_STEPS)
    for start in others:
        if best.left.max() < _EXPLAINED:
            return best
        best = best.better(descend(problem, start, problem.amplitudes, targets, _FIRST_STEPS))
    return descend(problem, best.parameters, problem.amplitudes, targets, _LAST_STEPS)


def _candidates(problem: Separable, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(candidates, Q, P): of random parameters, those that explain most before any descent."""
    count = len(targets) // 2 if problem.apart else len(targets)
    draws = np.stack([problem.starts(rng, count) for _ in range(_DRAWS)])
    left = [projected(problem, draw, problem.amplitudes, targets)[0].left for draw in draws]
    order = np.argsort(left, axis=0)[:_CANDIDATES]
    return np.take_along_axis(draws, order[:, :, None], axis=0)
