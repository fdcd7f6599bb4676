"""Accuracy under AutoAttack: four attacks in turn, each on what the ones before left right.

Croce & Hein 2020 (arXiv 2003.01690), section 5, in its standard form. The attacks are in
`auto_pgd`, `boundary_attack` and `square_attack`; they are this project's own, written from the
papers, and are not run against the authors' package.

    N  images      H, W  their height and width      C  channels      K  classes      T  targets
    V  rows of the half spectrum, U its columns
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np

from specnet.robustness.attack_study import EPSILONS, l2_epsilons, power_spectrum
from specnet.robustness.auto_pgd import auto_pgd
from specnet.robustness.boundary_attack import boundary_attack
from specnet.robustness.classifier import Classifier
from specnet.robustness.norms import Ball, Norm
from specnet.robustness.square_attack import square_attack
from specnet.robustness.study import Outcome, Setting, check_options, is_size, is_whole

STEPS, QUERIES = 100, 5000  # as in the paper
TARGETS = 9  # of which each attack that takes one tries at most so many, as in the paper
ATTACKS = ("APGD-CE", "APGD-T", "FAB-T", "square")  # in their order
_FIRST_SHARE = 0.8  # of the image, that the first squares cover: as in AutoAttack
_TWO_LEVELS = EPSILONS.index(2 / 255)

# From a classifier, images (N, H, W, C), labels (N,) and targets (N, T) to images.
_Attack = Callable[[Classifier, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class AutoAttack:
    """Accuracy under AutoAttack.

    Settings have `attack` ("clean" or "autoattack"), `norm` ("linf" or "l2"), `epsilon` (the
    radius, in units of the pixel range), and what the attacks are told (`steps`, `queries`). The
    clean one has epsilon 0.

    An image counts as right where it is predicted as labelled before and after all attacks: APGD on
    the cross-entropy, APGD on the targeted ratio of differences of logits, FAB, and the square
    attack. The two in the middle try the T = min(K - 1, 9) classes next in score, one by one. With
    fewer than four classes there is no such ratio; the plain difference of the two scores stands in
    for it. `sums["fallen"]`, (4,), is how many images each of `ATTACKS` fooled, and
    `sums["spectrum"]`, (V, U), is that of `Attacks`: of the changes that fooled the classifier.

    Args:
        linf, l2: radii, 0 or more; of L2, the one of `l2_epsilons` that stands for 2 / 255 if not
            given.
        steps: gradients of APGD and of FAB, for each target.
        queries: of the square attack.

    Raises:
        UsageError: where these are something else.
    """

    linf: tuple[float, ...] = (1 / 255, 8 / 255)
    l2: tuple[float, ...] | None = None
    steps: int = STEPS
    queries: int = QUERIES
    name: str = "autoattack"

    def __post_init__(self) -> None:
        for name, radii in (("linf", self.linf), ("l2", self.l2 or ())):
            check_options(self.name, name, radii, is_size, "radii, 0 or more")
        for name, count, least in (("steps", self.steps, 1), ("queries", self.queries, 0)):
            expected = f"a whole number, {least} or more"
            check_options(self.name, name, (count,), partial(is_whole, least=least), expected)

    def settings(self, size: tuple[int, int]) -> list[Setting]:
        """The clean images, and then each radius."""
        l2 = (l2_epsilons(size)[_TWO_LEVELS],) if self.l2 is None else self.l2
        radii = [("linf", radius) for radius in self.linf] + [("l2", radius) for radius in l2]
        attacks: list[Setting] = [
            {
                "attack": "autoattack", "norm": norm, "epsilon": radius,
                "steps": self.steps, "queries": self.queries,
            }
            for norm, radius in radii
        ]  # fmt: skip
        return [{"attack": "clean", "norm": "linf", "epsilon": 0.0}, *attacks]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`."""
        scores = classifier.scores(images)
        right = scores.argmax(axis=1) == labels
        changes, fallen = np.zeros_like(images), np.zeros(len(ATTACKS))
        if setting["attack"] == "clean":
            return Outcome(right, {"fallen": fallen, "spectrum": power_spectrum(changes)})
        targets = _targets(scores, labels)
        for name, attack in _attacks(setting, targets.shape[1], seed):
            rows = np.flatnonzero(right)
            if not len(rows):
                break
            few = len(rows) <= classifier.batch_size // 8
            asked = classifier.for_few if few else classifier
            attacked = attack(asked, images[rows], labels[rows], targets[rows])
            fooled = classifier.predict(attacked) != labels[rows]
            changes[rows[fooled]] = (attacked - images[rows])[fooled]
            right[rows[fooled]] = False
            fallen[ATTACKS.index(name)] += fooled.sum()
        return Outcome(right, {"fallen": fallen, "spectrum": power_spectrum(changes)})


def _targets(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The wrong classes of the largest scores (N, K), the largest first: int (N, T)."""
    wrong = scores.copy()
    wrong[np.arange(len(labels)), labels] = -np.inf
    return np.argsort(-wrong, axis=1, kind="stable")[:, : min(scores.shape[1] - 1, TARGETS)]


def _attacks(setting: Setting, targets: int, seed: int) -> Iterator[tuple[str, _Attack]]:
    """Each attack with its name in `ATTACKS`; those that take a target, for each of them."""
    ball = Ball(cast(Norm, setting["norm"]), float(setting["epsilon"]))
    steps, queries = int(setting["steps"]), int(setting["queries"])
    rng = np.random.default_rng(seed)
    ranks = range(targets)
    yield "APGD-CE", lambda c, x, y, t: auto_pgd(c, x, y, ball, steps, rng=rng)
    yield from (("APGD-T", partial(_apgd, rank, ball, steps, rng)) for rank in ranks)
    yield from (("FAB-T", partial(_fab, rank, ball, steps)) for rank in ranks)
    if queries:
        yield "square", lambda c, x, y, t: square_attack(c, x, y, ball, queries, rng, _FIRST_SHARE)


def _apgd(
    rank: int,
    ball: Ball,
    steps: int,
    rng: np.random.Generator,
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    targets: np.ndarray,
) -> np.ndarray:
    return auto_pgd(classifier, images, labels, ball, steps, targets[:, rank], rng)


def _fab(
    rank: int,
    ball: Ball,
    steps: int,
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    targets: np.ndarray,
) -> np.ndarray:
    found = boundary_attack(classifier, images, labels, targets[:, rank], ball, steps)
    return ball.project(found, images)  # what was found beyond the ball may fool within it too
