"""Two conditions on the same images: by how much they differ, and whether that may be chance.

Statistics of pairs. Images that come out alike under both say nothing of the difference, however
many there are; tests that take the counts as those of other images lose sight of it.

T  networks      N  images
"""

from typing import Literal

import numpy as np

LEVEL = 0.05  # p below it is called significant
_FLIPS = 9_999
_AT_ONCE = 100  # so that memory does not grow with the flips

Alternative = Literal["two-sided", "less", "greater"]


def p_value(first: np.ndarray, second: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """The probability of a difference like this, or larger, if either sign of it were as likely.

    Fisher's randomization test of the mean. Of scores that are 0 or 1, of T networks too, it is
    exact, and McNemar's test where T is 1; of others it takes 9,999 random flips of signs where
    there are too many for all, the same each time.

    Args:
        first, second: scores (N,) of the same images, bool or in [0, 1]; of (T, N), those of T
            networks, the mean over these.
        alternative: whether the mean of `first` is other, less or greater than that of `second`.

    Returns:
        In [0, 1]; of many scores between 0 and 1, not below 1 / 10,000.
    """
    from scipy.stats import permutation_test

    differences = _differences(first, second)
    differences = differences[differences != 0]
    counts = differences * len(np.atleast_2d(first))
    if np.allclose(counts, np.rint(counts), atol=1e-9):
        return _of_all_flips(np.rint(counts).astype(int), alternative)
    found = permutation_test(
        (differences,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        alternative=alternative,
        n_resamples=_FLIPS,
        batch=_AT_ONCE,
        rng=0,
    )
    return float(found.pvalue)


def _of_all_flips(counts: np.ndarray, alternative: Alternative) -> float:
    """The same of whole numbers (N,), exactly."""
    chances = chances_of_sums(np.abs(counts))
    above = int(counts[counts > 0].sum())
    less, greater = float(chances[: above + 1].sum()), float(chances[above:].sum())
    sides = {"less": less, "greater": greater, "two-sided": 2 * min(less, greater)}
    return min(1.0, sides[alternative])


def chances_of_sums(numbers: np.ndarray) -> np.ndarray:
    """How likely each sum from 0 to that of all is, of those that a fair coin chooses.

    Args:
        numbers: (N,) whole, not negative.

    Returns:
        (S + 1,) for their sum S.
    """
    chances = np.ones(1)
    for number in numbers:
        without, with_it = np.pad(chances, (0, number)), np.pad(chances, (number, 0))
        chances = (without + with_it) / 2
    return chances


def difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """The mean of `first` less that of `second`, and the ends of its 95 % interval.

    The interval is the normal one of a mean of pairs.

    Args:
        first, second: as for `p_value`.

    Returns:
        Mean, lower and upper end, in [-1, 1] or, of the ends, a little beyond.
    """
    from scipy.stats import norm

    differences = _differences(first, second)
    mean = float(differences.mean())
    spread = float(norm.ppf(0.975) * differences.std() / len(differences) ** 0.5)
    return mean, mean - spread, mean + spread


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    each, other = (
        np.atleast_2d(np.asarray(one, "float64")).mean(axis=0) for one in (first, second)
    )
    return each - other
