"""Mixing by a Fourier transform without weights (FNet).

B  batch   C  channels   H, W  height and width of the images, in pixels
"""

from math import prod
from typing import Any, Literal, get_args

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import Shape, check_choice, check_flag, check_image
from specnet.layers.spectral_layer import ImageLayer, maths_dtype
from specnet.ops.compiled import compiled, in_full_precision
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import Norm, rfft2
from specnet.ops.hermitian import whole_plane
from specnet.ops.precision import matmul

Tensor = Any


def real_spectrum(images: Tensor, over_channels: bool, norm: Norm) -> Tensor:
    """The real part of the Fourier transform over rows and columns, and over channels if asked.

    Args:
        images: (B, H, W, C), float32 or float64.
        over_channels: whether the channels are an axis of the transform.
        norm: scaling, as in `numpy.fft.fftn`.

    Returns:
        (B, H, W, C), frequencies in FFT order.
    """
    planes = rfft2(ops.transpose(images, (0, 3, 1, 2)), norm)
    whole = whole_plane(*planes, images.shape[2])
    real, imaginary = (ops.transpose(each, (0, 2, 3, 1)) for each in whole)
    if not over_channels:
        return real
    count = images.shape[3]
    phases = 2 * np.pi / count * (np.outer(np.arange(count), np.arange(count)) % count)
    scale = {"backward": 1.0, "ortho": count**-0.5, "forward": 1 / count}[norm]
    cosines = ops.cast(scale * np.cos(phases), real.dtype)
    sines = ops.cast(scale * np.sin(phases), real.dtype)
    with in_full_precision():
        return matmul(real, cosines) + matmul(imaginary, sines)


@layer("fourier_mixing", "Blocks of images")
class FourierMixing(ImageLayer):
    """The real part of a Fourier transform, in place of attention (FNet, Lee-Thorp et al. 2021).

    It has no weights. The block of FNet is a `residual` of this layer, `layer_normalization`, a
    `residual` of two `dense`, the first with gelu, and `layer_normalization`.

    Args:
        over_channels: also transform along the channels, as the paper does along what is hidden.
        norm: scaling, as in `numpy.fft.fftn`; `backward` is the paper's, and overflows in float16.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, C), frequencies in FFT order.
    """

    def __init__(
        self,
        over_channels: bool = True,
        norm: Literal["backward", "ortho", "forward"] = "ortho",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.over_channels = check_flag("over_channels", over_channels)
        self.norm = check_choice("norm", norm, get_args(Norm))

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        check_image(self, input_shape, self.data_format)
        self._apply = compiled(self._mixed)

    def computed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> the same."""
        return self._apply(images)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """As the input."""
        return tuple(images)

    def cost(self, before: Known, after: Known) -> Cost:
        """A transform of each channel; along the channels, two products with matrices."""
        matrices = (4 * before[2] - 1) * prod(before) if self.over_channels else 0
        return Cost(matrices, (Transform(before[2], (before[0], before[1])),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "over_channels": self.over_channels, "norm": self.norm}

    def _mixed(self, images: Tensor) -> Tensor:
        wide = ops.cast(images, maths_dtype(self))
        return ops.cast(real_spectrum(wide, self.over_channels, self.norm), self.compute_dtype)
