"""Formulas of the layers of Keras.

C  channels in   F  channels out    H, W  height and width in pixels   h, w  those of the result
k, l  rows and columns of a kernel
"""

from math import prod
from typing import Any

from keras import layers

from specnet.models.cost.costs import Cost, Formula, Shape, each, finished


def _conv2d(layer: Any, before: Shape, after: Shape) -> Cost:
    """2 k l (C / groups) F h w."""
    channels = before[-1] // layer.groups
    return Cost(2 * prod(layer.kernel_size) * channels * prod(after) + finished(layer, after))


def _conv2d_transpose(layer: Any, before: Shape, after: Shape) -> Cost:
    """2 k l F C H W: each pixel of the input is spread over a kernel."""
    spread = 2 * prod(layer.kernel_size) * layer.filters * prod(before)
    return Cost(spread + finished(layer, after))


def _depthwise_conv2d(layer: Any, before: Shape, after: Shape) -> Cost:
    return Cost(2 * prod(layer.kernel_size) * prod(after) + finished(layer, after))


def _separable_conv2d(layer: Any, before: Shape, after: Shape) -> Cost:
    between = before[-1] * layer.depth_multiplier * prod(after[:2])
    by_pixel = 2 * between * layer.filters
    return Cost(2 * prod(layer.kernel_size) * between + by_pixel + finished(layer, after))


def _dense(layer: Any, before: Shape, after: Shape) -> Cost:
    return Cost(2 * before[-1] * prod(after) + finished(layer, after))


def _pooling(layer: Any, before: Shape, after: Shape) -> Cost:
    return Cost(prod(layer.pool_size) * prod(after))


def _adaptive_pooling(layer: Any, before: Shape, after: Shape) -> Cost:
    """Windows of ceil(H/h) by ceil(W/w) pixels, which together cover the image."""
    rows, columns = (-(-old // new) for old, new in zip(before[:2], after[:2], strict=True))
    return Cost(rows * columns * prod(after))


def _added(layer: Any, before: Shape, after: Shape) -> Cost:
    return Cost((len(layer.input) - 1) * prod(after))


SPATIAL: dict[type, Formula] = {
    layers.Conv2D: _conv2d,
    layers.Conv2DTranspose: _conv2d_transpose,
    layers.DepthwiseConv2D: _depthwise_conv2d,
    layers.SeparableConv2D: _separable_conv2d,
    layers.Dense: _dense,
    layers.Add: _added,
    layers.BatchNormalization: each(2),
    layers.LayerNormalization: each(5),
    layers.Rescaling: each(2),
    **dict.fromkeys((layers.MaxPooling2D, layers.AveragePooling2D), _pooling),
    layers.AdaptiveMaxPooling2D: _adaptive_pooling,
    **dict.fromkeys((layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D), each(1, True)),
    **dict.fromkeys((layers.Activation, layers.ReLU, layers.LeakyReLU, layers.Softmax), each(1)),
    # These move numbers, or do nothing outside of training.
    **dict.fromkeys((layers.Flatten, layers.Reshape), each(0)),
    **dict.fromkeys((layers.ZeroPadding2D, layers.UpSampling2D), each(0)),
    **dict.fromkeys((layers.Dropout, layers.SpatialDropout2D), each(0)),
}
