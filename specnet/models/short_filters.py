"""Spectral convolutions of images as ordinary ones: the middle of their impulse responses.

C  channels   F  filters   k  height and width of the kernel, in pixels, odd
P, Q  height and width at which a layer filters; beyond them its impulse response repeats
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from specnet.errors import UsageError
from specnet.layers import SpectralConv2D
from specnet.ops.fourier import irfft2

Layer = Any  # of Keras
CONVERTED = ("circular", "same")  # paddings that an ordinary convolution can have too


@dataclass(frozen=True)
class Shortened:
    """What a kernel has of its layer's filters: the share of their energy inside the window."""

    layer: str
    energy: float


def as_conv2d(model: keras.Model, size: int) -> tuple[keras.Model, list[Shortened]]:
    """The model with ordinary convolutions of `size` x `size` pixels, and what they leave.

    Raises:
        UsageError: where a window is larger than a layer's images, or no layer can be converted.
    """
    pairs: list[tuple[Layer, Layer]] = []

    def counterpart(layer: Layer) -> Layer:
        made = (
            _conv2d(layer, size) if _applies(layer) else type(layer).from_config(layer.get_config())
        )
        pairs.append((layer, made))
        return made

    converted = keras.models.clone_model(model, clone_function=counterpart, recursive=True)
    found = []
    for old, new in pairs:
        if not _applies(old):
            new.set_weights(old.get_weights())
            continue
        kernel, energy = shortened(old, size)
        bias = [keras.ops.convert_to_numpy(old.bias)] if old.use_bias else []
        new.set_weights([kernel, *bias])
        found.append(Shortened(old.name, energy))
    if not found:
        raise UsageError(f"--as-conv2d: {_nothing(model)}")
    return converted, found


def shortened(layer: SpectralConv2D, size: int) -> tuple[np.ndarray, float]:
    """The kernel (k, k, C, F) of a layer, and the share of the filters' energy that is in it."""
    height, width, channels = layer.input.shape[1:]
    whole = layer.whole_size((height, width))
    if size % 2 == 0 or size < 1 or size > min(height, width):
        raise UsageError(
            f"--as-conv2d: expected an odd number of pixels from 1 to {min(height, width)}, the "
            f"smaller side of the images at {layer.name}, found {size}"
        )
    functions = layer.response(layer.convolution.wide_weights(), whole)
    impulses = keras.ops.convert_to_numpy(irfft2(functions[0], functions[1], whole))
    # Conv2D turns its kernel around: pixel j of it meets what lies j - k // 2 further.
    offsets = size // 2 - np.arange(size)
    window = impulses[:, offsets[:, None], offsets]
    energy = float(np.square(window).sum() / np.square(impulses).sum())
    return _by_channels(window, layer.mixing, channels, layer.filters), energy


def _by_channels(window: np.ndarray, mixing: str, channels: int, filters: int) -> np.ndarray:
    """(K, k, k) functions -> (k, k, C, F): which channel meets which function."""
    kernel = np.zeros((channels, filters, *window.shape[1:]), window.dtype)
    if mixing == "full":
        kernel[:] = window.reshape(kernel.shape)
    elif mixing == "sum":
        kernel[:] = window
    else:  # depthwise
        numbers = np.arange(filters)
        kernel[numbers // (filters // channels), numbers] = window
    return kernel.transpose(2, 3, 0, 1)


def _applies(layer: Layer) -> bool:
    return type(layer) is SpectralConv2D and layer.padding in CONVERTED and layer.groups == 1


def _conv2d(layer: SpectralConv2D, size: int) -> keras.Model:
    """Layers of Keras alone: what lies beyond the border, then a convolution."""
    images = keras.Input(layer.input.shape[1:])
    margin = size // 2
    if layer.padding == "circular":
        around = _wrapped(_wrapped(images, 1, margin), 2, margin)
    else:
        around = keras.layers.ZeroPadding2D(margin)(images)
    convolution = keras.layers.Conv2D(
        layer.filters,
        size,
        strides=layer.steps,
        use_bias=layer.use_bias,
        activation=layer.activation,
        name=layer.name,  # one that Keras numbers may be that of another layer of the model
    )
    return keras.Model(images, convolution(around), name=layer.name)


def _wrapped(images: Any, axis: int, margin: int) -> Any:
    """Images (B, H, W, C) between the `margin` rows, or columns, that come before and after them
    where they repeat."""
    if margin == 0:
        return images
    rest = images.shape[axis] - margin
    none = (0, 0)
    cuts = (
        (((rest, 0), none), ((0, rest), none))
        if axis == 1
        else ((none, (rest, 0)), (none, (0, rest)))
    )
    last, first = (keras.layers.Cropping2D(cut)(images) for cut in cuts)
    return keras.layers.Concatenate(axis)([last, images, first])


def _nothing(model: keras.Model) -> str:
    found = [
        f"{layer.name} (padding {layer.padding}, groups {layer.groups})"
        for layer in model.layers
        if type(layer) is SpectralConv2D
    ]
    return (
        "only spectral_conv2d with padding circular or same and groups 1 becomes an ordinary "
        f"convolution; found {', '.join(found) or 'no spectral_conv2d'}"
    )
