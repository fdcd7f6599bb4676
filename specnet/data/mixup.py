"""Images of a batch mixed with each other, and their labels alike: mixup and cutmix.

mixup (Zhang et al. 2018) takes the mean of two images, weighed by a number from a Beta
distribution; cutmix (Yun et al. 2019) puts a box of one image into the other, and weighs labels by
its area. Both draw once for a batch.

B images of a batch      H height, W width
"""

from typing import NamedTuple

import numpy as np

from specnet.recipe.schema import Augment

# NumPy finds no number between 0 and 1 for the tiniest; from here on down nothing is mixed anyway.
_LEAST_ALPHA = 1e-6


class Mix(NamedTuple):
    """How each image of a batch is mixed with the one before it.

    Both methods take one more than the batch has, in front, which is mixed with none. They work in
    place, and return the batch.

    Attributes:
        share: part of the label that comes from the image before, in [0, 1].
        box: rows and columns that do; None where each pixel is a weighted mean.
    """

    share: float
    box: tuple[slice, slice] | None = None

    def means(self, chain: np.ndarray) -> np.ndarray:
        """Take weighted means of neighbours in float32 (1 + B, ...), such as one-hot labels."""
        share = np.float32(self.share)  # (1 - share) + share is rounded to 1, whatever it is
        for place in reversed(range(1, len(chain))):
            chain[place] = (1 - share) * chain[place] + share * chain[place - 1]
        return chain[1:]

    def images(self, chain: np.ndarray) -> np.ndarray:
        """Mix images (1 + B, H, W, C)."""
        if self.box is None:
            return self.means(chain)
        chain[1:, *self.box] = chain[:-1, *self.box]
        return chain[1:]


def draw_mix(augment: Augment, size: tuple[int, ...], random: np.random.Generator) -> Mix:
    """Draw how to mix a batch of images of `size` (H, W): by mixup, cutmix, or one of the two.

    The sides of a box are those of the image times the root of a number from Beta(alpha, alpha).
    Its centre is anywhere in the image, and what would be outside is left out.
    """
    cuts = bool(augment.cutmix)
    if augment.mixup and augment.cutmix:
        cuts = random.random() < 0.5
    alpha = max(augment.cutmix if cuts else augment.mixup, _LEAST_ALPHA)
    share = random.beta(alpha, alpha)
    if not cuts:
        return Mix(share)
    rows, columns = (_span(length, share, random) for length in size)
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    return Mix(area / (size[0] * size[1]), (rows, columns))


def _span(length: int, share: float, random: np.random.Generator) -> slice:
    """Return a box's pixels along an axis of `length`."""
    side = round(length * share**0.5)
    start = int(random.integers(length)) - side // 2
    return slice(max(start, 0), min(start + side, length))
