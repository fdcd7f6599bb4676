"""Images at other sizes by way of their spectra: resampling, soft edges, learned pass bands.

What may go in here: functions of plain tensors that crop or zero-pad half spectra, and the gains
that go with a crop. Layers with sizes or strides build on them.

    H, W  height and width of an image, in pixels
    h, w  height and width of the image it becomes
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import keras
import numpy as np
from keras import ops

from specnet.fourier import Norm, irfft2, rfft2
from specnet.grids import half_width, signed_grid
from specnet.hermitian import Planes, Tensor, hermitian_projection

Size = tuple[int, int]
Edge = Literal["brick", "hamming", "cosine"]


def resample(
    real: Tensor, imaginary: Tensor, size: Size, to: Size, norm: Norm = "backward"
) -> Planes:
    """Half spectra of the band-limited interpolation of images at another number of pixels.

    Each axis is cropped or zero-padded by itself. Pixels keep their values: a constant image stays
    that constant. As in `scipy.signal.resample`, an even length has one bin at its Nyquist
    frequency, which holds the sum of the bins at plus and minus that frequency: shrinking to it
    adds them up, growing from it gives each a half.

    Args:
        real, imaginary: each (..., V, U).
        size: (H, W) of the images.
        to: (h, w), the size that they get.
        norm: scaling of the spectra, as in `numpy.fft.rfft2`.

    Returns:
        Each (..., h, w // 2 + 1), in the dtype given; Hermitian where the spectrum is.
    """
    real, imaginary = ops.convert_to_tensor(real), ops.convert_to_tensor(imaginary)
    rows = _resampled_rows(real, to[0]), _resampled_rows(imaginary, to[0])
    planes = _resampled_columns(*rows, size[1], to[1])
    return _scaled(planes, _scale(math.prod(to) / math.prod(size), norm))


def resize(images: Tensor, to: Size, gain: Tensor | None = None) -> Tensor:
    """Images (..., H, W) at another size (..., h, w), by `resample`.

    Args:
        images: real. float64 is computed in float64, all else in float32.
        to: (h, w).
        gain: what the bins of the new size are multiplied with, (h, w // 2 + 1).

    Returns:
        (..., h, w) in the dtype of `images`.
    """
    images = ops.convert_to_tensor(images)
    wide = widened(images)
    planes = resample(*rfft2(wide), images.shape[-2:], to)
    if gain is not None:
        planes = _scaled(planes, ops.cast(gain, wide.dtype))
    return ops.cast(irfft2(*planes, to), images.dtype)


def window(edge: Edge, size: Size, to: Size) -> np.ndarray | None:
    """Gain of the bins that a crop from `size` to `to` keeps; 1 at DC.

    The product of one gain for each axis, in terms of r, the frequency over the Nyquist frequency
    of the smaller size. An axis that does not shrink is left alone.

    Args:
        edge: `brick`: 1. `hamming`: 0.54 + 0.46 cos(pi r). `cosine`: a raised cosine of roll-off
            1/3: 1 up to r = 1/2, then half a wave down to 0 at r = 1.
        size: (H, W) before.
        to: (h, w) after.

    Returns:
        (h, w // 2 + 1); None where nothing changes.
    """
    if edge == "brick" or (to[0] >= size[0] and to[1] >= size[1]):
        return None
    gains = [
        _TAPERS[edge](2 * np.abs(frequency)) if after < before else np.ones(len(frequency))
        for frequency, before, after in zip(signed_grid(*to), size, to, strict=True)
    ]
    return np.outer(*gains)


def stride_mask(strides: Tensor, size: Size, to: Size, smoothness: float) -> Tensor:
    """Gain by which DiffStride keeps what a stride leaves; differentiable in the strides.

    Along each axis of N bins and stride S, bin n has the gain (R + N / 2S - |n|) / R, between 0 and
    1: all up to the Nyquist frequency that the stride leaves, then a ramp of R bins (Riad et al.
    2022, eq. 2). The axes are multiplied.

    Args:
        strides: (2,), vertical and horizontal; used within 1 and N.
        size: (H, W) of the images.
        to: (h, w), as of `strided_size`: the bins that are kept.
        smoothness: R, in bins.

    Returns:
        (h, w // 2 + 1)
    """
    strides = ops.clip(strides, 1, ops.cast(size, strides.dtype))
    reach = ops.cast(size, strides.dtype) / (2 * strides) + smoothness
    rows = ops.cast(np.abs(np.fft.fftfreq(to[0], 1 / to[0])), strides.dtype)
    columns = ops.cast(np.arange(half_width(to[1])), strides.dtype)
    vertical = ops.clip((reach[0] - rows) / smoothness, 0, 1)
    return vertical[:, None] * ops.clip((reach[1] - columns) / smoothness, 0, 1)


def strided_size(strides: Sequence[float], size: Size, smoothness: float) -> Size:
    """(h, w) of the bins that `stride_mask` leaves above 0: odd, or the whole of an axis."""

    def kept(stride: float, length: int) -> int:
        # Bins -n to n have |n| below the end of the ramp.
        end = smoothness + length / (2 * min(max(stride, 1), length))
        return min(2 * math.ceil(end) - 1, length)

    return kept(strides[0], size[0]), kept(strides[1], size[1])


def widened(x: Tensor) -> Tensor:
    """x in float32, unless it is float64: spectra of half precision lose too much."""
    return x if keras.backend.standardize_dtype(x.dtype) == "float64" else ops.cast(x, "float32")


def _raised_cosine(ratio: np.ndarray) -> np.ndarray:
    return (1 + np.cos(np.pi * np.clip(2 * ratio - 1, 0, 1))) / 2


_TAPERS: dict[Edge, Callable[[np.ndarray], np.ndarray]] = {
    "hamming": lambda ratio: 0.54 + 0.46 * np.cos(np.pi * ratio),
    "cosine": _raised_cosine,
}


def _resampled_rows(x: Tensor, to: int) -> Tensor:
    """(..., V, U) -> (..., to, U)."""
    height = x.shape[-2]
    if to == height:
        return x
    kept = min(height, to)
    half = kept // 2
    positive, negative = x[..., : kept - half, :], x[..., height - (kept - 1) // 2 :, :]
    if kept % 2 == 0 and to < height:
        above, below = x[..., half : half + 1, :], x[..., height - half : height - half + 1, :]
        positive = ops.concatenate([positive, above + below], axis=-2)
    elif kept % 2 == 0:
        shared = x[..., half : half + 1, :] / 2
        positive = ops.concatenate([positive, shared], axis=-2)
        negative = ops.concatenate([shared, negative], axis=-2)
    gap = to - positive.shape[-2] - negative.shape[-2]
    return ops.concatenate([_padded(positive, (gap, 0)), negative], axis=-2)


def _resampled_columns(real: Tensor, imaginary: Tensor, width: int, to: int) -> Planes:
    """(..., V, U) of images `width` pixels wide -> (..., V, to // 2 + 1)."""
    if to == width:
        return real, imaginary
    kept = half_width(min(width, to))
    if min(width, to) % 2 == 0:
        last = real[..., kept - 1 : kept], imaginary[..., kept - 1 : kept]
        # Of bins (v, u) and (v, -u), the second is the conjugate of (-v, u): twice their mean. A
        # column that stands alone is projected as if it were the only one, of a width of 1.
        last = _scaled(hermitian_projection(*last, 1), 2) if to < width else _scaled(last, 0.5)
        real = ops.concatenate([real[..., : kept - 1], last[0]], axis=-1)
        imaginary = ops.concatenate([imaginary[..., : kept - 1], last[1]], axis=-1)
    gap = (0, half_width(to) - kept)
    return _padded(real[..., :kept], gap), _padded(imaginary[..., :kept], gap)


def _padded(x: Tensor, after: tuple[int, int]) -> Tensor:
    """Zeros below and to the right of the last two axes."""
    if not any(after):
        return x
    return ops.pad(x, [(0, 0)] * (len(x.shape) - 2) + [(0, after[0]), (0, after[1])])


def _scale(pixels: float, norm: Norm) -> float:
    """What spectra are multiplied with when the number of pixels grows `pixels` times."""
    return {"backward": pixels, "ortho": math.sqrt(pixels), "forward": 1.0}[norm]


def _scaled(planes: Planes, gain: Tensor) -> Planes:
    return planes[0] * gain, planes[1] * gain
