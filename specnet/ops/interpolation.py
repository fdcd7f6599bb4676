"""Transfer functions between the bins where they are known, for images of other sizes.

A weight for each bin belongs to one size of images. Seen as samples of a function of frequency, in
cycles/pixel, it has values at the bins of every size, and the filter is as large in pixels as it
was. `resampling.py` is the other thing: images, whose bins stay while their number changes.

    H, W  height and width of the images that functions are given for   h, w  those wanted
    V, U  bins of a half spectrum: V = H, U = W // 2 + 1
"""

from functools import cache

import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor, hermitian_projection, whole_plane
from specnet.ops.precision import matmul

Size = tuple[int, int]


def interpolate(real: Tensor, imaginary: Tensor, size: Size, to: Size) -> Planes:
    """Transfer functions of real filters at the bins of images of another size.

    Both axes are circles, since frequencies repeat every cycle/pixel; between bins, the cubic
    convolution of Keys (1981) goes through all of them, and through every parabola.

    Args:
        real, imaginary: each (..., V, U), at the bins of images of `size`; made Hermitian.
        size: (H, W).
        to: (h, w).

    Returns:
        Each (..., h, w // 2 + 1), Hermitian; the functions themselves where `to` is `size`.
    """
    planes = hermitian_projection(real, imaginary, size[1])
    if to == size:
        return planes
    rows = cubic_matrix(size[0], to[0])
    columns = cubic_matrix(size[1], to[1])[: half_width(to[1])].T
    with in_full_precision():
        re, im = (
            matmul(ops.cast(rows, each.dtype), matmul(each, ops.cast(columns, each.dtype)))
            for each in whole_plane(*planes, size[1])
        )
    return re, im


@cache
def cubic_matrix(length: int, to: int) -> np.ndarray:
    """(to, length): values at `to` frequencies of a circle from those at `length`, from 0 on."""
    places = np.arange(to) * length  # in steps of 1 / to bins, so that bins are met exactly
    below, between = places // to, (places % to) / to
    matrix = np.zeros((to, length))
    for neighbour in (-1, 0, 1, 2):
        weight = _keys(np.abs(between - neighbour))
        np.add.at(matrix, (np.arange(to), (below + neighbour) % length), weight)
    return matrix


def _keys(distance: np.ndarray) -> np.ndarray:
    """The kernel of Keys (1981), with a = -1/2, of distances of 0 to 2 bins."""
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.where(distance <= 1, near, far)
