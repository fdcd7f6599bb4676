"""How many floating-point operations a model is, counted by formulas, layer by layer.

One formula a class, of the algorithm as it is usually written down; not what a backend makes of it.
Layers of specnet have theirs as `cost`; those of Keras are here. `specnet.ops.flops` says what
counts.

C  channels in   F  channels out    H, W  height and width in pixels   h, w  those of the result
k, l  rows and columns of a kernel
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
from keras import layers

from specnet.layers.spatial import TRANSPOSED
from specnet.ops.flops import Cost, Known, Transform, finished, products

__all__ = ["TRAINING", "Cost", "Count", "Transform", "count", "layer_cost", "products"]

# A training step as multiples of a forward pass: the gradient of a product is two products.
TRAINING = 3


@dataclass(frozen=True)
class Count:
    """Operations of a forward pass of one image.

    Attributes:
        costs: layer -> what it does.
        unknown: layers that no formula is known for, `name (Class)`; `flops` is without them.
    """

    costs: dict[str, Cost]
    unknown: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Of all layers that are known."""
        return round(sum(cost.flops for cost in self.costs.values()))


def count(model: keras.Model) -> Count:
    """What a built model does to one image, layer by layer; all sizes but the batch are known."""
    costs: dict[str, Cost] = {}
    unknown: list[str] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.Model):
            inner = count(layer)
            costs |= {f"{layer.name}/{name}": cost for name, cost in inner.costs.items()}
            unknown += inner.unknown
            continue
        cost = layer_cost(layer)
        if cost is None:
            unknown.append(f"{layer.name} ({type(layer).__name__})")
        else:
            costs[layer.name] = cost
    return Count(costs, tuple(unknown))


def layer_cost(layer: keras.layers.Layer) -> Cost | None:
    """What a layer of a model does to one image; None where no formula is known."""
    formula = next((_OF_KERAS[kind] for kind in type(layer).__mro__ if kind in _OF_KERAS), None)
    formula = getattr(type(layer), "cost", formula)
    if formula is None:
        return None
    return formula(layer, *(_shape(tensor, layer) for tensor in (layer.input, layer.output)))


def _shape(tensor: Any, layer: keras.layers.Layer) -> Known:
    """Without the batch, of images with channels last; of several tensors, of the first."""
    first = tensor[0] if isinstance(tensor, list | tuple) else tensor
    shape = tuple(first.shape[1:])
    ranks = (getattr(layer, name, None) for name in ("dimensions", "rank", "pool_dimensions"))
    rank = next((each for each in ranks if each is not None), 2)
    if len(shape) == rank + 1 and getattr(layer, "data_format", None) == "channels_first":
        return (*shape[1:], shape[0])
    return shape


Formula = Callable[[Any, Known, Known], Cost]  # of a layer, its input's and its output's shape


def _each(operations: int, inputs: bool = False) -> Formula:
    """So many operations for each number that comes out, or goes in."""
    return lambda layer, before, after: Cost(operations * prod(before if inputs else after))


def _conv2d(layer: Any, before: Known, after: Known) -> Cost:
    """2 k l (C / groups) F h w."""
    channels = before[-1] // layer.groups
    return Cost(2 * prod(layer.kernel_size) * channels * prod(after) + finished(layer, after))


def _conv2d_transpose(layer: Any, before: Known, after: Known) -> Cost:
    """2 k l F C H W: each pixel of the input is spread over a kernel."""
    spread = 2 * prod(layer.kernel_size) * layer.filters * prod(before)
    return Cost(spread + finished(layer, after))


def _depthwise_conv2d(layer: Any, before: Known, after: Known) -> Cost:
    return Cost(2 * prod(layer.kernel_size) * prod(after) + finished(layer, after))


def _separable_conv2d(layer: Any, before: Known, after: Known) -> Cost:
    between = before[-1] * layer.depth_multiplier * prod(after[:-1])
    by_pixel = 2 * between * layer.filters
    return Cost(2 * prod(layer.kernel_size) * between + by_pixel + finished(layer, after))


def _dense(layer: Any, before: Known, after: Known) -> Cost:
    return Cost(2 * before[-1] * prod(after) + finished(layer, after))


def _pooling(layer: Any, before: Known, after: Known) -> Cost:
    return Cost(prod(layer.pool_size) * prod(after))


def _adaptive_pooling(layer: Any, before: Known, after: Known) -> Cost:
    """Windows of ceil(H/h) by ceil(W/w) pixels, which together cover the image."""
    rows, columns = (-(-old // new) for old, new in zip(before[:2], after[:2], strict=True))
    return Cost(rows * columns * prod(after))


def _added(layer: Any, before: Known, after: Known) -> Cost:
    return Cost((len(layer.input) - 1) * prod(after))


_OF_KERAS: dict[type, Formula] = {
    layers.Conv2D: _conv2d,
    layers.DepthwiseConv2D: _depthwise_conv2d,
    layers.Dense: _dense,
    layers.Add: _added,
    layers.BatchNormalization: _each(2),
    layers.LayerNormalization: _each(5),
    layers.Rescaling: _each(2),
    **dict.fromkeys((layers.Conv1D, layers.Conv3D), _conv2d),
    **dict.fromkeys(TRANSPOSED, _conv2d_transpose),
    **dict.fromkeys((layers.DepthwiseConv1D,), _depthwise_conv2d),
    **dict.fromkeys((layers.SeparableConv1D, layers.SeparableConv2D), _separable_conv2d),
    **dict.fromkeys((layers.MaxPooling2D, layers.AveragePooling2D), _pooling),
    **dict.fromkeys((layers.MaxPooling1D, layers.AveragePooling1D), _pooling),
    **dict.fromkeys((layers.MaxPooling3D, layers.AveragePooling3D), _pooling),
    layers.AdaptiveMaxPooling2D: _adaptive_pooling,
    **dict.fromkeys((layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D), _each(1, True)),
    **dict.fromkeys((layers.GlobalAveragePooling1D, layers.GlobalMaxPooling1D), _each(1, True)),
    **dict.fromkeys((layers.GlobalAveragePooling3D, layers.GlobalMaxPooling3D), _each(1, True)),
    **dict.fromkeys((layers.Activation, layers.ReLU, layers.LeakyReLU, layers.Softmax), _each(1)),
    # These move numbers, or do nothing outside of training.
    **dict.fromkeys((layers.Flatten, layers.Reshape), _each(0)),
    **dict.fromkeys((layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D), _each(0)),
    **dict.fromkeys((layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D), _each(0)),
    layers.Dropout: _each(0),  # and those of whole channels, which derive from it
}
