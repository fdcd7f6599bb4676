"""What was measured of some runs, as curves and as lines of a table.

S  strengths
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from specnet.experiments.robustness.plan import CLEAN
from specnet.experiments.robustness.records import Record
from specnet.experiments.robustness.running import Key
from specnet.robustness.study import Count, Measured

_LEVEL = 0.05


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

    def clean(self, label: str) -> Count:
        """How many images a run has right as they are."""
        return self.found[CLEAN, label][0].measured.count

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
    points = [] if start is None else [(0.0, start)]
    points += [(float(each.setting[by]), each.count) for each in found]
    points.sort(key=lambda point: point[0])
    return np.array([(at, n.share, *n.interval()) for at, n in points]).reshape(-1, 4).T


def mean(found: Sequence[Measured]) -> Count:
    """The mean share, as if it were of one set of images: an interval that is too wide at most.

    The counts are of the same images under several settings, so they do not add up to more.
    """
    images = found[0].count.images
    return Count(round(sum(each.count.right for each in found) / len(found)), images)


def differ(count: Count, other: Count) -> bool:
    """Whether two shares are shown to differ: Fisher's exact test, two-sided.

    It takes the counts as those of other images, and so sees less than there is, not more.
    """
    from scipy.stats import fisher_exact

    table = [[each.right, each.images - each.right] for each in (count, other)]
    return float(fisher_exact(table).pvalue) < _LEVEL


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
