"""What pruning did to each run: counts by cut-off, and where the knee of the clean accuracy is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specnet.experiments.robustness.knee import knee
from specnet.experiments.robustness.pruning import UNPRUNED
from specnet.experiments.robustness.results import Results, differ, mean
from specnet.masks import HIGHEST_RADIUS
from specnet.robustness.study import Count, Measured

ATTACKS = {"clean": "clean", "fgsm": "FGSM", "pgd": "PGD", "transfer": "transfer"}
CORRUPTED = "corrupted"


@dataclass(frozen=True)
class Cut:
    """A network at one cut-off.

    Attributes:
        cutoff: in cycles/pixel; `UNPRUNED` for none.
        counts: name of a condition -> how many are right.
    """

    cutoff: float
    counts: dict[str, Count]


def cuts(results: Results, label: str) -> list[Cut]:
    """Rising cut-offs, the network as it is last."""
    found = results.of("prune", label)
    cutoffs = sorted({float(each.setting["cutoff"]) for each in found}, key=lambda c: (not c, c))
    return [
        Cut(cutoff, _counts([each for each in found if each.setting["cutoff"] == cutoff]))
        for cutoff in cutoffs
    ]


def knee_of(made: Sequence[Cut]) -> Cut | None:
    """The cut-off below which clean accuracy falls; None where none is seen to cost anything."""
    lowest, highest = (sorted(made, key=lambda c: c.counts["clean"].right)[i] for i in (0, -1))
    if not differ(lowest.counts["clean"], highest.counts["clean"]):
        return None
    strengths = np.array([each.cutoff or HIGHEST_RADIUS for each in made])
    place = knee(strengths, np.array([each.counts["clean"].share for each in made]))
    return None if place is None or made[place].cutoff == UNPRUNED else made[place]


def _counts(found: Sequence[Measured]) -> dict[str, Count]:
    counts = {
        ATTACKS[str(each.setting["attack"])]: each.count
        for each in found
        if "attack" in each.setting
    }
    corrupted = [each for each in found if "attack" not in each.setting]
    return counts | ({CORRUPTED: mean(corrupted)} if corrupted else {})
