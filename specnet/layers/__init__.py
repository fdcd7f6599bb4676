"""Keras layers of the frequency domain; they work in any Keras model.

Between layers a spectrum is a real tensor `(batch, 2, channels, height, width // 2 + 1)`: axis 1
holds the real and the imaginary part, frequencies are in FFT order.
"""

from specnet.layers.activations import Cardioid, ModReLU, SpatialReLU
from specnet.layers.adaptive_fourier import AdaptiveFourier
from specnet.layers.base import ParametricConvolution, SpectralConvolution
from specnet.layers.blur_pooling import BlurPooling
from specnet.layers.complex_normalization import ComplexBatchNormalization
from specnet.layers.convolution import (
    FreeConvolution,
    GaussianConvolution,
    LinearConvolution,
    PolynomialConvolution,
)
from specnet.layers.dropout import FrequencyDropout, SpectralDropout
from specnet.layers.families import CLASSES
from specnet.layers.fast_fourier_convolution import FastFourierConvolution
from specnet.layers.fourier_block import FourierBlock
from specnet.layers.fourier_mixing import FourierMixing
from specnet.layers.frequency_attention import FrequencyAttention
from specnet.layers.global_filter import GlobalFilter
from specnet.layers.image_convolution import ImageConvolution
from specnet.layers.learned_pooling import LearnedSpectralPooling
from specnet.layers.network import Network
from specnet.layers.pass_bands import BandPass, HighPass, LowPass
from specnet.layers.pooling import CropSpectrum, SpectralPooling, SpectralUpsampling
from specnet.layers.signal_convolution import (
    SpectralConv1D,
    SpectralConv1DTranspose,
    SpectralConv3D,
    SpectralConv3DTranspose,
)
from specnet.layers.signal_masks import (
    BandPass1D,
    BandPass3D,
    FrequencyDropout1D,
    FrequencyDropout3D,
    HighPass1D,
    HighPass3D,
    LowPass1D,
    LowPass3D,
    SpectralDropout1D,
    SpectralDropout3D,
)
from specnet.layers.signal_pooling import (
    CropSpectrum1D,
    CropSpectrum3D,
    SpectralPooling1D,
    SpectralPooling3D,
    SpectralUpsampling1D,
    SpectralUpsampling3D,
)
from specnet.layers.signal_transforms import IRFFT1D, IRFFT3D, RFFT1D, RFFT3D
from specnet.layers.signal_wavelets import DWT1D, DWT3D, IDWT1D, IDWT3D
from specnet.layers.spectral_conv2d import SpectralConv2D
from specnet.layers.spectral_kernels import SpectralKernelConv2D
from specnet.layers.spectral_layer import SpectralLayer
from specnet.layers.transforms import IRFFT2D, RFFT2D, FromComplexLast, ToComplexLast
from specnet.layers.transposed import SpectralConv2DTranspose
from specnet.layers.wavelet_convolution import WaveletConvolution
from specnet.layers.wavelet_transforms import DWT2D, IDWT2D, WaveletPooling
from specnet.layers.whitening_conv2d import WhiteningConv2D
from specnet.layers.windowed_conv2d import WindowedConv2D
from specnet.layers.wood2021 import wood2021_weights
from specnet.ops.adaptive_windows import mend_adaptive_windows

__all__ = [
    "DWT1D",
    "DWT2D",
    "DWT3D",
    "IDWT1D",
    "IDWT2D",
    "IDWT3D",
    "IRFFT1D",
    "IRFFT2D",
    "IRFFT3D",
    "RFFT1D",
    "RFFT2D",
    "RFFT3D",
    "AdaptiveFourier",
    "BandPass",
    "BandPass1D",
    "BandPass3D",
    "BlurPooling",
    "Cardioid",
    "ComplexBatchNormalization",
    "CropSpectrum",
    "CropSpectrum1D",
    "CropSpectrum3D",
    "FastFourierConvolution",
    "FourierBlock",
    "FourierMixing",
    "FreeConvolution",
    "FrequencyAttention",
    "FrequencyDropout",
    "FrequencyDropout1D",
    "FrequencyDropout3D",
    "FromComplexLast",
    "GaussianConvolution",
    "GlobalFilter",
    "HighPass",
    "HighPass1D",
    "HighPass3D",
    "ImageConvolution",
    "LearnedSpectralPooling",
    "LinearConvolution",
    "LowPass",
    "LowPass1D",
    "LowPass3D",
    "ModReLU",
    "Network",
    "ParametricConvolution",
    "PolynomialConvolution",
    "SpatialReLU",
    "SpectralConv1D",
    "SpectralConv1DTranspose",
    "SpectralConv2D",
    "SpectralConv2DTranspose",
    "SpectralConv3D",
    "SpectralConv3DTranspose",
    "SpectralConvolution",
    "SpectralDropout",
    "SpectralDropout1D",
    "SpectralDropout3D",
    "SpectralKernelConv2D",
    "SpectralLayer",
    "SpectralPooling",
    "SpectralPooling1D",
    "SpectralPooling3D",
    "SpectralUpsampling",
    "SpectralUpsampling1D",
    "SpectralUpsampling3D",
    "ToComplexLast",
    "WaveletConvolution",
    "WaveletPooling",
    "WhiteningConv2D",
    "WindowedConv2D",
    "wood2021_weights",
]
__all__ += CLASSES  # made of the families that are declared

mend_adaptive_windows()


def __getattr__(name: str) -> type[ParametricConvolution]:
    if name in CLASSES:
        return CLASSES[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
