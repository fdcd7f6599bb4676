"""How many parameters a filter of each kind has: Tables I and II of Wood & Larson (2021).

Counted on layers that are built, not from formulas.
"""

from dataclasses import dataclass

import keras

from specnet.layers import SpectralConvolution, SpectralKernelConv2D
from specnet.ops.compiled import channels_last
from specnet.ops.grids import half_width
from specnet.recipe.registry import LAYERS, resolve

LAYER_FILTERS = 64  # the layer of the paper's Table I


@dataclass(frozen=True)
class FilterCost:
    """Parameters of one filter on one channel, and of a layer of 64 with the channels summed."""

    layer: str
    parameters: int
    layer_parameters: int


def filter_costs(image_size: tuple[int, int]) -> list[FilterCost]:
    """The cost of 3 x 3 kernels and of every spectral convolution, at this image size."""
    height, width = image_size
    spectrum = (None, 2, 1, height, half_width(width))
    spatial = {
        "conv2d (3x3)": keras.layers.Conv2D,
        "spectral_kernel_conv2d (3x3)": SpectralKernelConv2D,
    }
    image = (None, height, width, 1)
    with channels_last():
        costs = [_cost(name, kind(1, 3, use_bias=False), image) for name, kind in spatial.items()]
    for name in LAYERS:
        kind = resolve(name)
        if issubclass(kind, SpectralConvolution):
            costs.append(_cost(name, kind(1), spectrum))
    return costs


def _cost(name: str, layer: keras.layers.Layer, shape: tuple[int | None, ...]) -> FilterCost:
    layer.build(shape)
    count = layer.count_params()
    return FilterCost(name, count, LAYER_FILTERS * count)
