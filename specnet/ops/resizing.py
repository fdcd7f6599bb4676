"""Images at other sizes: `resampling` as two products with small matrices, for images alone.

Between images, cropping or zero-padding a spectrum is a linear map of each axis by itself. As a
matrix it costs less than a transform there and back, at the sizes that networks have, and leaves
channels where they are. The cosine and the Hartley transform are such matrices too.

    B  batch   C  channels   L  the shorter of two lengths: min(N, M)
    K  frequencies that are kept: L // 2 + 1, of the cosine transform L
    N  length of an axis, in pixels   M  the length that it gets
    H, W  height and width of the images   h, w  those that they get
"""

from collections.abc import Callable, Sequence
from functools import cache
from math import prod

import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.fourier import widened
from specnet.ops.hermitian import Tensor
from specnet.ops.precision import matmul
from specnet.ops.resampling import Kind

Gains = Sequence[Tensor | None]  # one an axis


def resize(
    images: Tensor, to: Sequence[int], gains: Gains | None = None, kind: Kind = "fourier"
) -> Tensor:
    """Images at another size, by the band-limited interpolation of `resampling.resample`.

    Args:
        images: real, (B, H, W, C), or signals or volumes. float64 is computed in float64, all else
            in float32.
        to: (h, w); one length an axis.
        gains: what the bins of each axis are multiplied with, (K,) each; a bin and its opposite
            share one. None: 1.
        kind: the transform whose coefficients are cropped or zero-padded; see `axis_matrix`.

    Returns:
        (B, h, w, C) in the dtype of `images`.
    """
    images = ops.convert_to_tensor(images)
    axes = zip(images.shape[1:-1], to, gains or [None] * len(to), strict=True)
    return along_axes(images, *(axis_matrix(*each, kind) for each in axes))


def along_axes(images: Tensor, *matrices: Tensor) -> Tensor:
    """Images (B, H, W, C) times (h, H) down their columns and (w, W) along their rows.

    Of signals one matrix, of volumes three.

    Returns:
        (B, h, w, C) in the dtype of `images`. float64 is computed in float64, all else in float32.
    """
    wide = widened(images)
    lengths = list(wide.shape[1:])
    with in_full_precision():
        for axis, matrix in enumerate(matrices):
            beside = prod(lengths[axis + 1 :])
            flat = ops.reshape(wide, (-1, lengths[axis], beside))
            wide = matmul(ops.cast(matrix, wide.dtype), flat)
            lengths[axis] = matrix.shape[0]
    return ops.cast(ops.reshape(wide, (-1, *lengths)), images.dtype)


def axis_matrix(length: int, to: int, gain: Tensor | None = None, kind: Kind = "fourier") -> Tensor:
    """(M, N): an axis of N = `length` pixels at M = `to`, by way of its first coefficients.

    Args:
        length, to: N and M.
        gain: (K,), of each frequency; 1 if not given. A tensor or an array.
        kind: `fourier`: as `scipy.signal.resample`. `dct`: of type II. `hartley`: see `_hartley`.
    """
    synthesis, analysis, frequencies = _halves(length, to, kind)
    if gain is None:
        return synthesis @ analysis
    gain = ops.convert_to_tensor(gain)
    each = ops.take(gain, frequencies)[:, None]
    with in_full_precision():
        return matmul(ops.cast(synthesis, gain.dtype), each * ops.cast(analysis, gain.dtype))


@cache
def _halves(length: int, to: int, kind: Kind) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """From coefficients to pixels (M, n), from pixels to coefficients (n, N), frequencies (n,)."""
    waves, numbers, weights = _KINDS[kind](length, min(length, to))
    return waves(to, numbers) * (weights / length), waves(length, numbers).T, np.abs(numbers)


Waves = Callable[[int, np.ndarray], np.ndarray]


def _fourier(length: int, shorter: int) -> tuple[Waves, np.ndarray, np.ndarray]:
    """Cosines, then sines; a bin stands for its opposite too.

    But for DC, and the one at the Nyquist frequency of the pixels: where these become more, each of
    the two opposites gets a half of it.
    """
    bins = np.tile(np.arange(shorter // 2 + 1), 2)
    return _cosines_and_sines, bins, np.where((bins == 0) | (2 * bins == length), 1, 2)


def _dct(length: int, shorter: int) -> tuple[Waves, np.ndarray, np.ndarray]:
    """Cosines between pixels, which the image meets at its border as its mirror image."""
    numbers = np.arange(shorter)
    return _half_sample_cosines, numbers, np.where(numbers == 0, 1, 2)


def _hartley(length: int, shorter: int) -> tuple[Waves, np.ndarray, np.ndarray]:
    """cos + sin of frequencies of either sign: the Fourier transform's real less imaginary part.

    Of an even number that is kept, the one at the Nyquist frequency is the negative one.
    """
    numbers = np.arange(shorter) - shorter // 2
    return _cas, numbers, np.ones(shorter)


_KINDS: dict[Kind, Callable[[int, int], tuple[Waves, np.ndarray, np.ndarray]]] = {
    "fourier": _fourier,
    "dct": _dct,
    "hartley": _hartley,
}


# Waves (length, n): one a number, in a column. Whole turns are taken off in whole numbers.


def _cosines_and_sines(length: int, numbers: np.ndarray) -> np.ndarray:
    cosines, sines = np.split(_phases(np.arange(length), numbers, length), 2, axis=1)
    return np.concatenate([np.cos(cosines), -np.sin(sines)], axis=1)


def _half_sample_cosines(length: int, numbers: np.ndarray) -> np.ndarray:
    return np.cos(_phases(2 * np.arange(length) + 1, numbers, 4 * length))


def _cas(length: int, numbers: np.ndarray) -> np.ndarray:
    phases = _phases(np.arange(length), numbers, length)
    return np.cos(phases) + np.sin(phases)


def _phases(places: np.ndarray, numbers: np.ndarray, turn: int) -> np.ndarray:
    """(length, n): 2π place * number / turn."""
    return 2 * np.pi / turn * (np.outer(places, numbers) % turn)
