"""How soon does a network reach what the baseline ends with? (Rippel et al. 2015, section 5.3)

E  epochs
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf

import numpy as np

Curve = tuple[Sequence[float], Sequence[float]]  # validation accuracy and seconds of each epoch


@dataclass(frozen=True)
class Convergence:
    """When trials reached the validation accuracy that the baseline had at its end.

    Attributes:
        epochs, seconds: median over the trials, of training alone; None where half of the trials or
            more did not get there.
        reached, of: trials that did, of how many.
        epoch_factor, second_factor: how many times sooner than the baseline; None as above.
    """

    epochs: float | None
    seconds: float | None
    reached: int
    of: int
    epoch_factor: float | None = None
    second_factor: float | None = None


def reach(curve: Curve, target: float) -> tuple[float, float]:
    """Epochs and seconds until validation accuracy is `target` or more; infinite if it never is.

    Args:
        curve: (E,) validation accuracies, and (E,) seconds that each epoch took.
    """
    accuracies, seconds = curve
    there = np.flatnonzero(np.asarray(accuracies) >= target)
    if not len(there):
        return inf, inf
    return float(there[0] + 1), float(np.cumsum(seconds)[there[0]])


def convergence(ours: Sequence[Curve], theirs: Sequence[Curve]) -> Convergence:
    """Ours against the baseline's, trial by trial in the same order, at least one.

    The target of each trial is the validation accuracy of the baseline's last epoch in that trial.
    The baseline itself may have been there before its last epoch, and is counted when it was.
    """
    targets = [accuracies[-1] for accuracies, _ in theirs]
    here = [reach(curve, target) for curve, target in zip(ours, targets, strict=True)]
    there = [reach(curve, target) for curve, target in zip(theirs, targets, strict=True)]
    epochs, seconds = (statistics.median(column) for column in zip(*here, strict=True))
    their_epochs, their_seconds = (statistics.median(each) for each in zip(*there, strict=True))
    reached = sum(not isinf(epoch) for epoch, _ in here)
    if isinf(epochs):
        return Convergence(None, None, reached, len(here))
    factors = (their_epochs / epochs, their_seconds / seconds if seconds else None)
    return Convergence(epochs, seconds, reached, len(here), *factors)
