"""Trials of one recipe as one: what was measured of each, and the mean of it.

Networks that differ in their seed alone are attacked and shifted on the same images, so there are
two kinds of chance: which images, and which weights a training ended at. Where there are several
trials, intervals are of the second kind.

T  trials      N  images
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specnet.robustness.study import Count, Measured
from specnet.studies.engine.statistics import CONFIDENCE, share_interval


@dataclass(frozen=True)
class MeanCount(Count):
    """How many of how many images, the mean of several trials.

    Attributes:
        right: the mean over the trials, rounded.
        images: of each trial.
        shares: (T,), of each trial, in [0, 1].
    """

    shares: tuple[float, ...] = ()

    @classmethod
    def of(cls, shares: np.ndarray, images: int) -> "MeanCount":
        """The mean of shares (T,), each of so many images."""
        return cls(round(float(shares.mean()) * images), images, tuple(shares.tolist()))

    @property
    def share(self) -> float:
        """The mean over the trials."""
        return float(np.mean(self.shares))

    def wrong(self) -> "MeanCount":
        """How many are not."""
        return self.of(1 - np.array(self.shares), self.images)

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Student's interval of the mean over trials, as far as it is in [0, 1].

        Where all are equal, which few images make likely, that of one trial's images.
        """
        low, high = share_interval(np.array(self.shares), confidence)
        if low is None or high is None or low == high:
            return super().interval(confidence)
        return low, high


@dataclass(frozen=True, eq=False)
class OverTrials(Measured):
    """One setting, measured on all images by each trial: `right` is bool (T, N)."""

    @property
    def count(self) -> Count:
        """The mean over the trials."""
        return as_count(self.right)

    @classmethod
    def of(cls, trials: Sequence[Measured], source: str | None = None) -> "OverTrials":
        """Trials that were measured at one setting.

        Args:
            trials: of one recipe; transferred attacks on each may be made on other runs.
            source: the recipe of those runs.
        """
        setting = trials[0].setting | ({} if source is None else {"source": source})
        means = {
            name: np.mean([each.means[name] for each in trials], axis=0) for name in trials[0].means
        }
        return cls(setting, np.stack([each.right for each in trials]), means)


def as_count(scores: np.ndarray) -> Count:
    """A mean share; of one network with the interval of one setting, which is too wide at most.

    The settings are of the same images, so they do not add up to more of them.

    Args:
        scores: (N,), of each image, in [0, 1]; or (T, N), with the interval over trials.
    """
    if scores.ndim == 2:
        return MeanCount.of(scores.mean(axis=1), scores.shape[1])
    return Count(float(scores.sum()), len(scores))
