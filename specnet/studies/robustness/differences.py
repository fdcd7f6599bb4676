"""By how much runs differ, on the same images; and recipes, in pairs of trials with the same seed.

T  trials      N  images
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from specnet.robustness import paired_tests
from specnet.robustness.paired_tests import LEVEL
from specnet.studies.engine.statistics import holm, paired_by_key
from specnet.studies.robustness.design import CLEAN
from specnet.studies.robustness.results import Results, scores

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
    """A run or a recipe less the first one, by one measure: shares of the same images, in [-1, 1].

    Attributes:
        label: of the run or the recipe.
        measure: of what, in words.
        difference, low, high: mean over the images, or over pairs of trials, with the ends of its
            95 % interval.
        p: corrected for all measures of all runs that are told: of images by Bonferroni, of trials
            (Wilcoxon's signed-rank test) by Holm.
        pairs: of trials; None of images.
    """

    label: str
    measure: str
    difference: float
    low: float
    high: float
    p: float
    pairs: int | None = None

    @property
    def real(self) -> bool:
        """Whether it is shown."""
        return self.p < LEVEL


def comparisons(results: Results) -> list[Comparison]:
    """Every run or recipe but the first, by every measure that was taken.

    In pairs of trials where both have two seeds or more in common, in pairs of images where both
    are single runs. Others are not compared: pairs of images say nothing of other trainings.
    """
    taken = [name for name, (study, _) in _MEASURES.items() if study in (CLEAN, *results.names)]
    others = [label for label in results.labels[1:] if label not in _not_compared(results)]
    asked = [(label, measure) for label in others for measure in taken]
    found = [
        (_of_trials if label in results.seeds else _of_images)(results, label, measure)
        for label, measure in asked
    ]
    corrected = holm([each.p for each in found])
    return [
        replace(each, p=min(1.0, len(asked) * each.p) if each.pairs is None else p)
        for each, p in zip(found, corrected, strict=True)
        if p is not None
    ]


def _not_compared(results: Results) -> list[str]:
    """Labels that have too few seeds in common with the first, which has several trials, or not."""
    several = {label for label in results.labels if label in results.seeds}
    return [
        label
        for label in results.labels[1:]
        if {label, results.labels[0]} & several and len(_seeds_of_both(results, label)) < 2
    ]


def _of_images(results: Results, label: str, measure: str) -> Comparison:
    own, first = (_scores(results, each, measure) for each in (label, results.labels[0]))
    p = paired_tests.p_value(own, first)
    return Comparison(label, measure, *paired_tests.difference(own, first), p)


def _of_trials(results: Results, label: str, measure: str) -> Comparison:
    own, first = (
        dict(zip(results.seeds[each], _scores(results, each, measure).mean(axis=1), strict=True))
        for each in (label, results.labels[0])
    )
    found = paired_by_key(own, first)
    assert found is not None  # two seeds or more are in both
    low, high, p = (0.0 if end is None else end for end in (found.low, found.high, found.p))
    return Comparison(label, measure, found.difference, low, high, p, found.pairs)


def _seeds_of_both(results: Results, label: str) -> set[int]:
    own, first = (results.seeds.get(each, ()) for each in (label, results.labels[0]))
    return {*own} & {*first}


def _scores(results: Results, label: str, measure: str) -> np.ndarray:
    """(N,), or (T, N) of a recipe over its trials."""
    study, where = _MEASURES[measure]
    found = results.of(study, label, **where)
    # Not those of strength 0 that corruptions begin with.
    return scores([each for each in found if each.setting.get("strength") != 0])


def fewest_pairs(compared: Sequence[Comparison]) -> int | None:
    """Of trials; None where images are compared, or nothing is."""
    return min((each.pairs for each in compared if each.pairs is not None), default=None)
