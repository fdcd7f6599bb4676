"""Accuracy under attack, against how much an image may change; and what attacks put into spectra.

The study. The attacks are in `gradient_attacks` and `square_attack`, the test that tells hidden
gradients is in `gradient_masking`.

    N  images      H, W  their height and width      C  channels
    V  rows of the half spectrum, U its columns
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
from scipy import fft

from specnet.robustness.classifier import Classifier
from specnet.robustness.gradient_attacks import fgsm, pgd
from specnet.robustness.norms import Ball, Norm
from specnet.robustness.square_attack import square_attack
from specnet.robustness.study import (
    Outcome,
    Setting,
    check_options,
    coarse_first,
    is_size,
    is_whole,
)

EPSILONS = tuple(2.0**power / 255 for power in range(-4, 4))  # from 1/16 to 8 grey levels
_CHANNELS = 3  # of the usual image, where an L2 radius is chosen for a size


def l2_epsilons(size: tuple[int, int], epsilons: tuple[float, ...] = EPSILONS) -> tuple[float, ...]:
    """Radii whose root mean square a number is `epsilons`, at images of `size` (H, W).

    2 / 255 gives what the literature uses: 0.43 at 32 x 32 (0.5 there), 3.0 at 224 x 224.
    """
    numbers = size[0] * size[1] * _CHANNELS
    return tuple(float(f"{epsilon * numbers**0.5:.2g}") for epsilon in epsilons)


@dataclass(frozen=True)
class Attacks:
    """Accuracy under FGSM, PGD and, as checks of these, a square attack and transferred ones.

    Settings have `attack` ("clean", "fgsm", "pgd", "square" or "transfer"), `norm` ("linf" or
    "l2"), `epsilon` (the radius, in units of the pixel range), what the attack is told (`steps`,
    `starts`, `queries`), and of transferred ones the `source`. The clean one has epsilon 0.

    An image counts as right where it is predicted as labelled before the attack and after each
    start of it. Images that are wrong already are not attacked. `sums["spectrum"]`, (V, U), is the
    power spectrum of the changes, a mean over channels, that adds up over the whole plane to the
    mean square of a pixel's change.

    Args:
        linf, l2: radii, 0 or more; of L2, those that `l2_epsilons` makes of `linf` if not given.
        steps: gradients in one start of PGD.
        starts: random starts of PGD; the later ones with the images that are still right.
        searched: radii of `linf` at which there is a square attack too.
        queries: of the square attack.
        sources: other classifiers by name. PGD against each, handed to the one that is measured.
    """

    linf: tuple[float, ...] = EPSILONS
    l2: tuple[float, ...] | None = None
    steps: int = 10
    starts: int = 2
    searched: tuple[float, ...] = EPSILONS[-1:]
    queries: int = 200
    sources: Mapping[str, Classifier] = field(default_factory=dict)
    name: str = "attacks"

    def __post_init__(self) -> None:
        for name, radii in (("linf", self.linf), ("l2", self.l2 or ())):
            check_options(self.name, name, radii, is_size, "radii, 0 or more")
        for name, count, least in (
            ("steps", self.steps, 1),
            ("starts", self.starts, 1),
            ("queries", self.queries, 0),
        ):
            expected = f"a whole number, {least} or more"
            check_options(self.name, name, (count,), partial(is_whole, least=least), expected)

    def settings(self, size: tuple[int, int]) -> list[Setting]:
        """The clean images, and then each attack at each radius: ends and middle first."""
        l2 = l2_epsilons(size, self.linf) if self.l2 is None else self.l2
        radii = [("linf", radius) for radius in coarse_first([*dict.fromkeys(self.linf)])]
        radii += [("l2", radius) for radius in coarse_first([*dict.fromkeys(l2)])]
        attacks = [
            {"attack": attack["attack"], "norm": norm, "epsilon": radius} | attack
            for norm, radius in radii
            for attack in self._attacks(norm, radius)
        ]
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
        right = classifier.predict(images) == labels
        changes = np.zeros_like(images)
        rng = np.random.default_rng(seed)
        for _ in range(int(setting.get("starts", 1))):
            rows = np.flatnonzero(right)
            if setting["attack"] == "clean" or not len(rows):
                break
            attacked = self._attacked(classifier, images[rows], labels[rows], setting, rng)
            changes[rows] = attacked - images[rows]
            right[rows] = classifier.predict(attacked) == labels[rows]
        return Outcome(right, {"spectrum": power_spectrum(changes)})

    def _attacks(self, norm: str, radius: float) -> list[dict[str, Any]]:
        """The arguments of each attack within a ball."""
        ascent = {"steps": self.steps, "starts": self.starts}
        attacks: list[dict[str, Any]] = [{"attack": "fgsm"}, {"attack": "pgd"} | ascent]
        if norm == "linf" and radius in self.searched:
            attacks.append({"attack": "square", "queries": self.queries})
        return attacks + [
            {"attack": "transfer"} | ascent | {"source": source} for source in self.sources
        ]

    def _attacked(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        rng: np.random.Generator,
    ) -> np.ndarray:
        ball = Ball(cast(Norm, setting["norm"]), float(setting["epsilon"]))
        if setting["attack"] == "square":
            return square_attack(classifier, images, labels, ball, int(setting["queries"]), rng)
        if setting["attack"] == "fgsm":
            return fgsm(classifier, images, labels, ball)
        if setting["attack"] == "transfer":
            classifier = self.sources[str(setting["source"])]
        return pgd(classifier, images, labels, ball, int(setting["steps"]), rng=rng)


def power_spectrum(changes: np.ndarray) -> np.ndarray:
    """Of images (N, H, W, C): summed over N, mean over C, float64 (V, U)."""
    spectra = fft.rfft2(changes, axes=(1, 2), norm="forward")
    power = np.einsum("nvuc,nvuc->vu", spectra.real, spectra.real, dtype="float64")
    power += np.einsum("nvuc,nvuc->vu", spectra.imag, spectra.imag, dtype="float64")
    return power / changes.shape[3]
