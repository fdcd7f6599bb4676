"""Transforms of real images as products of matrices, for programs that have no FFT.

NumPy's scaling `backward`, over the last two axes, of signals one and of volumes three; one leading
axis may be unknown.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from functools import cache
from math import prod

import numpy as np
from keras import ops

from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor
from specnet.ops.precision import matmul


def rfftn(images: Tensor, rank: int) -> Planes:
    """Real and imaginary part, each (..., V, U), of real images (..., H, W), or of `rank` axes."""
    width = images.shape[-1]
    cosines, sines = (each[:, : half_width(width)] for each in waves(width))
    real, imaginary = ops.split(_times(images, np.hstack([cosines, -sines])), 2, axis=-1)
    for axis in range(-rank, -1):
        real, imaginary = _turned(real, imaginary, axis, sign=1)
    return real, imaginary


def irfftn(real: Tensor, imaginary: Tensor, size: tuple[int, ...]) -> Tensor:
    """Real images (..., H, W) of Hermitian half spectra, each (..., V, U); one length an axis."""
    width = size[-1]
    columns = np.arange(half_width(width))
    # A column stands for its mirror image too, unless it is its own.
    own = (columns == 0) | (2 * columns == width)
    weights = np.where(own, 1, 2)[:, None] / prod(size)
    cosines, sines = (weights * each[: len(columns)] for each in waves(width))
    for axis in range(-len(size), -1):
        real, imaginary = _turned(real, imaginary, axis, sign=-1)
    return _times(ops.concatenate([real, imaginary], axis=-1), np.vstack([cosines, -sines]))


def _turned(real: Tensor, imaginary: Tensor, axis: int, sign: int) -> Planes:
    """Planes times exp(-i sign 2π v h / H), summed over h, the places along an axis but the last:
    (..., H, U) -> (..., V, U)."""
    cosines, sines = waves(real.shape[axis])
    both = np.block([[cosines, sign * sines], [-sign * sines, cosines]])
    planes = ops.swapaxes(ops.concatenate([real, imaginary], axis=axis), axis, -2)
    product = ops.swapaxes(matmul(ops.cast(both, real.dtype), planes), axis, -2)
    turned, beside = ops.split(product, 2, axis=axis)
    return turned, beside


def _times(planes: Tensor, matrix: np.ndarray) -> Tensor:
    """(..., H, N) by (N, M), as one product; a runtime need not ask for the shape."""
    shape = [-1 if length is None else length for length in planes.shape]
    rows = ops.reshape(planes, (-1, shape[-1]))
    return ops.reshape(matmul(rows, ops.cast(matrix, planes.dtype)), (*shape[:-1], matrix.shape[1]))


@cache
def waves(length: int) -> tuple[np.ndarray, np.ndarray]:
    """(length, length): cos and sin of 2π k n / length; whole turns are taken off exactly."""
    numbers = np.arange(length)
    phases = 2 * np.pi / length * (np.outer(numbers, numbers) % length)
    return np.cos(phases), np.sin(phases)
