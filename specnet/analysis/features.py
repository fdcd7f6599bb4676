"""A model and an image -> plain arrays: what each layer makes of the image.

Every layer is shown in both domains, whichever of them it works in.

    C  channels of a layer   N  those that are shown
    H, W  height and width of its images, in pixels; of signals T samples, of volumes D, H, W
    V  rows of a half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.analysis.frequency_plane import in_space
from specnet.ops.fourier import Norm
from specnet.ops.grids import full_width

Tensor = Any


@dataclass(frozen=True)
class Features:
    """What one layer makes of an image.

    Attributes:
        layer: its name.
        spectral: whether it gives spectra; images otherwise.
        count: channels C that it has.
        channels: (N,), those shown, counted from 0.
        pictures: (N, H, W), in space. Of a spectrum: of the real image that is nearest to it.
        spectra: (N, H, W) complex, of the pictures, DC in the middle; orthonormal.
    """

    layer: str
    spectral: bool
    count: int
    channels: np.ndarray
    pictures: np.ndarray
    spectra: np.ndarray


def features(
    model: keras.Model,
    image: np.ndarray,
    layers: Sequence[keras.layers.Layer] | None = None,
    limit: int = 8,
) -> Iterator[Features]:
    """What each layer makes of an image, in the order of the model, the input first.

    Layers that give neither images nor spectra are passed over, and so are those that leave what
    comes in as it is, as dropout does outside of training.

    Args:
        model: of images (B, H, W, C), of signals (B, T, C) or of volumes.
        image: float32 (H, W, C), as the model takes it; or as much of those.
        layers: only these layers of it; all if None.
        limit: channels of a layer at most: those with the most energy in space, without their mean.
    """
    kinds = _kinds(model)
    outputs = keras.Model(model.inputs, [layer.output for layer in kinds])([image[None]])
    before: Tensor = None
    for (layer, kind), output in zip(kinds.items(), _as_list(outputs), strict=True):
        output = ops.convert_to_numpy(ops.cast(output, "float32"))
        new = before is None or output.shape != before.shape or (output != before).any()
        if new and (layers is None or layer in layers):
            yield _of(layer.name, output, kind, limit)
        before = output


def entering(model: keras.Model, image: np.ndarray, layer: keras.layers.Layer) -> np.ndarray:
    """The channels that come into a layer, in space: (C, H, W).

    Args:
        model: of images (B, H, W, C), of signals (B, T, C) or of volumes.
        image: float32 (H, W, C), as the model takes it; or as much of those.
        layer: of images or spectra, with one layer before it.
    """
    source, kind = next(pair for pair in _kinds(model).items() if pair[0].output is layer.input)
    output = keras.Model(model.inputs, source.output)([image[None]])
    return _pictures(ops.convert_to_numpy(ops.cast(output, "float32")), kind)


@dataclass(frozen=True)
class _Kind:
    """What a half spectrum does not tell of itself: the parity of its image's width, its scale."""

    spectral: bool
    odd_width: bool
    norm: Norm


def _kinds(model: keras.Model) -> dict[keras.layers.Layer, _Kind]:
    """The layers that give images or spectra; each knows what it needs, or asks the one before."""
    rank = len(model.input_shape) - 2
    by_tensor: dict[int, _Kind] = {}
    kinds = {}
    for layer in model.layers:
        source = next(iter(_as_list(layer.input)), None)  # an input layer has none
        before = by_tensor.get(id(source), _Kind(False, False, "ortho"))
        shape = layer.output.shape
        kind = _Kind(
            spectral=len(shape) == rank + 3 and shape[1] == 2,
            odd_width=_first(layer, "odd_output_width", "odd_width", default=before.odd_width),
            norm=_first(layer, "norm", default=before.norm),
        )
        by_tensor[id(layer.output)] = kind
        if kind.spectral or len(shape) == rank + 2:
            kinds[layer] = kind
    return kinds


def _first(layer: keras.layers.Layer, *names: str, default: Any) -> Any:
    """The first of these attributes that the layer has."""
    return next((getattr(layer, name) for name in names if hasattr(layer, name)), default)


def _of(layer: str, output: np.ndarray, kind: _Kind, limit: int) -> Features:
    pictures = _pictures(output, kind)
    # In float64: squares of a layer that goes astray overflow in float32.
    energy = np.asarray(pictures, "float64").var(axis=_axes(pictures))
    channels = np.sort(np.argsort(-energy, kind="stable")[:limit])
    shown = pictures[channels]
    return Features(layer, kind.spectral, len(pictures), channels, shown, _whole_spectra(shown))


def _pictures(output: np.ndarray, kind: _Kind) -> np.ndarray:
    """(1, H, W, C) or (1, 2, C, V, U) -> (C, H, W); and the like of signals and volumes."""
    if not kind.spectral:
        return np.moveaxis(output[0], -1, 0)
    *rows, columns = output.shape[3:]
    size = *rows, full_width(columns, kind.odd_width)
    return in_space(output[0, 0] + 1j * output[0, 1], size, kind.norm)


def _whole_spectra(pictures: np.ndarray) -> np.ndarray:
    """(N, H, W) -> (N, H, W) complex, DC in the middle."""
    axes = _axes(pictures)
    return np.fft.fftshift(np.fft.fftn(pictures, axes=axes, norm="ortho"), axes=axes)


def _axes(pictures: np.ndarray) -> tuple[int, ...]:
    """All axes but the first."""
    return tuple(range(1, pictures.ndim))


def _as_list(tensors: Any) -> list[Tensor]:
    return tensors if isinstance(tensors, list) else [tensors]
