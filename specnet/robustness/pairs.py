"""Two conditions on the same images: by how much they differ, and whether that may be chance.

What may go in here: statistics of pairs. Images that come out alike under both say nothing of the
difference, however many there are; tests that take the counts as those of other images lose sight
of it.

N  images
"""

from typing import Literal

import numpy as np

LEVEL = 0.05
_FLIPS = 9_999


def p_value(
    first: np.ndarray,
    second: np.ndarray,
    alternative: Literal["two-sided", "less", "greater"] = "two-sided",
) -> float:
    """Of means of pairs, if each difference were as likely to have the other sign.

    Fisher's randomization test. Of scores that are 0 or 1 it is McNemar's exact test. With more
    than 13 images that differ, 9,999 random flips stand for all; the same each time.

    Args:
        first, second: scores (N,) of the same images, in [0, 1].
        alternative: whether the mean of `first` is other, less or greater than that of `second`.
    """
    from scipy.stats import permutation_test

    differences = np.asarray(first, "float64") - np.asarray(second, "float64")
    differences = differences[differences != 0]
    if len(differences) < 2:  # of one, either sign is as likely
        return 1.0
    found = permutation_test(
        (differences,),
        np.sum,
        permutation_type="samples",
        alternative=alternative,
        n_resamples=_FLIPS,
        rng=0,
    )
    return float(found.pvalue)


def difference(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Mean of `first` less that of `second`, and the ends of its 95 % interval.

    The interval is the normal one of a mean of pairs.
    """
    from scipy.stats import norm

    differences = np.asarray(first, "float64") - np.asarray(second, "float64")
    mean = float(differences.mean())
    spread = float(norm.ppf(0.975) * differences.std() / len(differences) ** 0.5)
    return mean, mean - spread, mean + spread
