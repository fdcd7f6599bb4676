"""Is a difference real? Means with intervals, paired tests, effect sizes. NumPy and SciPy alone.

N  trials   M  comparisons

Wilcoxon 1945 (signed ranks), Holm 1979 (many tests at once), Student 1908 (intervals of few
numbers), Kerby 2014 (matched-pairs rank-biserial correlation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import stats

from specnet.messages import counted
from specnet.robustness.paired_tests import LEVEL, chances_of_sums
from specnet.studies.engine.tables import p_value

CONFIDENCE = 0.95
K = TypeVar("K")


@dataclass(frozen=True)
class Summary:
    """N shares in brief, as in Table III of Wood & Larson (2021).

    Attributes:
        count: N.
        mean, max, median: of the shares.
        std: with N - 1 below; None of a single share.
        low, high: 95 % interval of the mean, in [0, 1]; None of a single share.
    """

    count: int
    mean: float
    std: float | None
    max: float
    median: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Paired:
    """Numbers against those of a baseline, trial by trial.

    Attributes:
        pairs: trials that both have.
        difference: mean of ours less theirs.
        low, high: 95 % interval of that; None of a single pair.
        p: of Wilcoxon's signed-rank test, two-sided and exact; None of a single pair.
        effect: matched-pairs rank-biserial correlation: 1 where ours are always above, -1 where
            they always are below.
    """

    pairs: int
    difference: float
    low: float | None
    high: float | None
    p: float | None
    effect: float


def describe(values: Sequence[float]) -> Summary:
    """Sums up N shares, at least one."""
    numbers = np.asarray(values, "float64")
    low, high = share_interval(numbers)
    return Summary(
        len(numbers),
        float(numbers.mean()),
        float(numbers.std(ddof=1)) if len(numbers) > 1 else None,
        float(numbers.max()),
        float(np.median(numbers)),
        low,
        high,
    )


def mean_interval(
    values: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[float, float] | tuple[None, None]:
    """Student's interval of the mean, usually of 95 %; (None, None) of a single number.

    Not a bootstrap, which cannot leave the range of what was seen: of 3 numbers its interval holds
    the mean 3 times in 4, of 2 numbers every other time.
    """
    if len(values) < 2:
        return None, None
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    low, high = stats.t.interval(confidence, len(values) - 1, values.mean(), stats.sem(values))
    return float(low), float(high)


def share_interval(
    shares: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[float, float] | tuple[None, None]:
    """`mean_interval` of shares, as far as it is in [0, 1], where their mean is."""
    low, high = mean_interval(shares, confidence)
    return (None, None) if low is None or high is None else (max(low, 0.0), min(high, 1.0))


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Paired:
    """Compares numbers of the same trials, in the same order; at least one."""
    # Accuracies are counts over images: rounding keeps equal differences equal, which are ties.
    differences = np.round(np.asarray(ours, "float64") - np.asarray(theirs, "float64"), 12)
    low, high = mean_interval(differences)
    return Paired(
        len(differences),
        float(differences.mean()),
        low,
        high,
        signed_rank_p(differences) if len(differences) > 1 else None,
        rank_biserial(differences),
    )


def paired_by_key(ours: Mapping[K, float], theirs: Mapping[K, float]) -> Paired | None:
    """The same of numbers by seed or another key; None where none is in both."""
    both = [seed for seed in ours if seed in theirs]
    return paired([ours[seed] for seed in both], [theirs[seed] for seed in both]) if both else None


def signed_rank_p(differences: np.ndarray) -> float:
    """Wilcoxon's signed-rank test, two-sided, exact however many ties there are.

    Differences of zero are left out, as he did. Of the rest all sign patterns are counted, by the
    sum of their positive ranks; SciPy has exact values without ties and of few numbers alone.
    """
    signed = differences[differences != 0]
    doubled = np.rint(2 * stats.rankdata(np.abs(signed))).astype(int)  # ties have half ranks
    chances = chances_of_sums(doubled)
    positive = int(doubled[signed > 0].sum())
    smaller = min(positive, int(doubled.sum()) - positive)
    return min(1.0, 2 * float(chances[: smaller + 1].sum()))


def rank_biserial(differences: np.ndarray) -> float:
    """Ranks of positive differences less those of negative ones, over their sum, in [-1, 1].

    Ranks are of magnitudes; differences of zero are left out; with none left it is 0.
    """
    signed = differences[differences != 0]
    ranks = stats.rankdata(np.abs(signed))
    return float((ranks * np.sign(signed)).sum() / ranks.sum()) if len(signed) else 0.0


def judged(
    words: str, pairs: int, p: float | None, tests: int, what: str = "trial", more: str = ""
) -> str:
    """A sentence on a difference, with whether it is significant, and could be.

    Args:
        words: that say it.
        pairs: that it is of.
        p: after Holm; None of a single pair.
        tests: that it was corrected for.
        what: the pairs are of.
        more: goes after p, unless pairs are too few.
    """
    if p is None:
        return f"{words} in one {what}, which shows nothing"
    verdict = "significant" if p < LEVEL else "not significant"
    if p >= LEVEL and tests * least_p(pairs) >= LEVEL:
        more = f"; {counted(pairs, 'pair')} of {what}s are too few"
    sign = "" if p < 0.001 else "= "
    return f"{words}: {verdict} (p {sign}{p_value(p)} after Holm{more})"


def holm(values: Sequence[float | None]) -> list[float | None]:
    """M p-values, each so large that one wrong call among all M stays below the level.

    None stays None and counts for nothing.
    """
    known = sorted((p, place) for place, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        corrected[place] = largest
    return corrected


def least_p(pairs: int) -> float:
    """The smallest p that Wilcoxon's test can give: all differences of one sign."""
    return min(1.0, 2.0 ** (1 - pairs))


def trials_needed(comparisons: int) -> int:
    """The fewest trials with which M comparisons, corrected, can all come below the level."""
    pairs = 1
    while comparisons * least_p(pairs) >= LEVEL:
        pairs += 1
    return pairs


def too_few(pairs: int | None, comparisons: int) -> list[str]:
    """A sentence where so many pairs of trials cannot show all of M differences.

    Args:
        pairs: the fewest of any comparison; None where there is none.
        comparisons: M.
    """
    if pairs is None or pairs >= (needed := trials_needed(comparisons)):
        return []
    least = least_p(pairs)
    corrected = min(1.0, comparisons * least)
    many = counted(comparisons, "comparison")
    return [
        f"{counted(pairs, 'pair')} cannot give p below {least:.4g}, or {corrected:.4g} after Holm "
        f"with {many}: at least {needed} trials are needed before each of them can come below "
        f"{LEVEL}"
    ]
