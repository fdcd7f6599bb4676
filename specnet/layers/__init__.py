"""Keras layers of the frequency domain; they work in any Keras model.

Between layers a spectrum is a real tensor `(batch, 2, channels, height, width // 2 + 1)`: axis 1
holds the real and the imaginary part, frequencies are in FFT order.
"""

from specnet.layers.base import ParametricConvolution, SpectralConvolution
from specnet.layers.convolution import (
    FreeConvolution,
    GaussianConvolution,
    LinearConvolution,
    PolynomialConvolution,
)
from specnet.layers.transforms import IRFFT2D, RFFT2D, FromComplexLast, ToComplexLast
from specnet.layers.wood2021 import wood2021_weights

__all__ = [
    "IRFFT2D",
    "RFFT2D",
    "FreeConvolution",
    "FromComplexLast",
    "GaussianConvolution",
    "LinearConvolution",
    "ParametricConvolution",
    "PolynomialConvolution",
    "SpectralConvolution",
    "ToComplexLast",
    "wood2021_weights",
]
