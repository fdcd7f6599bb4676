"""Transforms of real images as products of matrices, for programs that have no FFT.

NumPy's scaling `backward`, over the last two axes; one leading axis may be unknown.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from functools import cache

import numpy as np
from keras import ops

from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor
from specnet.ops.precision import matmul


def rfft2(images: Tensor) -> Planes:
    """Real and imaginary part, each (..., V, U), of real images (..., H, W)."""
    width = images.shape[-1]
    cosines, sines = (each[:, : half_width(width)] for each in _waves(width))
    real, imaginary = ops.split(_times(images, np.hstack([cosines, -sines])), 2, axis=-1)
    return _turned(real, imaginary, sign=1)


def irfft2(real: Tensor, imaginary: Tensor, size: tuple[int, ...]) -> Tensor:
    """Real images (..., H, W) of Hermitian half spectra, each (..., V, U)."""
    height, width = size
    columns = np.arange(half_width(width))
    # A column stands for its mirror image too, unless it is its own.
    own = (columns == 0) | (2 * columns == width)
    weights = np.where(own, 1, 2)[:, None] / (height * width)
    cosines, sines = (weights * each[: len(columns)] for each in _waves(width))
    planes = ops.concatenate(_turned(real, imaginary, sign=-1), axis=-1)
    return _times(planes, np.vstack([cosines, -sines]))


def _turned(real: Tensor, imaginary: Tensor, sign: int) -> Planes:
    """Planes (..., H, U) times exp(-i sign 2π v h / H), summed over h: (..., V, U)."""
    cosines, sines = _waves(real.shape[-2])
    both = np.block([[cosines, sign * sines], [-sign * sines, cosines]])
    planes = ops.concatenate([real, imaginary], axis=-2)
    turned, beside = ops.split(matmul(ops.cast(both, real.dtype), planes), 2, axis=-2)
    return turned, beside


def _times(planes: Tensor, matrix: np.ndarray) -> Tensor:
    """(..., H, N) by (N, M), as one product; a runtime need not ask for the shape."""
    shape = [-1 if length is None else length for length in planes.shape]
    rows = ops.reshape(planes, (-1, shape[-1]))
    return ops.reshape(matmul(rows, ops.cast(matrix, planes.dtype)), (*shape[:-1], matrix.shape[1]))


@cache
def _waves(length: int) -> tuple[np.ndarray, np.ndarray]:
    """(length, length): cos and sin of 2π k n / length; whole turns are taken off exactly."""
    numbers = np.arange(length)
    phases = 2 * np.pi / length * (np.outer(numbers, numbers) % length)
    return np.cos(phases), np.sin(phases)
