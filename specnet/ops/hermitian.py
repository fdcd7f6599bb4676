"""Hermitian symmetry: which half spectra belong to real images, and how they are stored.

Functions of plain tensors (real and imaginary parts apart) that need no transform. `fourier.py` and
the layers that change spectra build on them.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from keras import ops

from specnet.ops.grids import half_width
from specnet.ops.portable import flip
from specnet.ops.portable import mirrored_rows as _mirrored

Tensor = Any  # a tensor of the current backend; NumPy arrays are accepted too
Planes = tuple[Tensor, Tensor]  # real and imaginary part, of one shape and dtype


def hermitian_projection(real: Tensor, imaginary: Tensor, width: int, rank: int = 2) -> Planes:
    """The nearest half spectrum that belongs to a real image of this width.

    Bins v and -v of column 0 (and of the Nyquist column, where the width is even) describe the same
    cosine: they become conjugates of each other, each the mean of the two. Other columns stay.

    Args:
        real, imaginary: each (..., V, U).
        width: W of the image, in pixels.
        rank: axes of what was transformed: of signals 1, spectra (..., U); of volumes 3.
    """
    real, imaginary = ops.convert_to_tensor(real), ops.convert_to_tensor(imaginary)
    even = width % 2 == 0 and width > 1
    parts = partial(_even_part, rank=rank), partial(_odd_part, rank=rank)
    return _with_edges(real, parts[0], even), _with_edges(imaginary, parts[1], even)


def whole_plane(real: Tensor, imaginary: Tensor, width: int, rank: int = 2) -> Planes:
    """Half spectra (..., V, U) of real images, with their mirror images: (..., V, W).

    With another rank, those of signals or of volumes.
    """
    inner = slice(1, (width + 1) // 2)
    real, imaginary = ops.convert_to_tensor(real), ops.convert_to_tensor(imaginary)
    return (
        ops.concatenate([real, flip(_mirrored(real[..., inner], rank), -1)], axis=-1),
        ops.concatenate([imaginary, -flip(_mirrored(imaginary[..., inner], rank), -1)], axis=-1),
    )


def pack(real: Tensor, imaginary: Tensor, width: int) -> Tensor:
    """The independent numbers of half spectra of real images, as many as the images have pixels.

    Of each two bins that mirror each other, one keeps the real part in its place and the imaginary
    part in the place of the other. `unpack` is the inverse.

    Args:
        real, imaginary: each (..., V, U), Hermitian.
        width: W of the image, in pixels.

    Returns:
        (..., V, W)
    """
    re, im = whole_plane(real, imaginary, width)
    return ops.where(_keepers(re.shape[-2], width), re, -im)


def unpack(packed: Tensor) -> Planes:
    """Half spectra (..., V, U) of the independent numbers (..., V, W); any numbers are Hermitian.

    The inverse of `pack`.
    """
    packed = ops.convert_to_tensor(packed)
    height, width = packed.shape[-2:]
    keepers = _keepers(height, width)
    alone = keepers & _mirrored_bins(keepers)
    mirror = ops.roll(ops.flip(packed, axis=(-2, -1)), (1, 1), axis=(-2, -1))
    real = ops.where(keepers, packed, mirror)
    imaginary = ops.where(keepers, mirror, -packed)
    imaginary = ops.where(alone, ops.zeros_like(packed), imaginary)
    columns = half_width(width)
    return real[..., :columns], imaginary[..., :columns]


def _keepers(height: int, width: int) -> np.ndarray:
    """(V, W): one bin of each mirrored pair, and those bins that are their own mirror images."""
    rows, columns = np.arange(height)[:, None], np.arange(width)
    first = (columns > 0) & (2 * columns < width)
    own_column = (columns == 0) | (2 * columns == width)
    return first | (own_column & (2 * rows <= height))


def _mirrored_bins(mask: np.ndarray) -> np.ndarray:
    """Bin (-v, -u) of the mask in place of (v, u)."""
    return np.roll(mask[::-1, ::-1], (1, 1), axis=(0, 1))


def _even_part(x: Tensor, rank: int = 2) -> Tensor:
    return (x + _mirrored(x, rank)) / 2


def _odd_part(x: Tensor, rank: int = 2) -> Tensor:
    return (x - _mirrored(x, rank)) / 2


def _with_edges(x: Tensor, change: Callable[[Tensor], Tensor], last_too: bool) -> Tensor:
    """Applies `change` to column 0 of x, and to the last one if asked."""
    stop = x.shape[-1] - 1 if last_too else x.shape[-1]
    parts = [change(x[..., :1]), x[..., 1:stop]]
    return ops.concatenate([*parts, change(x[..., stop:])] if last_too else parts, axis=-1)
