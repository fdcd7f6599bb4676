"""What was measured of some runs, as curves and as lines of a table.

N  images      S  strengths
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from specnet.robustness.paired_tests import LEVEL, Alternative, p_value
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.plan import CLEAN
from specnet.studies.robustness.records import Record
from specnet.studies.robustness.running import Key


@dataclass(frozen=True)
class Results:
    """All records of some runs.

    Attributes:
        found: name of a study and label of a run -> its records, in the order of the study.
        images: that each number rests on.
        size: (H, W) of them.
        classes: K.
    """

    found: Mapping[Key, Sequence[Record]]
    images: int
    size: tuple[int, int]
    classes: int

    @property
    def labels(self) -> list[str]:
        """Of the runs, in their order."""
        return list(dict.fromkeys(label for _, label in self.found))

    @property
    def names(self) -> list[str]:
        """Of the studies, without the one of clean images."""
        return [name for name in dict.fromkeys(name for name, _ in self.found) if name != CLEAN]

    def clean(self, label: str) -> Measured:
        """The images as they are."""
        return self.found[CLEAN, label][0].measured

    def of(self, name: str, label: str, **where: Any) -> list[Measured]:
        """What a study measured of a run, at the settings that say this."""
        return [
            record.measured
            for record in self.found[name, label]
            if matches(record.measured.setting, where)
        ]

    def seconds(self, name: str, label: str) -> float:
        """How long a study of a run took."""
        return sum(record.seconds for record in self.found[name, label])


def matches(setting: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    """Whether a setting says all of this."""
    return all(setting.get(key) == value for key, value in where.items())


def curve(found: Sequence[Measured], by: str, start: Count | None = None) -> np.ndarray:
    """Shares against a strength: (4, S), rising strengths, shares, and the ends of the intervals.

    Args:
        found: one for each strength.
        by: what of the setting is the strength.
        start: what there is at strength 0.
    """
    starting = [] if start is None else [(0.0, start)]
    return points([*starting, *((float(each.setting[by]), each.count) for each in found)])


def points(counts: Iterable[tuple[float, Count]]) -> np.ndarray:
    """Strengths with their counts, as the (4, S) of `curve`."""
    rising = sorted(counts, key=lambda point: point[0])
    return np.array([(at, n.share, *n.interval()) for at, n in rising]).reshape(-1, 4).T


def scores(found: Sequence[Measured]) -> np.ndarray:
    """Of each image, the share of these settings at which it is right: (N,), in [0, 1]."""
    return np.mean([each.right for each in found], axis=0)


def counted(scores: np.ndarray) -> Count:
    """A mean share, as if it were of one setting: an interval that is too wide at most.

    The settings are of the same images, so they do not add up to more of them.
    """
    return Count(round(float(scores.sum())), len(scores))


def mean(found: Sequence[Measured]) -> Count:
    """`counted` of the `scores`."""
    return counted(scores(found))


def differ(
    first: np.ndarray,
    second: np.ndarray,
    tests: int = 1,
    alternative: Alternative = "two-sided",
) -> bool:
    """Whether scores (N,) of the same images are shown to differ.

    Args:
        first, second, alternative: as for `p_value`.
        tests: how many such pairs are looked at together, or are what this one was chosen from
            for how it looks; p is multiplied by it (Bonferroni).
    """
    return p_value(first, second, alternative) * tests < LEVEL


def lines(results: Results) -> list[dict[str, Any]]:
    """A line for each setting of each run: what it was, the count, the share and its interval."""
    return [
        {"run": label, "study": name} | record.measured.setting | _numbers(record)
        for (name, label), records in results.found.items()
        for record in records
    ]


def _numbers(record: Record) -> dict[str, Any]:
    count = record.measured.count
    low, high = count.interval()
    return {
        "right": count.right,
        "images": count.images,
        "share": count.share,
        "low": low,
        "high": high,
        "seconds": record.seconds,
    }
