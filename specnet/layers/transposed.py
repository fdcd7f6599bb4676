"""The transposed convolution of images: the adjoint of `SpectralConv2D`, for decoders.

B  batch   C  channels   F  filters
h, w  height and width of the input; H, W of the output, s times as large, in pixels

Shapes are those of images; `signal_convolution.py` has the same layer for signals and volumes.
"""

from collections.abc import Mapping
from math import prod
from typing import Any, Literal

from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.image_convolution import ImageConvolution, Size
from specnet.layers.shapes import Shape, check_choice
from specnet.native import operations
from specnet.ops.fourier import irfftn
from specnet.ops.padding import extended_size
from specnet.ops.striding import repeat
from specnet.recipe.ranges import Count

Tensor = Any


@layer("spectral_conv2d_transpose", "Convolutions of images")
class SpectralConv2DTranspose(ImageConvolution):
    """Images s times as large: zeros between the pixels, then a filter in the frequency domain.

    With mixing `full`, the adjoint of the SpectralConv2D that has as its function from channel f to
    filter c what this layer has from c to f: <conv(x), y> = <x, transposed(y)>. The other mixings
    are `full` with shared functions: with `sum` they depend on the output channel alone.

    Args:
        padding: the padding of the convolution that this is the adjoint of; the images that it
            gives repeat (`circular`), or what is beyond their border is cut off (`same`).
        antialias: remove the frequencies above 1 / (2s) cycles/pixel of the output, those that the
            input does not have: a band-limited interpolation instead of zeros.

    Input shape: (B, h, w, C).
    Output shape: (B, s h, s w, F).
    """

    upsamples = True

    def __init__(
        self, filters: Count, padding: Literal["circular", "same"] = "same", **kwargs: Any
    ):
        padding = check_choice("padding", padding, ("circular", "same"))
        super().__init__(filters, padding=padding, **kwargs)

    def whole_size(self, size: Size) -> Size:
        """(P, Q): the size of the extended output."""
        return extended_size(self.padding, self._enlarged(size), self.steps)

    def initial_gain(self) -> float:
        """Zeros between pixels lower the variance by s², what `antialias` removes by s² again."""
        lost = prod(self.steps)
        return float(lost) if self.antialias else lost**0.5

    def filtered(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, h, w, C) -> (B, F, s h, s w), in float32 or float64."""
        own = images.shape[1:-1]
        size = self.whole_size(own)
        coarse = tuple(length // step for length, step in zip(size, self.steps, strict=True))
        spectrum = self.spectrum(images, coarse)
        repeated = ops.stack(repeat(spectrum[:, 0], spectrum[:, 1], coarse, self.steps), axis=1)
        response = self.response(weights, size)
        conjugate = ops.stack([response[0], -response[1]])
        product = self.product(repeated, conjugate)
        kept = map(slice, self._enlarged(own))
        return irfftn(product[:, 0], product[:, 1], size)[..., *kept]

    def looped(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, h, w, C) -> (B, s h, s w, F), in float32."""
        whole = self.whole_size(images.shape[1:3])
        size = whole[0], whole[1]
        functions = self._functions(weights, ops.zeros((0, *size)))
        conjugate = functions * ops.reshape(ops.array([1, -1], functions.dtype), (2, 1, 1, 1))
        height, width = self._enlarged(images.shape[1:3])
        images, depthwise = _with_zeros(images, self.steps), self.mixing == "depthwise"
        return operations().filtered(images, conjugate, size, (height, width), depthwise)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """s pixels for each, with F channels."""
        size = (
            None if length is None else length * step
            for length, step in zip(images[1:-1], self.steps, strict=True)
        )
        return images[0], *size, self.filters

    def _enlarged(self, size: Size) -> Size:
        return tuple(length * step for length, step in zip(size, self.steps, strict=True))


def _with_zeros(images: Tensor, strides: Size) -> Tensor:
    """(B, h, w, C) -> (B, s h, s w, C), with s - 1 zeros after each pixel."""
    (height, width, channels), (down, right) = images.shape[1:], strides
    pixels = ops.reshape(images, (-1, height, 1, width, 1, channels))
    zeros = ((0, 0), (0, 0), (0, down - 1), (0, 0), (0, right - 1), (0, 0))
    return ops.reshape(ops.pad(pixels, zeros), (-1, height * down, width * right, channels))
