"""The global filter of GFNet: a learned weight for each frequency of each channel.

B  batch   C  channels   H, W  height and width of the images, in pixels
V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from specnet import native
from specnet.layers.declaring import layer
from specnet.layers.image_block import ImageBlock, Size, Tensor, Weights
from specnet.layers.shapes import Shape, check_one_or_two, check_positive, pair
from specnet.layers.spectral_layer import maths_dtype
from specnet.ops.compiled import runs_loops
from specnet.ops.flops import Cost, Known, Transform, products
from specnet.ops.fourier import irfft2, rfft2
from specnet.ops.grids import half_width
from specnet.ops.interpolation import interpolate
from specnet.ops.mixing import complex_normal, convolve
from specnet.recipe.ranges import Seed, Sizes


def filtered(images: Tensor, bins: Tensor, size: tuple[int, int]) -> Tensor:
    """A circular convolution of each channel with its own filter.

    Args:
        images: (B, H, W, C), float32 or float64.
        bins: transfer functions (2, C, V, U) of images of `size`; interpolated for others.
        size: height and width in pixels of the images that `bins` are for.

    Returns:
        (B, H, W, C)
    """
    own = images.shape[1:3]
    planes = rfft2(ops.transpose(images, (0, 3, 1, 2)))
    response = ops.stack(interpolate(bins[0], bins[1], size, tuple(own)))
    product = convolve(ops.stack(planes, axis=1), response, "depthwise")
    # Both are Hermitian, and so is the product: there is nothing to project.
    return ops.transpose(irfft2(product[:, 0], product[:, 1], own), (0, 2, 3, 1))


@layer("global_filter", "Blocks of images")
class GlobalFilter(ImageBlock):
    """A learned weight for each frequency of each channel (GFNet, Rao et al. 2021).

    The block of GFNet is a `residual` of `layer_normalization`, `global_filter`,
    `layer_normalization` and two `dense`, the first with gelu; SpectFormer's spectral blocks are
    the same. At the start, white noise keeps its variance but for about 1 / W of it, which columns
    0 and W / 2 lose: weights that mirror each other there are made those of a real filter.

    Args:
        size: height and width in pixels of the images that the weights are for, or one number for
            both; images of other sizes see them interpolated, so that the filter keeps its size in
            pixels. If not given, that of the first images, and no others are taken.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, C).
    """

    def __init__(self, size: Sizes | None = None, seed: Seed | None = None, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.size = size if size is None else check_one_or_two("size", size, check_positive)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; without `size`, images must have this height and width from now on."""
        super().build(input_shape)
        if self.size is None:
            axes = {axis: n for axis, n in enumerate(input_shape) if axis}
            self.input_spec = keras.layers.InputSpec(ndim=4, axes=axes)

    def initial_weights(
        self, rng: np.random.Generator, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """The transfer functions, (2, C, V, U)."""
        height, width = size if self.size is None else pair(self.size)
        if height is None or width is None:
            raise ValueError(
                f"{self.name}: a weight for each bin is of one image size, which is unknown here; "
                "give `size`, or the Input a height and a width"
            )
        self._bound = height, width
        return {"bins": complex_normal(rng, (channels, height, half_width(width)), 1.0)}

    def transfer_functions(self, size: tuple[int, int]) -> np.ndarray:
        """The learned transfer functions (2, C, V, U) for images of (H, W), for looking at."""
        bins = ops.cast(self.bins, maths_dtype(self))
        planes = interpolate(bins[0], bins[1], self._bound, size)
        return ops.convert_to_numpy(ops.stack(planes))

    def mapped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> the same."""
        return filtered(images, weights["bins"], self._bound)

    def takes_loops(self) -> bool:
        """On a CPU, in float32."""
        return self.dtype_policy.name == "float32" and runs_loops() and native.fits()

    def looped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> the same; the loops leave out what filters have that are not real."""
        size, bins = images.shape[1:3], weights["bins"]
        if size != self._bound:
            bins = ops.stack(interpolate(bins[0], bins[1], self._bound, size))
        return native.operations().filtered(images, bins, size, size, depthwise=True)

    def cost(self, before: Known, after: Known) -> Cost:
        """A complex weight for each bin; images go there and back."""
        height, width, channels = before
        bins = height * half_width(width)
        arithmetic = products("depthwise", channels, channels, bins)
        return Cost(arithmetic, (Transform(2 * channels, (height, width)),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "size": self.size}
