"""Formulas of the layers of the frequency domain.

C  channels in   F  channels out    H, W  height and width in pixels
V, U  rows and columns of a half spectrum   L  taps of a wavelet
"""

from math import prod
from typing import Any

from specnet import layers
from specnet.layers.activations import SpectralActivation
from specnet.layers.frequency import FrequencyMask
from specnet.layers.wavelet_transforms import WaveletLayer
from specnet.models.cost.costs import Cost, Formula, Shape, Transform, bent, each, finished
from specnet.ops import wavelets
from specnet.ops.grids import half_width
from specnet.ops.mixing import Mixing


def products(mixing: Mixing, channels: int, filters: int, bins: int) -> int:
    """A spectrum times its filters: 6 a complex product, 2 a complex sum of channels."""
    if mixing == "full":
        return bins * filters * (6 * channels + 2 * (channels - 1))
    return bins * (6 * filters + (2 * (channels - 1) if mixing == "sum" else 0))


def _rfft2d(layer: Any, before: Shape, after: Shape) -> Cost:
    height, width, channels = before
    planes = after[1]
    return Cost(height * width * (channels - planes), (Transform(planes, (height, width)),))


def _irfft2d(layer: Any, before: Shape, after: Shape) -> Cost:
    return Cost(0, (Transform(after[2], (after[0], after[1])),))


def _spectral_convolution(layer: Any, before: Shape, after: Shape) -> Cost:
    _, channels, rows, columns = before
    filters = layer.filters
    bias = filters * bool(layer.use_bias)
    return Cost(
        products(layer.mixing, channels, filters, rows * columns) + bias + bent(layer, after)
    )


def _image_convolution(layer: Any, before: Shape, after: Shape) -> Cost:
    """Transforms of the extended images there and back; with strides, one of them is smaller."""
    channels = before[2]
    whole = layer.whole_size(before[:2])
    coarse = _divided(whole, layer.steps)
    up = isinstance(layer, layers.SpectralConv2DTranspose)
    there, back = (coarse, whole) if up else (whole, coarse)
    planes = 1 if layer.mixing == "sum" else channels
    bins, kept = (height * half_width(width) for height, width in (whole, coarse))
    summing = prod(before[:2]) * (channels - planes)
    folding = 0 if up else 2 * layer.filters * (bins - kept)  # bins that alias are added up
    arithmetic = products(layer.mixing, planes, layer.filters, bins) + summing + folding
    transforms = (Transform(planes, there), Transform(layer.filters, back))
    return Cost(arithmetic + finished(layer, after), transforms)


def _divided(size: tuple[int, int], steps: tuple[int, int]) -> tuple[int, int]:
    """A length that its stride does not divide stays; pixels are then left out in space."""
    height, width = (n if n % step else n // step for n, step in zip(size, steps, strict=True))
    return height, width


def _resampling(layer: Any, before: Shape, after: Shape) -> Cost:
    """Between two sizes by way of the spectrum."""
    channels = before[2]
    return Cost(0, tuple(Transform(channels, (shape[0], shape[1])) for shape in (before, after)))


def _mask(layer: Any, before: Shape, after: Shape) -> Cost:
    """A real weight for each bin; images go there and back."""
    if len(before) == 4:
        return Cost(prod(before))
    height, width, channels = before
    bins = channels * height * half_width(width)
    return Cost(2 * bins, (Transform(2 * channels, (height, width)),))


def _spatial_relu(layer: Any, before: Shape, after: Shape) -> Cost:
    _, channels, rows, columns = before
    width = 2 * columns - 1 if layer.odd_width else 2 * columns - 2
    return Cost(channels * rows * width, (Transform(2 * channels, (rows, width)),))


def _wavelet(layer: Any, before: Shape, after: Shape) -> Cost:
    """Two filters of L taps along the rows, then two along the columns; there or back."""
    larger = max(before[:2], after[:2])
    rows, columns = wavelets.band_length(larger[0]), wavelets.band_length(larger[1])
    channels = min(before[2], after[2])
    low_only = getattr(layer, "bands", "all") == "low"
    taps = len(wavelets.filter_bank(layer.wavelet).low)
    along_rows = 2 * taps * larger[0] * columns * (1 if low_only else 2)
    along_columns = 2 * taps * rows * columns * (1 if low_only else 4)
    scaling = prod(after) * hasattr(layer, "bands")
    return Cost(channels * (along_rows + along_columns) + scaling)


SPECTRAL: dict[type, Formula] = {
    layers.RFFT2D: _rfft2d,
    layers.IRFFT2D: _irfft2d,
    layers.SpectralConvolution: _spectral_convolution,
    layers.ImageConvolution: _image_convolution,
    layers.SpatialReLU: _spatial_relu,
    layers.SpectralPooling: _resampling,
    layers.SpectralUpsampling: _resampling,
    layers.LearnedSpectralPooling: _resampling,
    FrequencyMask: _mask,
    WaveletLayer: _wavelet,
    # Magnitude, gain and product of a complex number: about 5 for each real one.
    SpectralActivation: each(5),
    # These move numbers.
    **dict.fromkeys((layers.CropSpectrum, layers.ToComplexLast, layers.FromComplexLast), each(0)),
}
