"""What all layers of specnet share: how numbers and images come in, and how they go out.

What a user of any layer meets: unknown arguments, types, sizes, layouts.

    B  batch   C  channels   H, W  height and width of the images, in pixels; what is said of
    images goes for signals (B, T, C) and volumes (B, D, H, W, C) in layers of their rank
"""

import inspect
from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from specnet.layers.shapes import DataFormat, Shape, check_choice, check_input
from specnet.messages import suggest
from specnet.ops.compiled import at_known_size, has_float64
from specnet.recipe.argument_types import advice

Tensor = Any

# What Keras's own base class takes.
_EVERY_LAYER = {"activity_regularizer", "autocast", "dtype", "name", "trainable"}
_SHAPES = {"input_shape", "input_dim"}


class SpectralLayer(keras.layers.Layer):
    """A layer that gives numbers of its compute dtype, whatever it is given; a base class."""

    def __init__(self, **kwargs: Any):
        refuse_unknown(type(self), kwargs)
        super().__init__(**kwargs)
        if not self.compute_dtype.startswith(("float", "bfloat")):
            raise ValueError(
                f"{self.name}: dtype: expected one of real numbers, such as float32 or bfloat16, "
                f"found {self.compute_dtype}"
            )
        if "float64" in (self.compute_dtype, self.variable_dtype) and not has_float64():
            raise ValueError(
                f"{self.name}: JAX would compute in float32 where the dtype says float64; call "
                'jax.config.update("jax_enable_x64", True) first, or use another dtype'
            )

    def computed(self, inputs: Tensor) -> Tensor:
        """What the layer gives, of inputs in its compute dtype and of known size."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def call(self, inputs: Tensor) -> Tensor:
        """What `computed` gives, in the compute dtype."""
        return self.result_of(self.computed, inputs)

    def result_of(self, function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
        """A function of the inputs, taken and given in the compute dtype: integers are numbers.

        ValueError where they are not of a shape that the layer takes, also once it is built.
        """
        kind = keras.backend.standardize_dtype(inputs.dtype)
        if kind.startswith("complex"):
            raise ValueError(
                f"{self.name} expects real numbers, found {kind}; spectra are real, "
                "(batch, 2, channels, height, width // 2 + 1)"
            )

        def checked(known: Tensor) -> Tensor:
            self.compute_output_shape(tuple(known.shape))  # which checks the shape
            return ops.cast(function(known), self.compute_dtype)

        return at_known_size(self, checked, ops.cast(inputs, self.compute_dtype))

    def add_weight_from(self, name: str, start: Any, **options: Any) -> keras.Variable:
        """A weight that starts at these numbers, and is never rounded before it is used.

        The maths is done in the variables' own precision, also under a mixed policy.
        """
        return self.add_weight(
            np.shape(start),
            initializer=lambda shape, dtype: ops.convert_to_tensor(start, dtype),
            name=name,
            autocast=False,
            **options,
        )


class ImageLayer(SpectralLayer):
    """A layer of images to images; a base class. Its kinds compute with channels last.

    Args:
        data_format: `channels_last`: (B, ..., C), of images (B, H, W, C). `channels_first`:
            (B, C, ...). What `keras.config.image_data_format()` says if not given.
    """

    # Axes of what comes in: 1 of signals, 2 of images, 3 of volumes.
    dimensions = 2
    # Whether a constant image becomes the same constant, channel by channel.
    keeps_constants = False

    def __init__(
        self, data_format: Literal["channels_last", "channels_first"] | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)

    def shape_of(self, images: Shape) -> Shape:
        """(B, H, W, C) of images of this shape, or of spectra; those are their own matter."""
        return last(images, self.data_format, self.dimensions)

    def size_of(self, images: Shape) -> tuple[int | None, ...]:
        """(H, W) of images of this shape, None where unknown; ValueError if they are none."""
        return check_input(self, images, self.data_format, self.dimensions)[0]

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """(B, H, W, C) -> (B, h, w, F)."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As `result_shape`, in the layer's data format."""
        self.size_of(input_shape)
        output = self.result_shape(self.shape_of(input_shape))
        return given(output, self.data_format, self.dimensions)

    def call(self, images: Tensor) -> Tensor:
        """What `computed` gives, in the layer's data format."""
        whole = not keras.backend.is_float_dtype(keras.backend.standardize_dtype(images.dtype))
        exact = whole and self.keeps_constants
        return self.result_of(self._about_a_pixel if exact else self.in_its_format, images)

    def _about_a_pixel(self, images: Tensor) -> Tensor:
        """Constant images of whole numbers stay to the last bit, as those of zeros do."""
        one = (slice(1),) * self.dimensions
        pixel = images[:, *one] if self.data_format == "channels_last" else images[..., *one]
        return self.in_its_format(images - pixel) + pixel

    def in_its_format(self, images: Tensor) -> Tensor:
        """What `computed` gives, in the layer's data format; spectra have but one."""
        first, images_have = self.data_format == "channels_first", self.dimensions + 2
        if first and len(images.shape) == images_have:
            images = channels_behind(images)
        output = self.computed(images)
        return channels_ahead(output) if first and len(output.shape) == images_have else output

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "data_format": self.data_format}


