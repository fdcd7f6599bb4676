"""What was measured of some runs, as curves and as lines of a table.

N  images      S  strengths
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from specnet.robustness.paired_tests import LEVEL, Alternative, difference, p_value
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.design import CLEAN
from specnet.studies.robustness.measuring import Record
from specnet.studies.robustness.trial import Key


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

    def kinds(self, name: str, key: str) -> list[str]:
        """What a setting of a study says under a key, in its order; what has strength 0 is none."""
        found = [each.setting for each in self.of(name, self.labels[0])]
        return list(dict.fromkeys(str(each[key]) for each in found if each.get("strength", 1)))

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


def as_count(scores: np.ndarray) -> Count:
    """A mean share, as if it were of one setting: an interval that is too wide at most.

    The settings are of the same images, so they do not add up to more of them.
    """
    return Count(round(float(scores.sum())), len(scores))


def mean(found: Sequence[Measured]) -> Count:
    """`as_count` of the `scores`."""
    return as_count(scores(found))


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


# What is averaged over all its settings: the study, and which of its settings.
_MEASURES: dict[str, tuple[str, dict[str, Any]]] = {
    "right as they are": (CLEAN, {}),
    "right when low-passed": ("bands", {"band": "low"}),
    "right when high-passed": ("bands", {"band": "high"}),
    "right under a wave": ("heatmap", {}),
    "right under FGSM": ("attacks", {"attack": "fgsm"}),
    "right under PGD": ("attacks", {"attack": "pgd"}),
    "right under AutoAttack": ("autoattack", {"attack": "autoattack"}),
    "same after a shift": ("shift", {}),
    "right when corrupted": ("corruptions", {}),
}


@dataclass(frozen=True)
class Comparison:
    """A run less the first one, by one measure: shares of the same images, in [-1, 1].

    Attributes:
        label: of the run.
        measure: of what, in words.
        difference, low, high: mean over the images, with the ends of its 95 % interval.
        p: of `p_value`, times the number of measures of all runs that are told (Bonferroni).
    """

    label: str
    measure: str
    difference: float
    low: float
    high: float
    p: float

    @property
    def real(self) -> bool:
        """Whether it is shown."""
        return self.p < LEVEL


def comparisons(results: Results) -> list[Comparison]:
    """Every run but the first, by every measure that was taken."""
    return [each for label in results.labels[1:] for each in _with_first(results, label)]


def _with_first(results: Results, label: str) -> Iterator[Comparison]:
    taken = [name for name, (study, _) in _MEASURES.items() if study in (CLEAN, *results.names)]
    for measure in taken:
        study, where = _MEASURES[measure]
        own, first = (
            scores([each for each in results.of(study, run, **where) if _is_a_change(each.setting)])
            for run in (label, results.labels[0])
        )
        p = min(1.0, len(taken) * (len(results.labels) - 1) * p_value(own, first))
        yield Comparison(label, measure, *difference(own, first), p)


def _is_a_change(setting: dict[str, Any]) -> bool:
    """Whether it is none of those of strength 0 that corruptions begin with."""
    return setting.get("strength") != 0
