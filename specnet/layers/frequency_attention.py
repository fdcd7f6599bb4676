"""Channel attention by cosine transforms (FcaNet).

B  batch   C  channels   H, W  height and width of the images, in pixels
k  frequencies along each axis: 7, or as many as there are pixels
"""

from math import prod
from typing import Any

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.image_block import ImageBlock, Size, Tensor, Weights
from specnet.layers.shapes import check_positive
from specnet.ops.compiled import in_full_precision
from specnet.ops.flops import Cost, Known
from specnet.ops.precision import matmul
from specnet.recipe.ranges import Count, Seed, Terms

# The paper cuts the plane of frequencies into 7 x 7 parts, and takes the lowest of each.
_PARTS = 7
# The order of the authors' code, which then goes on diagonal by diagonal.
_FIRST = [divmod(pair, 10) for pair in (0, 1, 10, 11, 2, 20, 21, 12, 22, 3, 30, 40, 4, 13, 31, 5)]


def cosines(length: int) -> np.ndarray:
    """(k, length): DCT-II along an axis, at the lowest frequency of each of up to 7 equal parts.

    Scaled so that the first is the mean, and noise is as strong at all others.
    """
    frequencies = np.arange(min(_PARTS, length)) * max(1, length // _PARTS)
    waves = np.cos(np.pi / length * np.outer(frequencies, np.arange(length) + 0.5))
    return waves * np.where(frequencies, 2**0.5, 1)[:, None] / length


def lowest_frequencies(count: int, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Up to `count` pairs (vertical, horizontal) of rows of `cosines`, as FcaNet-LF takes them."""
    rows, columns = (min(_PARTS, length) for length in size)
    pairs = [(v, u) for v in range(rows) for u in range(columns)]
    order = {pair: place for place, pair in enumerate(_FIRST)}
    return sorted(pairs, key=lambda pair: (order.get(pair, len(order)), sum(pair), pair))[:count]


def described(images: Tensor, count: int) -> Tensor:
    """One number for each channel: its cosine transform at one of the `count` lowest frequencies.

    The first C / count channels have frequency 0, as global average pooling has, and so on.

    Args:
        images: (B, H, W, C), float32 or float64.
        count: of the frequencies; there are no more than channels, nor than images have.

    Returns:
        (B, C)
    """
    height, width, channels = images.shape[1:]
    frequencies = lowest_frequencies(min(count, channels), (height, width))
    rows, columns = cosines(height), cosines(width)
    chosen = np.zeros((len(rows), len(columns), channels))
    for channel in range(channels):
        chosen[(*frequencies[channel * len(frequencies) // channels], channel)] = 1
    rows, columns, chosen = (ops.cast(each, images.dtype) for each in (rows, columns, chosen))
    with in_full_precision():
        flat = matmul(rows, ops.reshape(images, (-1, height, width * channels)))
        both = matmul(columns, ops.reshape(flat, (-1, width, channels)))
    both = ops.reshape(both, (-1, *chosen.shape))
    return ops.sum(both * chosen, axis=(1, 2))


@layer("frequency_attention", "Blocks of images")
class FrequencyAttention(ImageBlock):
    """Channels weighted by what cosine transforms say of them (FcaNet, Qin et al. 2021).

    Squeeze and excitation, where not all channels are described by their mean: equal groups of
    channels have a frequency each, the lowest ones (the paper's FcaNet-LF, in the order of its
    authors' code), and are described by their cosine transform there. With one it is SE.

    Args:
        lowest: how many frequencies, and groups.
        reduction: channels for each hidden number of the two matrices.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, C).
    """

    def __init__(
        self,
        lowest: Terms = 16,
        reduction: Count = 16,
        seed: Seed | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, **kwargs)
        self.lowest = check_positive("lowest", lowest)
        self.reduction = check_positive("reduction", reduction)

    def initial_weights(
        self, rng: np.random.Generator, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Two matrices, (C, hidden) and (hidden, C)."""
        hidden = self._hidden(channels)
        return {
            "squeeze": rng.normal(0, (2 / channels) ** 0.5, (channels, hidden)),
            "excite": rng.normal(0, hidden**-0.5, (hidden, channels)),
        }

    def mapped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> the same."""
        hidden = ops.relu(matmul(described(images, self.lowest), weights["squeeze"]))
        gates = ops.sigmoid(matmul(hidden, weights["excite"]))
        return images * gates[:, None, None]

    def cost(self, before: Known, after: Known) -> Cost:
        """A wave for each channel, two matrices, and the weighting."""
        channels, hidden = before[2], self._hidden(before[2])
        return Cost(3 * prod(before) + 4 * channels * hidden + hidden + channels)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "lowest": self.lowest,
            "reduction": self.reduction,
        }

    def _hidden(self, channels: int) -> int:
        return max(1, channels // self.reduction)
