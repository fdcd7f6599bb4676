"""A first layer that is not learned: patches of the images, whitened.

The maths is in `specnet.ops.patch_whitening`.

    B  batch   H, W  height and width of the images, in pixels   C  channels
    k, l  height and width of a kernel   D = k l C  numbers under it
"""

from collections.abc import Callable
from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Shape,
    check_at_least,
    check_flag,
    check_image,
    check_one_or_two,
    check_positive,
    pair,
)
from specnet.layers.spectral_layer import ImageLayer, also_of_none
from specnet.ops.flops import Cost, Known
from specnet.ops.patch_whitening import whitening_filters
from specnet.recipe.ranges import NotNegative, Sizes

Tensor = Any

_IMAGES, _PIXELS = 5000, 2**23  # at most, of a training
_AT_ONCE = 64  # images that go through the layers before


@layer("whitening_conv2d", "Convolutions of images")
class WhiteningConv2D(ImageLayer):
    """Principal components of patches with variance 1, and their negatives (Jordan 2024).

    The kernels are not trained, but follow from images (arXiv 2404.00498, section 3.2): a training
    takes some of its own before its first step, in Python `adapt` does. Until then they are the
    pixels of a patch and their negatives. A bias is trained.

    Args:
        kernel_size: height and width of a patch in pixels, or one number for both.
        epsilon: added to each variance before it is divided by.
        use_bias: whether a trained number is added to each output.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, 2 D), zeros around the images as in Conv2D with `padding="same"`.
    """

    def __init__(
        self,
        kernel_size: Sizes = 2,
        epsilon: NotNegative = 5e-4,
        use_bias: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernel_size = check_one_or_two("kernel_size", kernel_size, check_positive)
        self.patch = pair(self.kernel_size)
        self.epsilon = check_at_least("epsilon", epsilon, 0)
        self.use_bias = check_flag("use_bias", use_bias)

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel, of pixels and their negatives, and the bias."""
        channels = self._channels(input_shape)
        axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={axis: channels})
        numbers = self._numbers(channels)

        def pixels(shape: Shape, dtype: str) -> Tensor:
            kernel = _with_negatives(np.eye(numbers).reshape(*self.patch, channels, numbers))
            return ops.convert_to_tensor(kernel, dtype)

        self.kernel = self.add_weight(
            (*self.patch, channels, 2 * numbers),
            initializer=pixels,
            name="kernel",
            autocast=False,
            trainable=False,
        )
        if self.use_bias:
            self.bias = self.add_weight_from("bias", np.zeros(self.kernel.shape[-1]))

    def adapt(self, images: np.ndarray) -> None:
        """Whitens images like these.

        Args:
            images: (N, H, W, C), in the layer's data format; what comes into the layer.

        Raises:
            ValueError: if the images are smaller than a patch, or have other channels than before;
                if there are none, or their numbers are not finite.
        """
        if not len(images) or not np.isfinite(np.sum(images, dtype="float64")):
            found = "numbers that are not" if len(images) else "no images"
            raise ValueError(f"{self.name}: adapt expects images of finite numbers, found {found}")
        if not self.built:
            self.build(images.shape)
        channels, known = self._channels(images.shape), self.kernel.shape[2]
        if channels != known:
            raise ValueError(
                f"{self.name}: adapt takes images of {known} channels, found {channels}"
            )
        if self.data_format == "channels_first":
            images = np.moveaxis(images, 1, -1)
        filters = whitening_filters(images, self.patch, self.epsilon)
        self.kernel.assign(_with_negatives(filters).astype(self.kernel.dtype))

    @property
    def adapted(self) -> bool:
        """Whether the kernel is of images, or was loaded."""
        kernel = ops.convert_to_numpy(ops.cast(self.kernel, "float32"))
        half = kernel.shape[-1] // 2
        return not np.array_equal(kernel[..., :half].reshape(half, half), np.eye(half))

    def computed(self, inputs: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, 2 D)."""
        kernel = ops.cast(self.kernel, inputs.dtype)
        output = also_of_none(
            lambda some: ops.conv(some, kernel, padding="same", data_format="channels_last"), inputs
        )
        return output + ops.cast(self.bias, inputs.dtype) if self.use_bias else output

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """As the input, with 2 D channels."""
        *_, channels = check_image(self, images)
        return *images[:-1], 2 * self._numbers(channels)

    def cost(self, before: Known, after: Known) -> Cost:
        """A product and a sum for each number under each kernel."""
        return Cost(prod(after) * (2 * self._numbers(before[-1]) + self.use_bias))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "epsilon": self.epsilon,
            "use_bias": self.use_bias,
        }

    def _channels(self, images: Shape) -> int:
        """Of images of this shape; ValueError where one is smaller than a patch."""
        *size, channels = check_image(self, images, self.data_format)
        if any(n is not None and n < k for n, k in zip(size, self.patch, strict=True)):
            raise ValueError(
                f"{self.name}: kernel_size is {self.patch}, and the images are of {tuple(size)} "
                "pixels; take a smaller one"
            )
        return channels

    def _numbers(self, channels: int) -> int:
        return prod(self.patch) * channels


def whiten(
    model: keras.Model, images: np.ndarray, normalized: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Gives the whitening layers of a model their kernels, but for those that have one already.

    Args:
        model: built.
        images: (N, H, W, C), of which some from the first to the last are taken: those of a folder
            are in the order of their classes.
        normalized: makes of images what the model sees.
    """
    layers = [each for each in model.layers if isinstance(each, WhiteningConv2D)]
    for each in layers:
        if not each.adapted:
            count = max(min(_IMAGES, _PIXELS // prod(images.shape[1:-1]), len(images)), 1)
            rows = np.linspace(0, len(images) - 1, count).astype(int)
            before = keras.Model(model.input, each.input)
            seen = [
                ops.convert_to_numpy(before(normalized(images[part]), training=False))
                for part in np.array_split(rows, -(-count // _AT_ONCE))
            ]
            each.adapt(np.concatenate(seen))


def _with_negatives(filters: np.ndarray) -> np.ndarray:
    """(k, l, C, D) -> (k, l, C, 2 D)."""
    return np.concatenate([filters, -filters], axis=-1)
