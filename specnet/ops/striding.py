"""Strides in the frequency domain: every s-th pixel of an image, and its adjoint, zero insertion.

Functions of half-spectrum planes, real and imaginary part each (..., V, U), in the scaling
`backward` of `numpy.fft`.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from functools import reduce

import numpy as np
from keras import ops

from specnet.ops.fourier import irfft2, irfftn
from specnet.ops.grids import half_width, ix
from specnet.ops.hermitian import Planes, Tensor, whole_plane

Size = tuple[int, ...]  # one length an axis, of images two


def fold(real: Tensor, imaginary: Tensor, size: Size, strides: Size) -> Planes:
    """The half spectrum of every s-th pixel: the mean of the s bins that alias, on each axis.

    Args:
        real, imaginary: each (..., V, U), Hermitian.
        size: (H, W) of the image, multiples of the strides.
        strides: vertical and horizontal, in pixels.

    Returns:
        Planes (..., v, u) of an image of (H / s, W / s) pixels.
    """
    planes = _mean(real, strides[0], -2), _mean(imaginary, strides[0], -2)
    if strides[1] == 1:
        return planes
    columns = half_width(size[1] // strides[1])
    re, im = whole_plane(*planes, size[1])
    return _mean(re, strides[1], -1)[..., :columns], _mean(im, strides[1], -1)[..., :columns]


def repeat(real: Tensor, imaginary: Tensor, size: Size, strides: Size) -> Planes:
    """The half spectrum of an image with s - 1 zeros after each pixel: s copies on each axis.

    The adjoint in space of taking every s-th pixel.

    Args:
        real, imaginary: each (..., V, U), Hermitian.
        size: (H, W) of the image.
        strides: vertical and horizontal, in pixels; of signals one, of volumes three.

    Returns:
        Planes of an image of (s H, s W) pixels.
    """
    planes = real, imaginary
    if strides[-1] > 1:
        planes = whole_plane(real, imaginary, size[-1], len(size))
    columns = half_width(size[-1] * strides[-1])
    for axis, stride in enumerate(strides, -len(strides)):
        planes = _copies(planes[0], stride, axis), _copies(planes[1], stride, axis)
    return planes[0][..., :columns], planes[1][..., :columns]


def subsampled(real: Tensor, imaginary: Tensor, size: Size, strides: Size) -> Tensor:
    """Every s-th pixel, beginning with pixel 0, of the images of half spectra.

    Where s divides the size it folds the spectrum, and the transform back is smaller.

    Args:
        real, imaginary: each (..., V, U), Hermitian.
        size: (H, W) of the whole images.
        strides: vertical and horizontal, in pixels.

    Returns:
        Images (..., ceil(H / s), ceil(W / s)).
    """
    if len(size) != 2:
        signals = irfftn(real, imaginary, size)
        return signals[..., *(slice(None, None, stride) for stride in strides)]
    vertical, horizontal = (s if n % s == 0 else 1 for n, s in zip(size, strides, strict=True))
    planes = fold(real, imaginary, size, (vertical, horizontal))
    images = irfft2(*planes, (size[0] // vertical, size[1] // horizontal))
    return images[..., :: strides[0] // vertical, :: strides[1] // horizontal]


def below_new_nyquist(size: Size, strides: Size) -> np.ndarray:
    """(V, U): whether every s-th pixel still tells a frequency; up to 1 / (2s), included.

    Kept like this, both bins at an even length's new Nyquist frequency add up when the spectrum is
    folded, as in `scipy.signal.resample`.
    """
    numbers = [np.minimum(np.arange(length), length - np.arange(length)) for length in size]
    numbers[-1] = np.arange(half_width(size[-1]))
    axes = zip(numbers, strides, size, strict=True)
    return reduce(
        np.logical_and, ix([2 * stride * bins <= length for bins, stride, length in axes])
    )


def _mean(x: Tensor, parts: int, axis: int) -> Tensor:
    """Of so many parts of an axis; not by reshaping, as the batch may be unknown."""
    return sum(ops.split(x, parts, axis=axis)) / parts if parts > 1 else x


def _copies(x: Tensor, count: int, axis: int) -> Tensor:
    return ops.concatenate([x] * count, axis=axis) if count > 1 else x
