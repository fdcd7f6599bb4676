"""Runs beside each other on the same images: by how much one is better, and what may be chance.

What may go in here: the measures by which runs are compared, and the comparison of each run with
the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specnet.experiments.robustness.plan import CLEAN
from specnet.experiments.robustness.results import Results, differ, scores
from specnet.robustness.pairs import difference, p_value

# What is averaged over all its settings: the study, and which of its settings.
_MEASURES: dict[str, tuple[str, dict[str, Any]]] = {
    "as they are": (CLEAN, {}),
    "low-passed": ("bands", {"band": "low"}),
    "high-passed": ("bands", {"band": "high"}),
    "noise of one frequency": ("heatmap", {}),
    "FGSM": ("attacks", {"attack": "fgsm"}),
    "PGD": ("attacks", {"attack": "pgd"}),
    "shifted": ("shift", {}),
    "corrupted": ("corruptions", {}),
}


@dataclass(frozen=True)
class Comparison:
    """A run less the first one, by one measure.

    Attributes:
        label: of the run.
        measure: of what, in words.
        difference, low, high: of the mean shares, with the ends of the 95 % interval.
        p: of the paired test.
        real: whether it is shown, among as many measures as are told of the run.
    """

    label: str
    measure: str
    difference: float
    low: float
    high: float
    p: float
    real: bool


def comparisons(results: Results) -> list[Comparison]:
    """Every run but the first, by every measure that was taken; the same images are pairs."""
    return [each for label in results.labels[1:] for each in _with_first(results, label)]


def _with_first(results: Results, label: str) -> Iterator[Comparison]:
    taken = [name for name, (study, _) in _MEASURES.items() if study in (CLEAN, *results.names)]
    for measure in taken:
        study, where = _MEASURES[measure]
        own, first = (
            scores([each for each in results.of(study, run, **where) if _is_a_change(each.setting)])
            for run in (label, results.labels[0])
        )
        real = differ(own, first, len(taken))
        yield Comparison(label, measure, *difference(own, first), p_value(own, first), real)


def _is_a_change(setting: dict[str, Any]) -> bool:
    """Whether it is none of those of strength 0 that corruptions begin with."""
    return setting.get("strength") != 0
