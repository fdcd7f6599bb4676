"""Trained models from one form of their layers to another that computes the same.

Functions from a Keras model to an equal one made of other layers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from specnet.layers import LearnedSpectralPooling, SpectralKernelConv2D
from specnet.layers.spectral_kernels import to_spatial, to_spectral

Layer = Any  # of Keras
Form = Literal["spectral", "spatial", "frozen"]

# What a form is made of, for people.
WHAT: dict[Form, str] = {
    "spectral": "conv2d becomes spectral_kernel_conv2d",
    "spatial": "spectral_kernel_conv2d becomes conv2d",
    "frozen": "learned_spectral_pooling gets fixed strides",
}


@dataclass(frozen=True)
class _Rule:
    """Which layers change, into what layer, and what becomes of their weights (NumPy arrays)."""

    applies: Callable[[Layer], bool]
    counterpart: Callable[[Layer], Layer]
    weights: Callable[..., list[Any]]


_RULES: dict[Form, _Rule] = {
    "spectral": _Rule(
        lambda layer: type(layer) is keras.layers.Conv2D,
        lambda layer: SpectralKernelConv2D.from_config(layer.get_config()),
        lambda kernel, *bias: [to_spectral(kernel), *bias],
    ),
    "spatial": _Rule(
        lambda layer: type(layer) is SpectralKernelConv2D,
        lambda layer: keras.layers.Conv2D.from_config(layer.get_config()),
        lambda coefficients, *bias: [to_spatial(coefficients), *bias],
    ),
    "frozen": _Rule(
        lambda layer: type(layer) is LearnedSpectralPooling and not layer.frozen,
        lambda layer: layer.freeze(),
        lambda strides, _: [strides, strides],  # those of the mask are those of the crop
    ),
}


def convertible(model: keras.Model, to: Form) -> list[Layer]:
    """The layers that `convert_model` changes."""
    return [layer for layer in _layers(model) if _RULES[to].applies(layer)]


def convert_model(model: keras.Model, to: Form) -> keras.Model:
    """A model that computes the same, its convertible layers in another form; not compiled.

    `spectral`: the kernels of Conv2D are stored as their DFT coefficients; `spatial`: and back.
    Regularizers are kept, and from then on act on the other numbers. `frozen`: learned strides are
    fixed, so that every shape is known. Names stay; kinds derived from Conv2D are copied.

    Args:
        model: functional or sequential, and built.
        to: the form that layers get.

    Raises:
        ValueError: where Keras cannot clone the model, such as a subclassed one.
    """
    rule = _RULES[to]
    pairs: list[tuple[Layer, Layer]] = []

    def counterpart(layer: Layer) -> Layer:
        if not rule.applies(layer):
            return type(layer).from_config(layer.get_config())
        pairs.append((layer, rule.counterpart(layer)))
        return pairs[-1][1]

    converted = keras.models.clone_model(model, clone_function=counterpart, recursive=True)
    converted.set_weights(model.get_weights())
    for old, new in pairs:
        new.set_weights([np.asarray(weight) for weight in rule.weights(*old.get_weights())])
    return converted


def largest_difference(model: keras.Model, converted: keras.Model, images: Any) -> float:
    """The largest absolute difference between two models' outputs for `images` (B, H, W, C)."""
    first, second = (each.predict(images, verbose=0) for each in (model, converted))
    return float(np.abs(first - second).max())


def _layers(model: keras.Model) -> Iterator[Layer]:
    for layer in model.layers:
        yield from _layers(layer) if isinstance(layer, keras.Model) else [layer]
