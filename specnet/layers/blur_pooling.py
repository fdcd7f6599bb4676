"""Pooling that is blurred before pixels are left out, so that a shifted image pools alike.

The maths is in `specnet.ops.blurring`.

    B  batch   C  channels
    H, W  height and width of the images, in pixels   h, w  those of the result
"""

from math import prod
from typing import Any

from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Shape,
    check_choice,
    check_image,
    check_one_or_two,
    check_positive,
    pair,
    strided,
)
from specnet.layers.spectral_layer import ImageLayer
from specnet.ops.blurring import blur_matrix
from specnet.ops.flops import Cost, Known
from specnet.ops.resizing import along_axes
from specnet.recipe.ranges import Size, Sizes, Taps

Tensor = Any


@layer("blur_pooling", "Pooling and resampling")
class BlurPooling(ImageLayer):
    """Every s-th pixel of a blurred image, or of its maxima: anti-aliased pooling (Zhang 2019).

    A binomial filter for each axis and channel, with the image reflected at its border, as
    published (arXiv 1904.11486). A constant image stays that constant.

    Args:
        taps: length of the filter, 2 to 7: 2 is the mean of two pixels, 3 weighs them 1, 2, 1.
        strides: one number of pixels, or two, vertical and horizontal.
        max_size: side of the window of a maximum that is taken at every pixel before the blur; 1 is
            none, 2 the paper's MaxBlurPool. Where it reaches beyond the image it has fewer pixels.

    Input shape: (B, H, W, C).
    Output shape: (B, ceil(H / s), ceil(W / s), C).
    """

    keeps_constants = True

    def __init__(self, taps: Taps = 3, strides: Sizes = 2, max_size: Size = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.taps = check_choice("taps", check_positive("taps", taps), range(2, 8))
        self.strides = check_one_or_two("strides", strides, check_positive)
        self.steps = pair(self.strides)
        self.max_size = check_positive("max_size", max_size)

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        check_image(self, input_shape, self.data_format)

    def computed(self, inputs: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, C)."""
        if self.max_size > 1:
            inputs = ops.max_pool(inputs, self.max_size, 1, "same", "channels_last")
        rows, columns = (
            blur_matrix(length, self.taps, step)
            for length, step in zip(inputs.shape[1:3], self.steps, strict=True)
        )
        return along_axes(inputs, rows, columns)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """One pixel in s."""
        return images[0], *strided(images[1:3], self.steps), images[3]

    def cost(self, before: Known, after: Known) -> Cost:
        """Maxima, then the taps down the columns and along the rows that are left."""
        maxima = prod(before) * (self.max_size**2 - 1)
        between = after[0] * before[1] * before[2]
        return Cost(maxima + (2 * self.taps - 1) * (between + prod(after)))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "taps": self.taps,
            "strides": self.strides,
            "max_size": self.max_size,
        }
