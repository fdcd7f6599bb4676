"""Transfer functions that are given at few frequencies, at the bins of an image of any size.

2  real and imaginary part   K  transfer functions
R  rows of what is given: R = 2m - 1 of `m` modes   n  its columns
V  rows of the half spectrum (V = H, in FFT order), U its columns (U = W // 2 + 1)
"""

from functools import cache

import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.grids import half_width, signed_grid
from specnet.ops.hermitian import Tensor, whole_plane
from specnet.ops.precision import matmul

Size = tuple[int, int]


def spread(bins: Tensor, size: Size) -> Tensor:
    """The lowest frequencies in cycles/image, and zeros: (2, K, R, n) -> (2, K, V, U).

    As in a Fourier neural operator (Li et al. 2021). An even H has one row for plus and minus its
    Nyquist frequency, which gets the mean of both where both are given.

    Args:
        bins: rows in FFT order, from -(m - 1) to m - 1 cycles; columns from 0 to n - 1 cycles.
        size: (H, W) of the images.
    """
    rows, columns = bins.shape[-2:]
    height, kept = size[0], min(columns, half_width(size[1]))
    bins = bins[..., :kept]
    below = min((rows + 1) // 2, (height + 1) // 2)  # frequencies from 0 to below Nyquist
    parts = [bins[..., :below, :]]
    if height % 2 == 0 and height < rows:
        half = height // 2
        above = bins[..., half : half + 1, :] + bins[..., rows - half : rows - half + 1, :]
        parts.append(above / 2)
    gap = height - (below - 1) - sum(part.shape[-2] for part in parts)
    right = half_width(size[1]) - kept
    parts[-1] = ops.pad(parts[-1], ((0, 0), (0, 0), (0, gap), (0, 0)))
    whole = ops.concatenate([*parts, bins[..., rows - (below - 1) :, :]], axis=-2)
    return ops.pad(whole, ((0, 0), (0, 0), (0, 0), (0, right)))


def stretch(bins: Tensor, width: int, size: Size) -> Tensor:
    """As a function of cycles/pixel, interpolated: (2, K, R, n) -> (2, K, V, U).

    By Keys's cubic (1981) along each axis, with periods of one cycle/pixel, so that frequency 0
    stays and a function of a real filter is one; GFNet (Rao et al. 2021) has the same without the
    periods, in the order of the rows in memory.

    Args:
        bins: half spectra of images `width` pixels wide, in FFT order.
        width: whose half n is.
        size: (H, W) of the images.
    """
    vertical, horizontal = signed_grid(*size)
    rows = ops.cast(_cubic(tuple(vertical), bins.shape[-2]), bins.dtype)
    columns = ops.cast(_cubic(tuple(horizontal), width).T, bins.dtype)
    planes = ops.stack(whole_plane(bins[0], bins[1], width))
    with in_full_precision():
        return matmul(matmul(rows, planes), columns)


@cache
def _cubic(frequencies: tuple[float, ...], length: int) -> np.ndarray:
    """(frequencies, length): what each bin of a period of `length` adds to each frequency."""
    places = np.array(frequencies) * length
    first = np.floor(places).astype(int)
    matrix = np.zeros((len(places), length))
    for offset in range(-1, 3):
        x = np.abs(places - first - offset)
        near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
        rows = np.arange(len(places))
        np.add.at(matrix, (rows, (first + offset) % length), np.where(x <= 1, near, far))
    return matrix
