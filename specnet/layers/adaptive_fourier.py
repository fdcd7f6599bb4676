"""The mixer of the adaptive Fourier neural operator (AFNO).

B  batch   C  channels   H, W  height and width of the images, in pixels
k  blocks of the matrices   d  channels of a block: C / k   e  hidden numbers of a block
V, U  bins of a half spectrum: V = H, U = W // 2 + 1
"""

from math import prod
from typing import Any

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.image_block import ImageBlock, Size, Tensor, Weights
from specnet.layers.shapes import check_at_least, check_positive
from specnet.ops.compiled import in_full_precision
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import irfft2, rfft2
from specnet.ops.grids import half_width
from specnet.ops.hermitian import hermitian_projection
from specnet.ops.mixing import complex_normal
from specnet.ops.precision import matmul
from specnet.recipe.ranges import Count, NotNegative, Seed, Terms


def mixed(images: Tensor, weights: Weights, threshold: float) -> Tensor:
    """Two layers of complex matrices at every frequency, one for all, and a soft threshold.

    Args:
        images: (B, H, W, C), float32 or float64.
        weights: `first` (2, k, d, e), `first_bias` (2, k, e), `second` (2, k, e, d) and
            `second_bias` (2, k, d); the two parts come first.
        threshold: what real and imaginary parts are moved towards 0 by, in the scaling `ortho`.

    Returns:
        (B, H, W, C)
    """
    size, channels = images.shape[1:3], images.shape[3]
    blocks, block = weights["first"].shape[1:3]
    planes = rfft2(ops.transpose(images, (0, 3, 1, 2)), "ortho")
    rows, columns = planes[0].shape[2:]
    parts = [ops.reshape(each, (-1, blocks, block, rows, columns)) for each in planes]
    bins = ops.transpose(ops.concatenate(parts, axis=2), (1, 0, 3, 4, 2))
    bins = ops.reshape(bins, (blocks, -1, 2 * block))
    hidden = ops.relu(_complex_dense(bins, weights["first"], weights["first_bias"]))
    bins = _complex_dense(hidden, weights["second"], weights["second_bias"])
    bins = ops.sign(bins) * ops.relu(ops.abs(bins) - threshold)
    bins = ops.reshape(bins, (blocks, -1, rows, columns, 2, block))
    spectrum = ops.transpose(bins, (4, 1, 0, 5, 2, 3))
    spectrum = ops.reshape(spectrum, (2, -1, channels, rows, columns))
    real, imaginary = hermitian_projection(spectrum[0], spectrum[1], size[1])
    return ops.transpose(irfft2(real, imaginary, size, "ortho"), (0, 2, 3, 1))


@layer("adaptive_fourier", "Blocks of images")
class AdaptiveFourier(ImageBlock):
    """Tokens mixed by a small network at every frequency (AFNO, Guibas et al. 2021).

    x + the network of its spectrum: complex matrices in `blocks` blocks, ReLU of both parts, such
    matrices again, and a soft threshold that makes spectra sparse. Frequencies share the network,
    so that it fits every image size. The block of AFNO is that of `global_filter`.

    Args:
        blocks: of the matrices; the channels are a multiple of them. The paper has 8.
        expansion: hidden numbers for each channel.
        threshold: what real and imaginary parts are moved towards 0 by, in the scaling `ortho`,
            where white noise is as strong in frequency as in space.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, C).
    """

    def __init__(
        self,
        blocks: Count = 1,
        expansion: Terms = 1,
        threshold: NotNegative = 0.01,
        seed: Seed | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, **kwargs)
        self.blocks = check_positive("blocks", blocks)
        self.expansion = check_positive("expansion", expansion)
        self.threshold = check_at_least("threshold", threshold, 0)

    def initial_weights(
        self, rng: np.random.Generator, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Matrices that keep the variance of white noise, ReLU between them, and zeros."""
        if channels % self.blocks:
            raise ValueError(
                f"{self.name}: blocks must divide the {channels} channels, found {self.blocks}"
            )
        block = channels // self.blocks
        hidden = block * self.expansion
        return {
            "first": complex_normal(rng, (self.blocks, block, hidden), block**-0.5),
            "first_bias": np.zeros((2, self.blocks, hidden)),
            "second": complex_normal(rng, (self.blocks, hidden, block), (2 / hidden) ** 0.5),
            "second_bias": np.zeros((2, self.blocks, block)),
        }

    def mapped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> the same."""
        return images + mixed(images, weights, self.threshold)

    def cost(self, before: Known, after: Known) -> Cost:
        """Two complex matrices a bin; transforms there and back."""
        height, width, channels = before
        hidden = channels * self.expansion
        matrices = 2 * 8 * channels // self.blocks * hidden
        others = 2 * (2 * hidden + 2 * channels)  # biases, ReLU, threshold
        bins = height * half_width(width)
        transforms = (Transform(2 * channels, (height, width)),)
        return Cost(bins * (matrices + others) + prod(before), transforms)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "blocks": self.blocks,
            "expansion": self.expansion,
            "threshold": self.threshold,
        }


def _complex_dense(x: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """(k, N, 2d) by complex (2, k, d, e) + (2, k, e) -> (k, N, 2e), real parts first.

    As one product of real matrices: programs without complex numbers know it too.
    """
    real, imaginary = weights[0], weights[1]
    above = ops.concatenate([real, imaginary], axis=-1)
    below = ops.concatenate([-imaginary, real], axis=-1)
    shift = ops.concatenate([bias[0], bias[1]], axis=-1)[:, None]
    with in_full_precision():
        return matmul(x, ops.concatenate([above, below], axis=1)) + shift
