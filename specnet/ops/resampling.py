"""Images at other sizes by way of their spectra: resampling, soft edges, learned pass bands.

Functions of plain tensors that crop or zero-pad half spectra, and the gains that go with a crop.
Layers with sizes or strides build on them.

    H, W  height and width of an image, in pixels
    h, w  height and width of the image it becomes
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from keras import ops

from specnet.ops.fourier import Norm
from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor, hermitian_projection

Size = tuple[int, int]
Sizes = tuple[int, ...]  # of signals one length, of volumes three
Taper = Literal["brick", "hamming", "cosine", "asap"]
Kind = Literal["fourier", "dct", "hartley"]  # of transforms of real images


def resample(
    real: Tensor, imaginary: Tensor, size: Sizes, to: Sizes, norm: Norm = "backward"
) -> Planes:
    """Half spectra of the band-limited interpolation of images at another number of pixels.

    Each axis is cropped or zero-padded by itself. Pixels keep their values: a constant image stays
    that constant. As in `scipy.signal.resample`, an even length has one bin at its Nyquist
    frequency, which holds the sum of the bins at plus and minus that frequency: shrinking to it
    adds them up, growing from it gives each a half.

    Args:
        real, imaginary: each (..., V, U).
        size: (H, W) of the images; of signals one length, of volumes three.
        to: (h, w), the size that they get.
        norm: scaling of the spectra, as in `numpy.fft.rfft2`.

    Returns:
        Each (..., h, w // 2 + 1), in the dtype given; Hermitian where the spectrum is.
    """
    real, imaginary = ops.convert_to_tensor(real), ops.convert_to_tensor(imaginary)
    for axis, length in enumerate(to[:-1], -len(size)):
        real, imaginary = (_resampled_rows(x, length, axis) for x in (real, imaginary))
    planes = _resampled_columns(real, imaginary, size[-1], to[-1], len(size))
    return _scaled(planes, _scale(math.prod(to) / math.prod(size), norm))


def tapers(
    edge: Taper, size: Sequence[int], to: Sequence[int], kind: Kind = "fourier"
) -> tuple[np.ndarray | None, ...]:
    """Gains of the bins that a crop from `size` to `to` keeps, along each axis; 1 at DC.

    In terms of r, the frequency over the Nyquist frequency of the smaller size.

    Args:
        edge: `brick`: 1. `hamming`: 0.54 + 0.46 cos(pi r). `cosine`: a raised cosine of roll-off
            1/3: 1 up to r = 1/2, then half a wave down to 0 at r = 1. `asap`: the square root of a
            Hamming window of all frequencies of the larger size, of which the crop keeps the
            middle: 0.73 at r = 1 where that is half of them.
        size: (H, W) before.
        to: (h, w) after.
        kind: the transform whose coefficients are cropped.

    Returns:
        (h // 2 + 1,) and (w // 2 + 1,), for the frequencies from 0 on, (h,) and (w,) of a DCT; None
        where all are 1, as along an axis that does not shrink.
    """

    def gain(before: int, after: int) -> np.ndarray | None:
        if edge == "brick" or after >= before:
            return None
        ratio = np.arange(after) if kind == "dct" else 2 * np.arange(half_width(after))
        return _TAPERS[edge](ratio / after, after / before)

    return tuple(gain(before, after) for before, after in zip(size, to, strict=True))


def stride_gains(strides: Tensor, size: Size, to: Size, smoothness: float) -> tuple[Tensor, Tensor]:
    """Gains by which DiffStride keeps what strides leave; differentiable in the strides.

    Along an axis of N bins and stride S, bin n has the gain (R + N / 2S - |n|) / R, between 0 and
    1: all up to the Nyquist frequency that the stride leaves, then a ramp of R bins (Riad et al.
    2022, eq. 2). Only bins on the ramp have a slope; where it begins, as at the last bin of an even
    axis at a stride of 1, there is none.

    Args:
        strides: (2,), vertical and horizontal; used within 1 and N.
        size: (H, W) of the images.
        to: (h, w), as of `strided_size`: the bins that are kept.
        smoothness: R, in bins.

    Returns:
        (h // 2 + 1,) and (w // 2 + 1,), for the frequencies from 0 on.
    """

    def gain(stride: Tensor, before: int, after: int) -> Tensor:
        # Case by case: of a number at the end of its range, backends clip gradients differently.
        stride = ops.where(stride < 1, 1.0, ops.where(stride > before, float(before), stride))
        nyquist = before / (2 * stride)
        bins = ops.cast(np.arange(half_width(after)), strides.dtype)
        ramp = ops.relu(nyquist + smoothness - bins) / smoothness
        return ops.where(bins > nyquist, ramp, 1.0)

    return gain(strides[0], size[0], to[0]), gain(strides[1], size[1], to[1])


def strided_size(strides: Sequence[float], size: Size, smoothness: float) -> Size:
    """(h, w) of the bins that `stride_gains` leaves above 0: odd, or the whole of an axis."""

    def kept(stride: float, length: int) -> int:
        # Bins -n to n have |n| below the end of the ramp.
        end = smoothness + length / (2 * min(max(stride, 1), length))
        return min(2 * math.ceil(end) - 1, length)

    return kept(strides[0], size[0]), kept(strides[1], size[1])


def _hamming(ratio: np.ndarray) -> np.ndarray:
    return 0.54 + 0.46 * np.cos(np.pi * ratio)


# Of a frequency over the new Nyquist frequency, and of that over the one before.
_TAPERS: dict[Taper, Callable[[np.ndarray, float], np.ndarray]] = {
    "hamming": lambda ratio, share: _hamming(ratio),
    "cosine": lambda ratio, share: (1 + np.cos(np.pi * np.clip(2 * ratio - 1, 0, 1))) / 2,
    "asap": lambda ratio, share: np.sqrt(_hamming(share * ratio)),
}


def _resampled_rows(x: Tensor, to: int, axis: int) -> Tensor:
    """(..., V, U) -> (..., to, U), or as much along another axis that is not halved."""
    if axis != -2:
        return ops.swapaxes(_resampled_rows(ops.swapaxes(x, axis, -2), to, -2), axis, -2)
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


def _resampled_columns(real: Tensor, imaginary: Tensor, width: int, to: int, rank: int) -> Planes:
    """(..., V, U) of images `width` pixels wide -> (..., V, to // 2 + 1)."""
    if to == width:
        return real, imaginary
    kept = half_width(min(width, to))
    if min(width, to) % 2 == 0:
        last = real[..., kept - 1 : kept], imaginary[..., kept - 1 : kept]
        # Of bins (v, u) and (v, -u), the second is the conjugate of (-v, u): twice their mean. A
        # column that stands alone is projected as if it were the only one, of a width of 1.
        last = (
            _scaled(hermitian_projection(*last, 1, rank), 2) if to < width else _scaled(last, 0.5)
        )
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