def check_data_format(value: Any) -> DataFormat:
    """A data format of Keras: the one given, or that of its configuration."""
    if value is None:
        return keras.config.image_data_format()
    return check_choice("data_format", value, ("channels_last", "channels_first"))


def channels_ahead(images: Tensor) -> Tensor:
    """(B, H, W, C) -> (B, C, H, W), and the like of signals and volumes."""
    axes = len(images.shape)
    return ops.transpose(images, (0, axes - 1, *range(1, axes - 1)))


def sum_of_channels(images: Tensor) -> Tensor:
    """(B, H, W, C) -> (B, H, W), and the like of signals and volumes.

    Few channels one by one: TensorFlow's own sum over numbers next to each other takes three times
    as long, of three channels a tenth of a training step of the paper's networks.
    """
    channels = images.shape[-1]
    if channels > 4:
        return ops.sum(images, axis=-1)
    return reduce(add, (images[..., channel] for channel in range(channels)))


def channels_behind(images: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W, C), and the like of signals and volumes."""
    return ops.transpose(images, (0, *range(2, len(images.shape)), 1))


def also_of_none(function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """function(images), by way of one image where there are none, with gradients of 0.

    TensorFlow's convolutions by oneDNN give as many channels of no images as they take.
    """
    if images.shape[0] != 0:
        return function(images)
    one = ops.pad(images, [(0, 1)] + [(0, 0)] * (len(images.shape) - 1))
    return function(one)[:0]


def last(shape: Shape, data_format: DataFormat, rank: int = 2) -> Shape:
    """(B, H, W, C) of a shape in this format; others than of images stay."""
    if data_format == "channels_last" or len(shape) != rank + 2:
        return shape
    return shape[0], *shape[2:], shape[1]


def given(
    shape: tuple[int | None, ...], data_format: DataFormat, rank: int = 2
) -> tuple[int | None, ...]:
    """A shape (B, H, W, C) in this format; others than of images stay."""
    if data_format == "channels_last" or len(shape) != rank + 2:
        return shape
    return shape[0], shape[-1], *shape[1:-1]


def maths_dtype(layer: keras.layers.Layer) -> str:
    """In what a layer computes: float64 under a policy of float64, float32 under all others."""
    return "float64" if layer.compute_dtype == "float64" else "float32"


def refuse_unknown(layer: type, arguments: Mapping[str, Any], *settled: str) -> None:
    """Raises ValueError in our own words, with what to do; Keras would name the argument alone.

    Args:
        layer: the class that has `arguments` by name.
        arguments: what is left of them for its base class.
        settled: arguments of the base class that this class has chosen itself.
    """
    known = {name for kind in layer.__mro__ for name in _arguments(kind)} - {*settled}
    known |= _EVERY_LAYER
    problems = [
        f"{layer.__name__}: unknown argument {name!r}"
        + (advice(name) or suggest(name, sorted(known), otherwise="; it has no such thing"))
        for name in arguments
        if name not in known | _SHAPES
    ]
    if problems:
        raise ValueError("; ".join(problems))


def _arguments(kind: type) -> list[str]:
    if kind.__module__.partition(".")[0] not in ("specnet", "keras"):
        return []
    parameters = inspect.signature(kind).parameters.values()
    return [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
