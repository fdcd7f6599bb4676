"""Times of several jobs, taken in turn, so that a drifting machine slows all of them alike.

And what follows from them: from which size on one of two is faster. What lies within the spread of
times is not said.

R  rounds; in each, every job runs once
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from specnet.studies.engine.stopping import Check, never

Job = Callable[[], object]  # returns when its results are there

ROUNDS = 7  # at least
_SHORTEST = 0.005  # seconds; shorter jobs are repeated, or the clock would count too


@dataclass(frozen=True)
class Quartiles:
    """The median of some numbers, and what half of them lie between."""

    lower: float
    median: float
    upper: float

    @classmethod
    def of(cls, values: np.ndarray) -> "Quartiles":
        """Of (R,) numbers."""
        return cls(*map(float, np.quantile(values, (0.25, 0.5, 0.75))))

    @property
    def differs(self) -> bool:
        """Of a ratio, whether what it lies between is all below 1, or all above."""
        return not self.lower <= 1 <= self.upper

    def scaled(self, factor: float) -> "Quartiles":
        """In another unit."""
        return Quartiles(self.lower * factor, self.median * factor, self.upper * factor)


def compared(seconds: np.ndarray, baseline: np.ndarray) -> Quartiles:
    """How much longer one job takes than another, both (R,) of the same rounds.

    The middle is the ratio of the medians. It lies between the quartiles of the ratios round by
    round, or, of fewer than 16 rounds, between the ends of the exact 95 % interval of their median,
    which is wider then.
    """
    by_round = np.sort(seconds / baseline)
    quartiles = Quartiles.of(by_round)
    left_out = max(int(stats.binom.ppf(0.025, len(by_round), 0.5)), 1)  # on each side, less one
    ratio = float(np.median(seconds) / np.median(baseline))
    lower = min(quartiles.lower, ratio, float(by_round[left_out - 1]))
    return Quartiles(lower, ratio, max(quartiles.upper, ratio, float(by_round[-left_out])))


def over(ours: Quartiles, theirs: Quartiles) -> Quartiles:
    """A ratio of two medians, between the smallest and the largest one of their quartiles."""
    ratio = ours.median / theirs.median
    return Quartiles(ours.lower / theirs.upper, ratio, ours.upper / theirs.lower)


def in_turn(
    jobs: Mapping[str, Job],
    seconds: float,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
    check: Check = never,
    ahead: int = 0,
) -> dict[str, np.ndarray]:
    """Seconds of each job in each round, (R,) for each: A B C, A B C, ...

    Args:
        jobs: by name; each is run once before, to warm up.
        seconds: how long to measure, for each job; rounds go on until all of that has passed.
        rounds: the fewest.
        clock: gives seconds.
        check: is called before each run; what it raises ends it.
        ahead: runs before each that are not timed, where a job finds the threads of its library
            asleep, and another's numbers in the caches.
    """
    repeats = {name: _repeats(job, clock) for name, job in jobs.items()}
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    end = clock() + seconds * len(jobs)
    done = 0
    while done < rounds or clock() < end:
        for name, job in jobs.items():
            check()
            for _ in range(ahead):
                job()
            taken[name].append(_time(job, repeats[name], clock))
        done += 1
    return {name: np.array(times) for name, times in taken.items()}


def _time(job: Job, repeats: int, clock: Callable[[], float]) -> float:
    """Seconds of one run, the mean of several."""
    began = clock()
    for _ in range(repeats):
        job()
    return (clock() - began) / repeats


def _repeats(job: Job, clock: Callable[[], float]) -> int:
    """How often a job is run for the clock to tell; the first run is the warm-up."""
    job()
    once = _time(job, 1, clock)
    return 1 if once >= _SHORTEST else int(np.ceil(_SHORTEST / max(once, 1e-6)))


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
