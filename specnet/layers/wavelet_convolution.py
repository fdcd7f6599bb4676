"""Wavelet convolution (WTConv): small kernels on the bands of a cascade of wavelet transforms.

B  batch   C  channels   H, W  height and width of the images, in pixels
k, l  height and width of the kernels   h, w  those of the bands
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.image_block import ImageBlock, Size, Tensor, Weights
from specnet.layers.shapes import Shape, check_flag, check_one_or_two, check_positive, pair
from specnet.ops.flops import Cost, Known
from specnet.ops.wavelets import band_length, check_wavelet, dwt2, filter_bank, idwt2
from specnet.recipe.ranges import Seed, Sizes, Terms


def convolved_bands(
    images: Tensor, kernels: Sequence[Tensor], scales: Sequence[Tensor], wavelet: str
) -> Tensor:
    """Each band of each level by its own kernel, and back to images.

    Level by level, the low band is split again as it is; on the way back, what comes from below is
    added to the convolved low band.

    Args:
        images: (B, H, W, C), float32 or float64.
        kernels: (k, l, 4C, 1) of each level, bands one after another as in `dwt2`.
        scales: (4C,) of each level.
        wavelet: a name of `pywt.wavelist(kind="discrete")`.

    Returns:
        (B, H, W, C)
    """
    low, levels = images, []
    for kernel, scale in zip(kernels, scales, strict=True):
        bands = dwt2(low, wavelet)
        levels.append((_depthwise(ops.concatenate(bands, -1), kernel) * scale, low.shape[1:3]))
        low = bands[0]
    total = ops.zeros_like(low)
    for convolved, size in reversed(levels):
        ll, lh, hl, hh = ops.split(convolved, 4, axis=-1)
        total = idwt2((ll + total, lh, hl, hh), wavelet, size)
    return total


@layer("wavelet_convolution", "Blocks of images")
class WaveletConvolution(ImageBlock):
    """Small kernels on the bands of a wavelet, so that they reach far (WTConv, Finder et al. 2024).

    A depthwise convolution, plus depthwise convolutions of the bands of `levels` wavelet transforms
    of transforms: a kernel of k pixels reaches k * 2 ** levels pixels. Each has a learned scale,
    which starts at 1 for the image and 0.1 for the bands.

    Args:
        kernel_size: of all kernels: one number of pixels, or two, vertical and horizontal.
        levels: how often the low band is split again; once at least.
        wavelet: a discrete wavelet of PyWavelets: haar, db2, sym4, coif1, bior2.2 and 101 others.
        use_bias: add a learned number to each channel.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, C).
    """

    def __init__(
        self,
        kernel_size: Sizes = 5,
        levels: Terms = 1,
        wavelet: str = "haar",
        use_bias: bool = True,
        seed: Seed | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, **kwargs)
        self.kernel_size = check_one_or_two("kernel_size", kernel_size, check_positive)
        self.levels = check_positive("levels", levels)
        self.wavelet = check_wavelet(wavelet)
        self.use_bias = check_flag("use_bias", use_bias)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is that of images, whose size may be unknown."""
        super().build(input_shape)
        self._apply = self._in_full_precision  # XLA makes small kernels slower on a CPU

    def initial_weights(
        self, rng: np.random.Generator, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Kernels and scales, of the image (`kernel`, `scale`) and of each level (`kernel_1`)."""
        taps = pair(self.kernel_size)

        def drawn(bands: int) -> np.ndarray:
            return rng.normal(0, prod(taps) ** -0.5, (*taps, bands, 1))

        weights = {"kernel": drawn(channels), "scale": np.ones(channels)}
        for level in range(1, self.levels + 1):
            weights[f"kernel_{level}"] = drawn(4 * channels)
            weights[f"scale_{level}"] = np.full(4 * channels, 0.1)
        return weights | ({"bias": np.zeros(channels)} if self.use_bias else {})

    def mapped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> the same."""
        kernels, scales = (
            [weights[f"{name}_{level}"] for level in range(1, self.levels + 1)]
            for name in ("kernel", "scale")
        )
        output = _depthwise(images, weights["kernel"])
        output = (output + weights["bias"] if self.use_bias else output) * weights["scale"]
        return output + convolved_bands(images, kernels, scales, self.wavelet)

    def cost(self, before: Known, after: Known) -> Cost:
        """Kernels and scales for image and bands; two filters an axis, there and back."""
        height, width, channels = before
        taps, filters = prod(pair(self.kernel_size)), len(filter_bank(self.wavelet).low)
        total = (2 * taps + self.use_bias + 2) * prod(before)
        for _ in range(self.levels):
            rows, columns = band_length(height), band_length(width)
            along = 2 * filters * 2 * (height * columns + 2 * rows * columns)
            bands = (2 * taps + 1) * 4 * rows * columns
            total += channels * (2 * along + bands + rows * columns)
            height, width = rows, columns
        return Cost(total - channels * height * width)  # nothing comes from below the last level

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "levels": self.levels,
            "wavelet": self.wavelet,
            "use_bias": self.use_bias,
        }


def _depthwise(images: Tensor, kernel: Tensor) -> Tensor:
    """Zeros beyond the border, channels last whatever Keras's configuration says."""
    return ops.depthwise_conv(images, kernel, padding="same", data_format="channels_last")
