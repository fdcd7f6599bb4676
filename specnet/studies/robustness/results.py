"""What was measured of runs, or of recipes over their trials, as curves and as lines of a table.

T  trials      N  images      S  strengths
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from specnet.robustness.paired_tests import LEVEL, Alternative, p_value
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.design import CLEAN
from specnet.studies.robustness.measuring import Record
from specnet.studies.robustness.over_trials import OverTrials, as_count
from specnet.studies.robustness.recipes_of_runs import Trials
from specnet.studies.robustness.trial import Key


@dataclass(frozen=True)
class Results:
    """All records of some runs, or of recipes over their trials.

    Attributes:
        found: name of a study and label of a run -> its records, in the order of the study.
        images: that each number rests on.
        size: (H, W) of them.
        classes: K.
        seeds: label of a recipe -> the T seeds of its trials; empty where labels are those of runs.
    """

    found: Mapping[Key, Sequence[Record]]
    images: int
    size: tuple[int, int]
    classes: int
    seeds: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """Of the runs or recipes, in their order."""
        return list(dict.fromkeys(label for _, label in self.found))

    @property
    def kind(self) -> str:
        """What labels are of: `run` or `recipe`."""
        return "recipe" if self.seeds else "run"

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
        """How long a study of a run took, or of all trials of a recipe."""
        return sum(record.seconds for record in self.found[name, label])

    def over_trials(self, trials: Trials) -> "Results":
        """The same by recipe, of those that have several trials; as it is where none has."""
        seeds = {recipe: [*runs] for recipe, runs in trials.items() if len(runs) > 1}
        if not seeds:
            return self
        of_run = {label: recipe for recipe, runs in trials.items() for label in runs.values()}
        found = {
            (name, recipe): _pooled([self.found[name, label] for label in runs.values()], of_run)
            for name in dict.fromkeys(name for name, _ in self.found)
            for recipe, runs in trials.items()
        }
        return replace(self, found=found, seeds=seeds)


def _pooled(trials: Sequence[Sequence[Record]], recipe_of: Mapping[str, str]) -> Sequence[Record]:
    """Records of a study, each the mean over trials; seconds are those of all."""
    if len(trials) == 1:
        return trials[0]
    pooled = []
    for records in zip(*trials, strict=True):
        source = records[0].measured.setting.get("source")
        measured = OverTrials.of(
            [record.measured for record in records],
            None if source is None else recipe_of.get(str(source), str(source)),
        )
        pooled.append(Record(measured, sum(record.seconds for record in records)))
    return pooled


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
    """Of each image the share of these settings at which it is right, in [0, 1]: (N,), (T, N)."""
    return np.mean([each.right for each in found], axis=0)


def mean(found: Sequence[Measured]) -> Count:
    """`as_count` of the `scores`."""
    return as_count(scores(found))


def differ(
    first: np.ndarray,
    second: np.ndarray,
    tests: int = 1,
    alternative: Alternative = "two-sided",
) -> bool:
    """Whether scores (N,) or (T, N) of the same images are shown to differ.

    Args:
        first, second, alternative: as for `p_value`.
        tests: how many such pairs are looked at together, or are what this one was chosen from
            for how it looks; p is multiplied by it (Bonferroni).
    """
    return p_value(first, second, alternative) * tests < LEVEL


def lines(results: Results) -> list[dict[str, Any]]:
    """A line for each setting: what it was, the count, the share and its interval."""
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
