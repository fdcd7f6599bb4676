"""Discrete Fourier transforms of images whose channels come last.

Functions of NumPy arrays over axes 1 and 2, that share the loops of `passes` among threads. Lengths
with other factors than 2, 3 and 5 are SciPy's.

B  batch     C  channels
H, W  height and width of images; P, Q where they repeat, in pixels
V  rows of the half spectrum (V = P), U its columns (U = Q // 2 + 1)
"""

from functools import cache

import numpy as np
from scipy import fft

from specnet.native.pairs import Array
from specnet.native.passes import LANES, columns_in_place, rows_forward, rows_inverse
from specnet.native.threads import each_block, threads

Size = tuple[int, int]


def rfft2(images: Array, size: Size, out: Array) -> None:
    """Writes the half spectra of images that end in zeros.

    Args:
        images: (B, H, W, C), float32.
        size: (P, Q), at least (H, W).
        out: (B, V, U, C), complex64.
    """
    if not _is_smooth(size):
        rows = fft.rfft(images, size[1], axis=2, workers=threads())
        out[:] = fft.fft(rows, size[0], axis=1, workers=threads(), overwrite_x=True)
        return
    batch, height, _, channels = images.shape
    group, tasks = _groups(height, channels)

    def work(thread: int, start: int, stop: int) -> None:
        rows_forward(images, out, size[1], *_plan(size[1]), group, start, stop)

    each_block(work, batch * tasks, batch * tasks)
    _columns(out, height, size[0], inverse=False)


def irfft2(spectra: Array, size: Size, out: Array) -> None:
    """Writes the images of half spectra, of what these have of Hermitian symmetry.

    Args:
        spectra: (B, V, U, C), complex64; overwritten.
        size: (P, Q).
        out: (B, H, W, C), float32: the images at their top left.
    """
    batch, height, width, channels = out.shape
    if not _is_smooth(size):
        rows = fft.ifft(spectra, axis=1, workers=threads(), overwrite_x=True)[:, :height]
        out[:] = fft.irfft(rows, size[1], axis=2, workers=threads())[:, :, :width]
        return
    group, tasks = _groups(height, channels)
    scale = np.float32(1 / (size[0] * size[1]))

    def work(thread: int, start: int, stop: int) -> None:
        rows_inverse(spectra, out, scale, size[1], *_plan(size[1]), group, start, stop)

    _columns(spectra, size[0], height, inverse=True)
    each_block(work, batch * tasks, batch * tasks)


def _columns(spectra: Array, filled: int, kept: int, inverse: bool) -> None:
    """Transforms (B, V, U, C) along V, in place.

    Rows from `filled` on count as zeros; those from `kept` on are left undefined.
    """
    batch, length, columns, channels = spectra.shape
    lanes = spectra.reshape(batch, length, columns * channels)
    tasks = batch * -(-lanes.shape[2] // LANES)

    def work(thread: int, start: int, stop: int) -> None:
        columns_in_place(lanes, filled, kept, inverse, *_plan(length), start, stop)

    each_block(work, tasks, tasks)


def _groups(rows: int, channels: int) -> tuple[int, int]:
    """How many rows fill the lanes, and how many pairs of such groups there are."""
    group = max(1, LANES // channels)
    return group, -(-rows // (2 * group))


def _is_smooth(size: Size) -> bool:
    """Whether both lengths have no other prime factors than 2, 3 and 5."""
    # No length has as many as 30 factors 2, 3 or 5.
    return all(pow(2 * 3 * 5, 30, length) == 0 for length in size)


@cache
def _plan(length: int) -> tuple[Array, Array]:
    """The radices of a length, and the twiddle factors of its transform, in the order of use."""
    radices, twiddles, rest = [], [np.empty(0, complex)], length
    while rest > 1:
        radix = next(r for r in (5, 4, 3, 2) if rest % r == 0)
        turns = np.outer(np.arange(rest // radix), np.arange(1, radix)) / rest
        twiddles.append(np.exp(-2j * np.pi * turns).ravel())
        radices.append(radix)
        rest //= radix
    factors = np.concatenate(twiddles)
    return np.array(radices, np.int64), np.stack([factors.real, factors.imag], -1).astype("float32")
