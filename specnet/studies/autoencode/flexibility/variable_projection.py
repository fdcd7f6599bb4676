"""Least squares that are linear in some parameters and not in others, for many problems at once.

NumPy that knows neither spectra nor families. A library solves one problem a call; here thousands
of small ones share every evaluation of the model.

Q  problems   N  numbers of a target
P  parameters in which the model is nonlinear   A  amplitudes, in which it is linear
S  sets of both that the model evaluates at once
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

# (parameters (S, Q, P), amplitudes (S, Q, A)) -> (S, Q, N) in float32; linear in the amplitudes.
Model = Callable[[np.ndarray, np.ndarray], np.ndarray]

_DIFFERENCE = 5e-4  # about the square root of float32's precision
_RIDGE = 1e-7  # of the mean energy of the basis functions
_LEAST_GAIN = 1e-5
_SOLVED = 1e-4
_PATIENCE = 5


@dataclass(frozen=True)
class Solution:
    """Where a descent stands.

    Attributes:
        parameters: (Q, P).
        amplitudes: (Q, A), the best for these parameters.
        fitted: (Q, N), what the model gives.
        left: (Q,), squared distance to the target.
    """

    parameters: np.ndarray
    amplitudes: np.ndarray
    fitted: np.ndarray
    left: np.ndarray

    def where(self, which: np.ndarray, other: "Solution") -> "Solution":
        """Problem by problem, this one where `which` (Q,) is true."""
        pairs = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return Solution(
            *(np.where(which.reshape(-1, *[1] * (own.ndim - 1)), own, its) for own, its in pairs)
        )


def projected(
    model: Model, parameters: np.ndarray, amplitudes: int, targets: np.ndarray
) -> tuple[Solution, np.ndarray]:
    """The best amplitudes for given parameters, and the basis functions (Q, A, N) they multiply."""
    ones = np.eye(amplitudes)[:, None].repeat(len(parameters), axis=1)
    same = np.broadcast_to(parameters, (amplitudes, *parameters.shape))
    basis = model(same, ones).swapaxes(0, 1)
    best = _solve(_gram(basis), np.einsum("qan,qn->qa", basis, targets))
    fitted = np.einsum("qan,qa->qn", basis, best)
    left = np.square(targets - fitted).sum(-1, dtype="float64")
    left = np.where(np.isfinite(left), left, np.inf)
    return Solution(parameters, best, fitted, left), basis


# Steps that overflow are taken back like all that lead uphill.
@np.errstate(over="ignore", invalid="ignore")
def descend(
    model: Model, start: np.ndarray, amplitudes: int, targets: np.ndarray, steps: int
) -> Solution:
    """Levenberg-Marquardt on the parameters, the amplitudes solved for at every step.

    Variable projection (Golub & Pereyra 1973) with Kaufman's (1975) Jacobian, by forward
    differences. Each problem has its own damping and never takes a step uphill.

    Args:
        model: see `Model`.
        start: (Q, P).
        amplitudes: A.
        targets: (Q, N), of unit energy or so.
        steps: at most so many; it ends when less than 1e-4 is left of each problem, or it gained
            less than 1e-5 in each of five steps.
    """
    best, basis = projected(model, start, amplitudes, targets)
    damping, idle = np.full(len(start), 1e-2), np.zeros(len(start), int)
    for _ in range(steps):
        parameters = best.parameters + _step(model, best, basis, targets, damping)
        trial, new_basis = projected(model, parameters, amplitudes, targets)
        better = trial.left < best.left
        idle = np.where(best.left - trial.left > _LEAST_GAIN, 0, idle + 1)
        damping = np.clip(np.where(better, damping / 4, damping * 4), 1e-7, 1e7)
        best = trial.where(better, best)
        basis = np.where(better[:, None, None], new_basis, basis)
        if ((idle >= _PATIENCE) | (best.left < _SOLVED)).all():
            break
    return best


def _step(
    model: Model, at: Solution, basis: np.ndarray, targets: np.ndarray, damping: np.ndarray
) -> np.ndarray:
    """(Q, P), by the damped normal equations."""
    shifts = _DIFFERENCE * np.eye(at.parameters.shape[1])[:, None]
    same = np.broadcast_to(at.amplitudes, (len(shifts), *at.amplitudes.shape))
    slopes = (model(at.parameters + shifts, same) - at.fitted.astype("float32")) / _DIFFERENCE
    slopes = slopes.swapaxes(0, 1)
    # What the amplitudes can make up for is no reason to move.
    along = _solve(_gram(basis), np.swapaxes(slopes @ np.swapaxes(basis, 1, 2), 1, 2))
    slopes = slopes - np.swapaxes(along, 1, 2).astype(slopes.dtype) @ basis
    rise = np.einsum("qpn,qn->qp", slopes, targets - at.fitted)
    gram = _gram(slopes)
    scale = np.einsum("qpp->qp", gram)
    scale = scale + 1e-3 * scale.mean(-1, keepdims=True)
    return _solve(gram + (damping[:, None] * scale)[:, None] * np.eye(gram.shape[-1]), rise)


def _gram(functions: np.ndarray) -> np.ndarray:
    """Inner products of functions (Q, M, N) with each other: (Q, M, M), in float64."""
    return (functions @ np.swapaxes(functions, 1, 2)).astype("float64")


def _solve(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions of (Q, M, M) systems with right sides (Q, M) or (Q, M, R), barely damped.

    A system that is not finite has the solution 0.
    """
    finite = np.isfinite(gram).all((-2, -1))
    gram = np.where(finite[:, None, None], gram, 0)
    right = np.where(finite.reshape(-1, *[1] * (right.ndim - 1)), right, 0).astype("float64")
    mean = np.einsum("qmm->q", gram) / gram.shape[-1]
    ridge = (_RIDGE * mean + np.finfo("float32").tiny)[:, None, None] * np.eye(gram.shape[-1])
    if right.ndim == 3:
        return np.linalg.solve(gram + ridge, right)
    return np.linalg.solve(gram + ridge, right[..., None])[..., 0]
