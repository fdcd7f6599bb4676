"""From which size on one of two is faster."""

from collections.abc import Sequence

import numpy as np


def crossovers(
    sizes: Sequence[float], ours: Sequence[float], theirs: Sequence[float]
) -> list[float]:
    """Sizes where two curves of time against size meet, between the measured ones.

    Between two sizes each curve is taken for a power law, a line in log-log coordinates.

    Args:
        sizes: in ascending order.
        ours, theirs: times at these sizes, above 0.
    """
    x, gap = np.log(sizes), np.log(ours) - np.log(theirs)
    found = []
    for left in range(len(x) - 1):
        a, b = gap[left], gap[left + 1]
        if a * b < 0:
            found.append(float(np.exp(x[left] + (x[left + 1] - x[left]) * a / (a - b))))
        elif b == 0 and left + 2 < len(x) and a * gap[left + 2] < 0:
            found.append(float(sizes[left + 1]))
    return found


def advice(
    label: str,
    baseline: str,
    sizes: Sequence[float],
    ours: Sequence[float],
    theirs: Sequence[float],
    unit: str = "pixels",
) -> str:
    """One sentence: which is faster here, and from which size on. Arguments as of `crossovers`."""
    ratios = np.asarray(ours) / np.asarray(theirs)
    met = crossovers(sizes, ours, theirs)
    if len(met) == 1:
        first, second = (baseline, label) if ratios[0] > 1 else (label, baseline)
        return f"{first} is faster below {met[0]:.3g} {unit}, {second} from there on."
    factors = np.where(ratios > 1, ratios, 1 / ratios)
    span = _span(factors)
    if met:
        places = ", ".join(f"{place:.3g}" for place in met)
        return f"{label} and {baseline} overtake each other at {places} {unit}; never by {span[1]}."
    faster, slower = (baseline, label) if ratios[0] > 1 else (label, baseline)
    where = f"at {sizes[0]:g} {unit}"
    if len(sizes) > 1:
        where = f"at every measured size, {sizes[0]:g} to {sizes[-1]:g} {unit}"
    return f"{faster} is {span[0]} times as fast as {slower} {where}."


def _span(factors: np.ndarray) -> tuple[str, str]:
    """`2.1 to 3.4`, or `2.1`; and more than all of them."""
    low, high = f"{factors.min():.3g}", f"{factors.max():.3g}"
    return (low if low == high else f"{low} to {high}"), f"more than {high} times"
