"""Whether a prediction stays the same when the image is shifted by a few pixels.

N  images      H, W  their height and width      C  channels
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.study import Outcome, Setting, check_options, coarse_first, is_whole

Border = Literal["reflect", "circular"]


@dataclass(frozen=True)
class Shift:
    """Shift consistency: the share of images predicted the same, shifted and not.

    After Zhang 2019 (arXiv 1904.11486), who compares two crops of a larger image. Networks here may
    take one size only, so what moves in at the border is made up. Settings have `pixels`, the
    larger of the two components of the shift, whose direction is drawn for each image, and
    `border`: "reflect", images as in a mirror at the border, or "circular", what left on one side
    comes back on the other; then circular convolutions and pooling at a stride that divides the
    shift lose nothing.

    Args:
        pixels: 0 or more, less than the images are high and wide.
        borders: of these, those that are measured.
    """

    pixels: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
    borders: tuple[Border, ...] = ("reflect", "circular")
    name: str = "shift"

    def __post_init__(self) -> None:
        check_options(self.name, "pixels", self.pixels, is_whole, "whole numbers, 0 or more")
        known = get_args(Border)
        check_options(self.name, "borders", self.borders, known.__contains__, " or ".join(known))

    def settings(self, size: tuple[int, int]) -> list[Setting]:
        """Each border at each shift that the images allow: ends and middle first."""
        possible = [pixels for pixels in self.pixels if pixels < min(size)]
        return [
            {"pixels": pixels, "border": border}
            for pixels in coarse_first(possible)
            for border in self.borders
        ]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`; here, right is what is predicted as the image that was not shifted."""
        rng = np.random.default_rng(seed)
        shifts = random_shifts(int(setting["pixels"]), len(images), rng)
        moved = shifted(images, shifts, "reflect" if setting["border"] == "reflect" else "circular")
        return Outcome(classifier.predict(moved) == classifier.predict(images))


def random_shifts(pixels: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Evenly drawn from the square ring on which the larger component is `pixels`: (count, 2)."""
    square = np.mgrid[-pixels : pixels + 1, -pixels : pixels + 1].reshape(2, -1).T
    ring = square[np.abs(square).max(axis=1) == pixels]
    return ring[rng.integers(0, len(ring), count)]


def shifted(images: np.ndarray, shifts: np.ndarray, border: Border) -> np.ndarray:
    """Images (N, H, W, C), each moved down and right by its row of `shifts`, int (N, 2)."""
    rows, columns = (
        _sources(length, shifts[:, axis], border) for axis, length in enumerate(images.shape[1:3])
    )
    return images[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def _sources(length: int, shifts: np.ndarray, border: Border) -> np.ndarray:
    """Where the pixels of an axis come from, (N, length)."""
    places = np.arange(length) - shifts[:, None]
    if border == "circular":
        return places % length
    period = max(2 * length - 2, 1)  # the pixel at the border is not repeated
    places = places % period
    return np.minimum(places, period - places)
