"""By how much runs differ, on the same images; and recipes, in pairs of trials with the same seed.

T  trials      N  images
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from specnet.robustness import paired_tests
from specnet.robustness.paired_tests import LEVEL
from specnet.robustness.study import Measured
from specnet.studies.engine.statistics import holm, paired_by_key
from specnet.studies.robustness.design import CLEAN
from specnet.studies.robustness.results import Results, scores

# What is averaged over all its settings: the study, and which of its settings. Of attacks those on
# single pixels, so that all are of the same balls; of shifts those that make a border, where
# circular convolutions have no advantage.
_MEASURES: dict[str, tuple[str, dict[str, Any]]] = {
    "clean accuracy": (CLEAN, {}),
    "accuracy of low-passed images": ("bands", {"band": "low"}),
    "accuracy of high-passed images": ("bands", {"band": "high"}),
    "accuracy under a wave": ("heatmap", {}),
    "accuracy under FGSM": ("attacks", {"attack": "fgsm", "norm": "linf"}),
    "accuracy under PGD": ("attacks", {"attack": "pgd", "norm": "linf"}),
    "accuracy under AutoAttack": ("autoattack", {"attack": "autoattack", "norm": "linf"}),
    "consistency under shifts, reflect border": ("shift", {"border": "reflect"}),
    "accuracy of corrupted images": ("corruptions", {}),
}


@dataclass(frozen=True)
class Comparison:
    """A run or a recipe less the first one, by one measure: shares of the same images, in [-1, 1].

    Attributes:
        label: of the run or the recipe.
        measure: of what, in words; a mean over settings, of attacks over the sizes that it names.
        difference, low, high: mean over the images, or over pairs of trials, with the ends of its
            95 % interval.
        p: of images McNemar's, or of random signs; of trials that of Wilcoxon's signed-rank test.
        pairs: of trials; None of images.
        p_corrected: p after Holm, for all measures of all runs that are told.
    """

    label: str
    measure: str
    difference: float
    low: float
    high: float
    p: float
    pairs: int | None = None
    p_corrected: float = 1.0

    @property
    def real(self) -> bool:
        """Whether it is shown."""
        return self.p_corrected < LEVEL


def comparisons(results: Results) -> list[Comparison]:
    """Every run or recipe but the first, by every measure that was taken.

    In pairs of trials where both have two seeds or more in common, in pairs of images where both
    are single runs. Others are not compared: pairs of images say nothing of other trainings.
    """
    measures = [measure for measure in _MEASURES if _measured(results, results.labels[0], measure)]
    others = [label for label in results.labels[1:] if label not in _not_compared(results)]
    found = [
        (_of_trials if label in results.seeds else _of_images)(results, label, measure)
        for label in others
        for measure in measures
    ]
    corrected = holm([each.p for each in found])
    return [
        replace(each, p_corrected=p)
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
    words = _with_sizes(results, measure)
    return Comparison(label, words, *paired_tests.difference(own, first), p)


def _of_trials(results: Results, label: str, measure: str) -> Comparison:
    own, first = (
        dict(zip(results.seeds[each], _scores(results, each, measure).mean(axis=1), strict=True))
        for each in (label, results.labels[0])
    )
    found = paired_by_key(own, first)
    assert found is not None  # two seeds or more are in both
    assert found.low is not None
    assert found.high is not None
    assert found.p is not None
    words = _with_sizes(results, measure)
    return Comparison(label, words, found.difference, found.low, found.high, found.p, found.pairs)


def _seeds_of_both(results: Results, label: str) -> set[int]:
    own, first = (results.seeds.get(each, ()) for each in (label, results.labels[0]))
    return {*own} & {*first}


def _scores(results: Results, label: str, measure: str) -> np.ndarray:
    """(N,), or (T, N) of a recipe over its trials."""
    return scores(_measured(results, label, measure))


def _measured(results: Results, label: str, measure: str) -> list[Measured]:
    """All that a measure is a mean of; nothing where its study was not made."""
    study, where = _MEASURES[measure]
    if study not in (CLEAN, *results.names):
        return []
    found = results.of(study, label, **where)
    # Not those of strength 0 that corruptions begin with.
    return [each for each in found if each.setting.get("strength") != 0]


def _with_sizes(results: Results, measure: str) -> str:
    """accuracy under PGD, 1 to 8/255; other measures unchanged."""
    found = _measured(results, results.labels[0], measure)
    sizes = [255 * float(each.setting["epsilon"]) for each in found if "epsilon" in each.setting]
    if not sizes:
        return measure
    least = "" if min(sizes) == max(sizes) else f"{min(sizes):.3g} to "
    return f"{measure}, {least}{max(sizes):.3g}/255"


def fewest_pairs(compared: Sequence[Comparison]) -> int | None:
    """Of trials; None where images are compared, or nothing is."""
    return min((each.pairs for each in compared if each.pairs is not None), default=None)
