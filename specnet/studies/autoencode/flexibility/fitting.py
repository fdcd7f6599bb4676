"""The best fit of a family to transfer functions: exact where it can be, a search where not.

2  the two parts of a function   K  transfer functions
V  rows of the half spectrum   U  its columns   N  numbers a problem   Q  problems
P  parameters in which a problem is nonlinear   A  amplitudes, in which it is linear
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from specnet.layers import ParametricConvolution
from specnet.studies.autoencode.flexibility.separable import Separable, column_weights
from specnet.studies.autoencode.flexibility.variable_projection import Solution, descend, projected

_DRAWS, _DRAWS_AT_ONCE, _CANDIDATES = 64, 8, 4
_FIRST_STEPS, _LAST_STEPS = 15, 50
_EXPLAINED = 1e-3  # of the energy left: no other start is tried
_NUMBERS = 1.5e7  # evaluated at a time, for the memory that they take


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
    size_of_block = _block(problem, unit)
    blocks = [
        _fitted(problem, unit[:, first : first + size_of_block], rng)
        for first in range(0, len(power), size_of_block)
    ]
    parameters = {
        name: np.concatenate([block.parameters[name] for block in blocks], axis=1)
        for name in convolution.family.shapes
    }
    scaled = parameters | convolution.family.amplified(parameters, np.sqrt(power))
    return Fit(scaled, np.concatenate([block.shares for block in blocks]))


def _block(problem: Separable, targets: np.ndarray) -> int:
    """How many functions are fitted at a time."""
    parameters = sum(prod(shape) for shape in problem.family.shapes.values())
    a_function = 2 * problem.amplitudes * parameters * prod(targets.shape[2:]) * _CANDIDATES
    return max(8, round(_NUMBERS / a_function))


def _fitted(problem: Separable, unit: np.ndarray, rng: np.random.Generator) -> Fit:
    targets = problem.problems(unit)
    found = _search(problem, targets, rng) if problem.is_nonlinear else _exact(problem, targets)
    shares = 1 - problem.by_function(found.left)
    parameters = problem.parameters(found.parameters[None], found.amplitudes[None])
    return Fit(parameters, np.clip(shares, 0, 1))


def _exact(problem: Separable, targets: np.ndarray) -> Solution:
    """Linear least squares, of each part on its own; all functions share the basis."""
    count = problem.amplitudes
    ones = np.eye(count).repeat(2, axis=0)[None]  # each amplitude alone, in both parts
    basis = problem(np.zeros((1, 2 * count, 0)), ones)[0]
    amplitudes, fitted = np.zeros((len(targets), count)), np.zeros_like(targets)
    for part in (slice(0, None, 2), slice(1, None, 2)):
        amplitudes[part] = np.linalg.lstsq(basis[part].T, targets[part].T)[0].T
        fitted[part] = amplitudes[part] @ basis[part]
    left = np.square(targets - fitted).sum(-1, dtype="float64")
    return Solution(np.zeros((len(targets), 0)), amplitudes, fitted, left)


def _search(problem: Separable, targets: np.ndarray, rng: np.random.Generator) -> Solution:
    """A short descent from each of a few candidates, a long one from the best of them."""
    first, *others = _candidates(problem, targets, rng)
    found = descend(problem, first, problem.amplitudes, targets, _FIRST_STEPS)
    if found.left.max() < _EXPLAINED:
        return found
    every = np.tile(targets, (len(others), 1))
    more = descend(problem, np.concatenate(others), problem.amplitudes, every, _FIRST_STEPS)
    left = np.concatenate([found.left, more.left]).reshape(1 + len(others), -1)
    starts = np.concatenate([found.parameters, more.parameters]).reshape(*left.shape, -1)
    best = np.take_along_axis(starts, left.argmin(0)[None, :, None], axis=0)[0]
    return descend(problem, best, problem.amplitudes, targets, _LAST_STEPS)


def _candidates(problem: Separable, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(candidates, Q, P): of random parameters, those that explain most before any descent."""
    count = len(targets) // 2 if problem.apart else len(targets)
    draws = np.stack([problem.starts(rng, count) for _ in range(_DRAWS)])
    every = np.tile(targets, (_DRAWS_AT_ONCE, 1))
    left = [
        projected(problem, np.concatenate(some), problem.amplitudes, every)[0].left
        for some in np.split(draws, _DRAWS // _DRAWS_AT_ONCE)
    ]
    order = np.argsort(np.concatenate(left).reshape(_DRAWS, -1), axis=0)[:_CANDIDATES]
    return np.take_along_axis(draws, order[:, :, None], axis=0)
