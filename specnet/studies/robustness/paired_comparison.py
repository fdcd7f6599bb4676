"""Runs side by side on the same images: by how much one is better, and what may be chance.

The measures by which runs are compared, and the comparison of each run with the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specnet.robustness.paired_tests import LEVEL, difference, p_value
from specnet.studies.robustness.plan import CLEAN
from specnet.studies.robustness.results import Results, scores

# What is averaged over all its settings: the study, and which of its settings.
_MEASURES: dict[str, tuple[str, dict[str, Any]]] = {
    "right as they are": (CLEAN, {}),
    "right when low-passed": ("bands", {"band": "low"}),
    "right when high-passed": ("bands", {"band": "high"}),
    "right under a wave": ("heatmap", {}),
    "right under FGSM": ("attacks", {"attack": "fgsm"}),
    "right under PGD": ("attacks", {"attack": "pgd"}),
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
