"""What pruning did to each run: scores by cut-off, and where the knee of the clean accuracy is.

T  trials      N  images
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specnet.ops.masks import HIGHEST_RADIUS
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.over_trials import as_count
from specnet.studies.robustness.pruning import UNPRUNED
from specnet.studies.robustness.results import Results, differ, scores

ATTACKS = {"clean": "clean", "fgsm": "FGSM", "pgd": "PGD", "transfer": "transfer"}
CORRUPTED = "corrupted"


@dataclass(frozen=True)
class Cut:
    """A network at one cut-off.

    Attributes:
        cutoff: in cycles/pixel; `UNPRUNED` for none.
        scores: name of a condition -> how often each image is right, (N,) or (T, N).
    """

    cutoff: float
    scores: dict[str, np.ndarray]

    def count(self, condition: str) -> Count | None:
        """How many are right under a condition, if it was measured."""
        return as_count(self.scores[condition]) if condition in self.scores else None


def cuts(results: Results, label: str) -> list[Cut]:
    """Rising cut-offs, the network as it is last."""
    found = results.of("prune", label)
    cutoffs = sorted({float(each.setting["cutoff"]) for each in found}, key=lambda c: (not c, c))
    return [
        Cut(cutoff, _scores([each for each in found if each.setting["cutoff"] == cutoff]))
        for cutoff in cutoffs
    ]


def knee_of(made: Sequence[Cut]) -> Cut | None:
    """The cut-off below which clean accuracy falls; None where none is seen to cost anything."""
    clean = [each.scores["clean"] for each in made]
    lowest, *_, highest = sorted(clean, key=np.sum)
    if not differ(lowest, highest, math.comb(len(made), 2)):
        return None
    strengths = np.array([each.cutoff or HIGHEST_RADIUS for each in made])
    place = knee(strengths, np.array([each.mean() for each in clean]))
    return None if place is None or made[place].cutoff == UNPRUNED else made[place]


def _scores(found: Sequence[Measured]) -> dict[str, np.ndarray]:
    attacked = {
        ATTACKS[str(each.setting["attack"])]: scores([each])
        for each in found
        if "attack" in each.setting
    }
    corrupted = [each for each in found if "attack" not in each.setting]
    return attacked | ({CORRUPTED: scores(corrupted)} if corrupted else {})


def knee(strengths: np.ndarray, values: np.ndarray) -> int | None:
    """The point of a rising curve that is farthest above the line between its ends.

    Satopää et al. 2011 ("Finding a kneedle in a haystack") for a curve made monotonic first: each
    value is the largest so far, so that noise makes no knees.

    Args:
        strengths: (S,), rising.
        values: (S,).

    Returns:
        Its place; None where the curve does not rise, or nowhere is above the line.
    """
    rising = np.maximum.accumulate(values)
    if len(values) < 3 or rising[-1] <= rising[0]:
        return None
    across = (strengths - strengths[0]) / (strengths[-1] - strengths[0])
    up = (rising - rising[0]) / (rising[-1] - rising[0])
    place = int(np.argmax(up - across))
    return place if up[place] > across[place] else None
