"""The filters of a layer as plain arrays, whatever kind of layer it is.

For each kind of layer, where its transfer functions are and at what size. What is done with them is
in `frequency_plane.py` and `measures.py`.

    C  channels   F  filters   K  transfer functions (F, or C * F where each pair has its own)
    H, W  height and width of the images that are filtered, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.analysis.captions import captions
from specnet.analysis.frequency_plane import Size
from specnet.analysis.kernels import impulse_kernel, kernel_response
from specnet.analysis.learned import learned_by
from specnet.layers import (
    GlobalFilter,
    ImageConvolution,
    LearnedSpectralPooling,
    SpectralConv2DTranspose,
    SpectralConvolution,
)
from specnet.layers.pass_bands import PassBand
from specnet.layers.spatial import TRANSPOSED
from specnet.layers.spectral_layer import ImageLayer
from specnet.ops.grids import full_width, half_width
from specnet.ops.resampling import stride_gains, strided_size


@dataclass(frozen=True)
class Filters:
    """Transfer functions of one layer.

    Attributes:
        layer: its name.
        kind: the class that owns the functions, such as `GaussianConvolution`.
        response: complex (K, V, U), what the layer multiplies half spectra by.
        size: (H, W) of the images that the spectra belong to, with what padding adds.
        images: height and width of the images that come in, without it.
        total: functions of the layer; K may be fewer.
        labels: K names, such as `filter 3` or `channel 0 → filter 3`.
        captions: for each function what it learned in the field's units, a line a part; or nothing.
        cutoffs: learned or given cut-off frequencies, in cycles/pixel.
    """

    layer: str
    kind: str
    response: np.ndarray
    size: Size
    images: Size
    total: int
    labels: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]
    cutoffs: tuple[float, ...]


@dataclass(frozen=True)
class _Found:
    """The functions of a layer, complex (K, V, U), and how they meet its channels: `pairs` (C, F)
    if each pair has its own, and None if they are numbered by filter."""

    response: np.ndarray
    size: Size
    pairs: Size | None = None
    total: int | None = None


def filters(model: keras.Model, most: int | None = None) -> list[Filters]:
    """The filters of all layers that have some, in the order of the model."""
    size = tuple(model.input_shape[1:-1])
    found = (filters_of(layer, size, most) for layer in model.layers)
    return [each for each in found if each is not None]


def filters_of(layer: keras.layers.Layer, size: Size, most: int | None = None) -> Filters | None:
    """The filters of one built layer; None if it has none, or only kernels of one pixel.

    Args:
        layer: of spectra or of images.
        size: (H, W) to take where the layer was not built for images of a certain size.
        most: only so many, the first ones.
    """
    images = _built_size(layer) or size
    found = _found(layer, images, most)
    if found is None:
        return None
    response = found.response[:most]
    learned, groups = learned_by(layer), getattr(layer, "groups", 1)
    return Filters(
        layer=layer.name,
        kind=learned.kind,
        response=response,
        size=found.size,
        images=images,
        total=found.total or len(found.response),
        labels=tuple(_label(k, found.pairs, groups) for k in range(len(response))),
        captions=captions(learned, len(response)),
        cutoffs=_cutoffs(layer, learned.values),
    )


def has_filters(layer: keras.layers.Layer) -> bool:
    """Whether `filters_of` finds filters in a built layer."""
    if _found.dispatch(type(layer)) is not _found.dispatch(object):
        return True
    kernel = impulse_kernel(layer)
    return kernel is not None and {*kernel.shape[:-2]} != {1}


def without_filters(layers: Iterable[keras.layers.Layer]) -> list[keras.layers.Layer]:
    """Blocks of images that learned weights which are no filters, such as `fourier_block`.

    They are maps of several steps: no transfer function says what they do.
    """
    return [
        layer
        for layer in layers
        if isinstance(layer, ImageLayer) and layer.weights and not has_filters(layer)
    ]


@singledispatch
def _found(layer: keras.layers.Layer, size: Size, most: int | None) -> _Found | None:
    """Spatial convolutions, or nothing; `size` is that of the images that come in."""
    kernel = impulse_kernel(layer)
    if kernel is None or {*kernel.shape[:-2]} == {1}:
        return None
    *lengths, channels, count = kernel.shape
    if isinstance(layer, TRANSPOSED):
        size = tuple(n * stride for n, stride in zip(size, layer.strides, strict=True))
    # The DFT of millions of kernels is not taken to show a few.
    chosen = kernel.reshape(*lengths, 1, -1)[..., :most]
    return _Found(kernel_response(chosen, size), size, (channels, count), channels * count)


@_found.register
def _(layer: SpectralConvolution, size: Size, most: int | None) -> _Found:
    real, imaginary = layer.transfer_functions(size)
    return _Found(real + 1j * imaginary, size, _pairs(layer))


@_found.register
def _(layer: ImageConvolution, size: Size, most: int | None) -> _Found:
    whole = layer.whole_size(size)
    response = layer.response(layer.convolution.weights_by_name(), whole)
    real, imaginary = ops.convert_to_numpy(response)
    if isinstance(layer, SpectralConv2DTranspose):
        imaginary = -imaginary  # it multiplies by the conjugate
    return _Found(real + 1j * imaginary, whole, _pairs(layer.convolution))


@_found.register
def _(layer: GlobalFilter, size: Size, most: int | None) -> _Found:
    real, imaginary = layer.transfer_functions((size[0], size[1]))
    return _Found(real + 1j * imaginary, size)


@_found.register
def _(layer: PassBand, size: Size, most: int | None) -> _Found:
    mask = ops.convert_to_numpy(layer.mask((1, 1), size))[0]
    return _Found(mask.astype(complex), size)


@_found.register
def _(layer: LearnedSpectralPooling, size: Size, most: int | None) -> _Found:
    size = size[0], size[1]
    strides = ops.convert_to_numpy(layer.learned_strides)
    to = strided_size(strides.tolist(), size, layer.smoothness)
    gains = map(ops.convert_to_numpy, stride_gains(strides, size, to, layer.smoothness))
    # What is cropped has gain 0.
    rows, columns = (
        np.pad(gain, (0, half_width(length) - len(gain)))
        for gain, length in zip(gains, size, strict=True)
    )
    vertical = rows[np.abs(np.rint(np.fft.fftfreq(size[0]) * size[0])).astype(int)]
    return _Found((vertical[:, None] * columns).astype(complex)[None], size)


def _built_size(layer: keras.layers.Layer) -> Size | None:
    """(H, W) of the images or of the spectra that a layer was built for; None if it is open."""
    shape: Any = (layer.get_build_config() or {}).get("input_shape") or ()
    rank = getattr(layer, "dimensions", 2)
    if len(shape) == rank + 3 and hasattr(layer, "odd_width") and None not in shape[3:]:
        return *shape[3:-1], full_width(shape[-1], layer.odd_width)
    first = getattr(layer, "data_format", None) == "channels_first"
    size = tuple(shape[2:] if first else shape[1:-1])
    return size if len(shape) == rank + 2 and None not in size else None


def _pairs(layer: SpectralConvolution) -> Size | None:
    if layer.mixing != "full":
        return None
    channels = layer.input_spec.axes[2]
    return channels, layer.filters


def _label(number: int, pairs: Size | None, groups: int) -> str:
    """Of `groups`, pairs are of the channels of one; filters are numbered through all of them."""
    if pairs is None or (pairs[0] == 1 and groups == 1):
        return f"filter {number}"
    channel, which = divmod(number, pairs[1])
    channel += which * groups // pairs[1] * pairs[0]
    return f"channel {channel} → filter {which}"


def _cutoffs(layer: keras.layers.Layer, values: Mapping[str, np.ndarray]) -> tuple[float, ...]:
    if isinstance(layer, LearnedSpectralPooling):
        return tuple(float(0.5 / stride) for stride in np.ravel(values["stride v, u"]))
    told = [np.ravel(value) for name, value in values.items() if name.startswith("cut-off")]
    return tuple(map(float, np.concatenate(told))) if told else ()
