"""Transforms of images to their lowest modes alone, and back, as products with small matrices.

Where few frequencies are asked for, a fast transform computes the others too, and its channels have
to be in front. A pruned one is a product for each axis, and leaves channels where they are. Rows k
and -k share the sums over height: of real images one is the conjugate of the other.

    B     batch   C  channels
    H, W  height and width of an image, in pixels
    v, u  its bins of the modes, as `specnet.ops.modes.lowest_modes` has them: rows from 0 on, then
          those below 0; columns from 0 on
    K     distances of rows from 0: the absolute values of their frequencies
"""

import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.dft_products import waves
from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor
from specnet.ops.modes import Size, rows_of_modes
from specnet.ops.precision import matmul
from specnet.ops.resizing import along_axes


def rfft2_of_modes(images: Tensor, modes: Size) -> Planes:
    """The bins of the lowest modes, as `lowest_modes` of `numpy.fft.rfft2`.

    Args:
        images: (B, H, W, C), float32 or float64.
        modes: (m, n); those that images of this size do not have are left out.

    Returns:
        The real and the imaginary part, each (B, v, u, C).
    """
    height, width, channels = images.shape[1:]
    rows, columns = _frequencies((height, width), modes)
    distances, shared, signed = _pairs(rows)
    sums = along_axes(images, _waves(distances, height, -1), _waves(columns, width, -1))
    # By parts of the waves down the image, then across it.
    parts = ops.reshape(sums, (-1, 2, len(distances), 2, len(columns) * channels))
    with in_full_precision():
        real = _times(shared, parts[:, 0, :, 0]) - _times(signed, parts[:, 1, :, 1])
        imaginary = _times(shared, parts[:, 0, :, 1]) + _times(signed, parts[:, 1, :, 0])
    shape = (-1, len(rows), len(columns), channels)
    return ops.reshape(real, shape), ops.reshape(imaginary, shape)


def irfft2_of_modes(real: Tensor, imaginary: Tensor, size: Size, modes: Size) -> Tensor:
    """The images whose half spectra have these modes and no others, as `numpy.fft.irfft2`.

    Of column 0, and of W / 2, what has no Hermitian symmetry is left out.

    Args:
        real, imaginary: each (B, v, u, C).
        size: (H, W) of the images.
        modes: (m, n), as for `rfft2_of_modes`.

    Returns:
        (B, H, W, C)
    """
    (height, width), channels = size, real.shape[-1]
    rows, columns = _frequencies(size, modes)
    distances, shared, signed = _pairs(rows)
    flat = (-1, len(rows), len(columns) * channels)
    shape = (-1, 2 * len(distances), len(columns), channels)
    # A column stands for its mirror image too, unless it is its own.
    own = (columns == 0) | (2 * columns == width)
    weights = np.tile(np.where(own, 1, 2), 2)[:, None] / (height * width)
    with in_full_precision():
        real, imaginary = ops.reshape(real, flat), ops.reshape(imaginary, flat)
        # What meets cosines down the image, then what meets sines; by parts of those across it.
        even = [_times(shared.T, real), _times(signed.T, imaginary)]
        odd = [_times(-shared.T, imaginary), _times(signed.T, real)]
        pairs = [ops.reshape(ops.concatenate(each, axis=1), shape) for each in (even, odd)]
    across = weights * _waves(columns, width, 1)
    pairs = ops.concatenate(pairs, axis=2)
    return along_axes(pairs, _waves(distances, height, -1).T, across.T)


def _frequencies(size: Size, modes: Size) -> tuple[np.ndarray, np.ndarray]:
    """Of the rows and of the columns, in cycles/image: (v,) and (u,)."""
    above, below = rows_of_modes(size[0], modes[0])
    rows = np.concatenate([np.arange(above), np.arange(-below, 0)])
    return rows, np.arange(min(modes[1], half_width(size[1])))


def _pairs(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances (K,) of rows from 0, and (v, K): where a row has which, and with the row's sign."""
    distances = np.unique(np.abs(rows))
    shared = (np.abs(rows)[:, None] == distances).astype(float)
    return distances, shared, np.where(rows < 0, -1, 1)[:, None] * shared


def _waves(frequencies: np.ndarray, length: int, sign: int) -> np.ndarray:
    """(2 n, length): cosines, then sines times `sign`, of n frequencies that are not negative."""
    cosines, sines = (each[frequencies] for each in waves(length))
    return np.concatenate([cosines, sign * sines])


def _times(matrix: np.ndarray, x: Tensor) -> Tensor:
    """(I, J) times (..., J, N)."""
    return matmul(ops.cast(matrix, x.dtype), x)
