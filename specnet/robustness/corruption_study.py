"""Accuracy on corrupted images, by corruption and strength.

N  images      H, W  their height and width      C  channels
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.corrupting import CORRUPTIONS, corrupted
from specnet.robustness.study import Outcome, Setting, check_options, coarse_first, is_whole


@dataclass(frozen=True)
class Corruptions:
    """Accuracy under the corruptions of Hendrycks & Dietterich 2019 (arXiv 1903.12261).

    Settings have `corruption` and `strength`; the first is "clean" at strength 0.

    Args:
        corruptions: names of `corrupting.CORRUPTIONS`.
        strengths: 1 to 5.
    """

    corruptions: tuple[str, ...] = tuple(CORRUPTIONS)
    strengths: tuple[int, ...] = (1, 2, 3, 4, 5)
    name: str = "corruptions"

    def __post_init__(self) -> None:
        kinds, known = self.corruptions, ", ".join(CORRUPTIONS)
        check_options(self.name, "corruptions", kinds, CORRUPTIONS.__contains__, f"one of {known}")
        allowed = partial(is_whole, least=1, most=5)
        check_options(self.name, "strengths", self.strengths, allowed, "whole numbers, 1 to 5")

    def settings(self, size: tuple[int, int]) -> list[Setting]:
        """The clean images, then all corruptions at each strength: ends and middle first."""
        corrupted: list[Setting] = [
            {"corruption": corruption, "strength": strength}
            for strength in coarse_first(self.strengths)
            for corruption in self.corruptions
        ]
        return [{"corruption": "clean", "strength": 0}, *corrupted]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`."""
        shown, rng = images, np.random.default_rng(seed)
        if setting["corruption"] != "clean":
            name, strength = str(setting["corruption"]), int(setting["strength"])
            shown = corrupted(images, name, strength, rng)
        return Outcome(classifier.predict(shown) == labels)
