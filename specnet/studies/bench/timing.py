"""Times of several jobs, taken in turn, so that a drifting machine slows all of them alike.

R  rounds; in each, every job runs once
"""

import time
from collections.abc import Callable, Mapping
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
) -> dict[str, np.ndarray]:
    """Seconds of each job in each round, (R,) for each: A B C, A B C, ...

    Args:
        jobs: by name; each is run once before, to warm up.
        seconds: how long to measure, for each job; rounds go on until all of that has passed.
        rounds: the fewest.
        clock: gives seconds.
        check: is called before each run; what it raises ends it.
    """
    repeats = {name: _repeats(job, clock) for name, job in jobs.items()}
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    end = clock() + seconds * len(jobs)
    done = 0
    while done < rounds or clock() < end:
        for name, job in jobs.items():
            check()
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
