"""Images at other sizes: `resampling` as two products with small matrices, for images alone.

Between images, cropping or zero-padding a spectrum is a linear map of each axis by itself. As a
matrix it costs less than a transform there and back, at the sizes that networks have, and leaves
channels where they are.

    B  batch   C  channels   K  bins that the shorter of two lengths has: min(N, M) // 2 + 1
    N  length of an axis, in pixels   M  the length that it gets
    H, W  height and width of the images   h, w  those that they get
"""

from functools import cache

import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.fourier import widened
from specnet.ops.hermitian import Tensor
from specnet.ops.resampling import Size

Gains = tuple[Tensor | None, Tensor | None]


def resize(images: Tensor, to: Size, gains: Gains = (None, None)) -> Tensor:
    """Images at another size, by the band-limited interpolation of `resampling.resample`.

    Args:
        images: real, (B, H, W, C). float64 is computed in float64, all else in float32.
        to: (h, w).
        gains: what the bins of the vertical and of the horizontal axis are multiplied with, (K,)
            each; a bin and its opposite share one.

    Returns:
        (B, h, w, C) in the dtype of `images`.
    """
    images = ops.convert_to_tensor(images)
    rows, columns = (
        axis_matrix(before, after, gain)
        for before, after, gain in zip(images.shape[1:3], to, gains, strict=True)
    )
    return along_axes(images, rows, columns)


def along_axes(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Images (B, H, W, C) times (h, H) down their columns and (w, W) along their rows.

    Returns:
        (B, h, w, C) in the dtype of `images`. float64 is computed in float64, all else in float32.
    """
    wide = widened(images)
    _, height, width, channels = wide.shape
    rows, columns = ops.cast(rows, wide.dtype), ops.cast(columns, wide.dtype)
    to = rows.shape[0], columns.shape[0]
    with in_full_precision():
        wide = ops.matmul(rows, ops.reshape(wide, (-1, height, width * channels)))
        wide = ops.matmul(columns, ops.reshape(wide, (-1, width, channels)))
    return ops.cast(ops.reshape(wide, (-1, *to, channels)), images.dtype)


def axis_matrix(length: int, to: int, gain: Tensor | None = None) -> Tensor:
    """(M, N): `scipy.signal.resample` of an axis of N = `length` pixels to M = `to`.

    Args:
        length, to: N and M.
        gain: (K,), of each bin; 1 if not given. A tensor or an array.
    """
    synthesis, analysis = _halves(length, to)
    if gain is None:
        return synthesis @ analysis
    gain = ops.convert_to_tensor(gain)
    twice = ops.concatenate([gain, gain])[:, None]
    with in_full_precision():
        return ops.matmul(ops.cast(synthesis, gain.dtype), twice * ops.cast(analysis, gain.dtype))


@cache
def _halves(length: int, to: int) -> tuple[np.ndarray, np.ndarray]:
    """From bins to pixels (M, 2K), and from pixels to bins (2K, N): real, then imaginary parts."""
    bins = np.arange(min(length, to) // 2 + 1)
    # A bin stands for its opposite too; but for DC, and the one at the Nyquist frequency of the
    # pixels: where these become more, each of the two opposites gets a half of it.
    alone = (bins == 0) | (2 * bins == length)
    weights = np.tile(np.where(alone, 1, 2) / length, 2)
    return _waves(to, bins) * weights, _waves(length, bins).T


def _waves(length: int, bins: np.ndarray) -> np.ndarray:
    """(length, 2K): cos and -sin of 2π k n / length; whole turns are taken off in whole numbers."""
    phases = 2 * np.pi / length * (np.outer(np.arange(length), bins) % length)
    return np.concatenate([np.cos(phases), -np.sin(phases)], axis=1)
