"""The study of pruning: each cut-off of a low pass, under attacks and corruptions.

N  images      H, W  their height and width      C  channels
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from specnet.data import Normalization
from specnet.robustness.attack_study import Attacks
from specnet.robustness.classifier import Classifier
from specnet.robustness.corruption_study import Corruptions
from specnet.robustness.study import Outcome, Setting, coarse_first
from specnet.workflow import Pruning

EPSILON = 1 / 255
UNPRUNED = 0.0
"""The cut-off that stands for none at all."""
_OWN = ("cutoff", "behind")


@dataclass(frozen=True, eq=False)
class Prune:
    """Accuracy of a network behind or before a low pass: clean, FGSM, PGD, transferred, corrupted.

    Settings have `cutoff` (cycles/pixel; 0 is the network as it is), `behind` (the layer, or
    "input"), and then what `Attacks` or `Corruptions` have. The attacks go through the low pass.
    What is transferred is made on the network without it: where that does more than the attack
    through the low pass, gradients are hidden.

    Args:
        pruning: the run, and where the low pass goes.
        normalization: of the run.
        whole: the network as it is.
        cutoffs: in cycles/pixel, rising.
        strength: of the corruptions.
    """

    pruning: Pruning
    normalization: Normalization
    whole: Classifier
    cutoffs: tuple[float, ...]
    strength: int = 3
    name: str = "prune"
    _made: dict[float, Classifier] = field(default_factory=dict, repr=False)

    def settings(self, size: tuple[int, int]) -> Sequence[Setting]:
        """The network as it is, then each cut-off: ends and middle first."""
        conditions = [*self._attacks().settings(size), *self._corruptions().settings(size)]
        behind = self.pruning.layer or "input"
        return [
            {"cutoff": cutoff, "behind": behind, **condition}
            for cutoff in (UNPRUNED, *coarse_first(self.cutoffs))
            for condition in conditions
            if (cutoff or condition.get("attack") != "transfer")
            and condition.get("corruption") != "clean"  # the attacks have that already
        ]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`; whatever `classifier` is, the pruned one is measured."""
        pruned = self._pruned(float(setting["cutoff"]))
        condition = {key: value for key, value in setting.items() if key not in _OWN}
        study = self._attacks() if "attack" in condition else self._corruptions()
        outcome = study.measure(pruned, images, labels, condition, seed)
        return Outcome(outcome.right)  # without spectra: they are many

    def _attacks(self) -> Attacks:
        return Attacks(
            linf=(EPSILON,), l2=(), starts=1, queries=0, sources={"unpruned": self.whole}
        )

    def _corruptions(self) -> Corruptions:
        return Corruptions(strengths=(self.strength,))

    def _pruned(self, cutoff: float) -> Classifier:
        if cutoff == UNPRUNED:
            return self.whole
        if cutoff not in self._made:
            model, whole = self.pruning.model(cutoff), self.whole
            self._made[cutoff] = Classifier.normalized(
                model, self.normalization, whole.batch_size, whole.check
            )
        return self._made[cutoff]
