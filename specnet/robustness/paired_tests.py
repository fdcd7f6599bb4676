"""Two conditions on the same images: by how much they differ, and whether that may be chance.

Statistics of pairs. Images that come out alike under both say nothing of the difference, however
many there are; tests that take the counts as those of other images lose sight of it.

T  networks      N  images
"""

from typing import Literal

import numpy as np

LEVEL = 0.05
_FLIPS = 9_999
_AT_ONCE = 100  # so that memory does not grow with the flips

Alternative = Literal["two-sided", "less", "greater"]


def p_value(first: np.ndarray, second: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """The probability of a difference like this, or larger, if either sign of it were as likely.

    Of scores that are 0 or 1 it is McNemar's exact test; of others Fisher's randomization test of
    the mean, with 9,999 random flips of signs where there are too many for all, the same each time.

    Args:
        first, second: scores (N,) of the same images, bool or in [0, 1]; of (T, N), those of T
            networks, the mean over these.
        alternative: whether the mean of `first` is other, less or greater than that of `second`.

    Returns:
        In (0, 1]; of many scores between 0 and 1, not below 1 / 10,000.
    """
    from scipy.stats import binomtest, permutation_test

    differences = _differences(first, second)
    differences = differences[differences != 0]
    sizes = np.unique(np.abs(differences))
    if len(sizes) == 0:
        return 1.0
    if len(sizes) == 1:
        positive = int((differences > 0).sum())
        return float(binomtest(positive, len(differences), alternative=alternative).pvalue)
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
