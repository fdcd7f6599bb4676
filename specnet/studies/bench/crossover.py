"""From which size on one of two is faster; what lies within the spread of times is not said."""

from collections.abc import Mapping, Sequence

import numpy as np

from specnet.studies.bench.timing import Quartiles


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
    ratios: Sequence[Quartiles] | None = None,
) -> str:
    """A sentence or two: which is faster here, from which size on, and where nothing is shown.

    Args:
        label, baseline: names.
        sizes, ours, theirs: as of `crossovers`; at least one.
        unit: of the sizes.
        ratios: ours over theirs at each size, and what it lies between; as the times say, and
            nothing else, if not given.
    """
    exact = (a / b for a, b in zip(ours, theirs, strict=True))
    between = ratios or [Quartiles(ratio, ratio, ratio) for ratio in exact]
    times = [*zip(sizes, ours, theirs, strict=True)]
    shown = [each for each, ratio in zip(times, between, strict=True) if ratio.differs]
    alike = {size: r for size, r in zip(sizes, between, strict=True) if not r.differs}
    if not shown:
        return f"No difference between {label} and {baseline} is shown {_within(alike, unit)}."
    at, mine, its = zip(*shown, strict=True)
    said = _said(label, baseline, at, mine, its, unit, "" if alike else "every ")
    return f"{said} No difference is shown {_within(alike, unit)}." if alike else said


def _said(
    label: str,
    baseline: str,
    sizes: Sequence[float],
    ours: Sequence[float],
    theirs: Sequence[float],
    unit: str,
    every: str,
) -> str:
    """What follows where all times differ; `every` is said of the sizes, or nothing."""
    ratios = np.asarray(ours) / np.asarray(theirs)
    met = crossovers(sizes, ours, theirs)
    faster, slower = (baseline, label) if ratios[0] > 1 else (label, baseline)
    if len(met) == 1:
        return f"{faster} is faster below {met[0]:.3g} {unit}, {slower} from there on."
    factors = np.where(ratios > 1, ratios, 1 / ratios)
    low, high = f"{factors.min():.3g}", f"{factors.max():.3g}"
    if met:
        places = ", ".join(f"{place:.3g}" for place in met)
        never = f"never by more than {high} times"
        return f"{label} and {baseline} overtake each other at {places} {unit}; {never}."
    span = low if low == high else f"{low} to {high}"
    return f"{faster} is {span} times as fast as {slower} {_places(sizes, unit, every)}."


def _within(alike: Mapping[float, Quartiles], unit: str) -> str:
    """Where, and between what the ratios lie."""
    low = min(ratio.lower for ratio in alike.values())
    high = max(ratio.upper for ratio in alike.values())
    return f"{_places([*alike], unit)} ({low:.2f} to {high:.2f} times as long)"


def _places(sizes: Sequence[float], unit: str, every: str = "") -> str:
    if every and len(sizes) > 1:
        return f"at {every}measured size, {sizes[0]:g} to {sizes[-1]:g} {unit}"
    return f"at {', '.join(f'{size:g}' for size in sizes)} {unit}"
