"""What XLA compiles: spectral networks as a whole, networks with spatial convolutions in part."""

import keras
import pytest

from specnet.layers import (
    RFFT2D,
    GaussianConvolution,
    SpectralConv2D,
    SpectralConv2DTranspose,
    SpectralKernelConv2D,
)
from specnet.models.compilation import wants_whole_compilation
from specnet.ops.compiled import runs_loops


@pytest.mark.parametrize(
    ("layers", "whole"),
    [
        ([RFFT2D(), GaussianConvolution(2)], True),
        ([SpectralConv2D(2, mixing="sum")], True),
        ([SpectralConv2DTranspose(2, mixing="sum")], True),
        ([SpectralConv2D(2)], not runs_loops()),
        ([SpectralConv2D(2), keras.layers.Conv2D(2, 3)], False),
        ([SpectralConv2D(2), SpectralKernelConv2D(2, 3)], False),
        ([SpectralKernelConv2D(2, 3)], False),
        ([keras.layers.Flatten()], False),
    ],
    ids=str,
)
def test_spectral_networks_without_spatial_convolutions_are_compiled_whole(layers, whole):
    model = keras.Sequential([keras.Input((6, 8, 1)), *layers])
    assert wants_whole_compilation(model) is whole
