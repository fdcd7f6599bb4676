"""Transforms along one axis of images whose channels come last, and of their half spectra.

Functions of NumPy arrays that Numba compiles. All channels of a pixel and some more rows or columns
are transformed in one go, as lanes of a vector; real rows two at a time, as the real and the
imaginary part of one.

B  batch     C  channels     L  lanes     2  real and imaginary part
H, W  height and width of images, in pixels     n  length of a transform
V  rows of the half spectrum, U its columns
"""

import numpy as np

from specnet.native import butterflies
from specnet.native.pairs import Array, Pair, loop

# So many lanes fill the registers, and 300 numbers of each the second cache of a core.
LANES = 64


@loop
def _transformed(x: Array, y: Array, radices: Array, twiddles: Array) -> Array:
    """The transform of x (2, n, L) along n, by Stockham's way; in x or y, which it overwrites."""
    rest, done, used = x.shape[1], 1, 0
    for radix in radices:
        rest //= radix
        source = x.reshape(2, radix, rest, done * x.shape[2])
        target = y.reshape(2, rest, radix, done * x.shape[2])
        for m in range(rest):
            factors = twiddles[used : used + radix - 1]
            if radix == 2:
                butterflies.two(source, target, m, factors)
            elif radix == 3:
                butterflies.three(source, target, m, factors)
            elif radix == 4:
                butterflies.four(source, target, m, factors)
            else:
                butterflies.five(source, target, m, factors)
            used += radix - 1
        done *= radix
        x, y = y, x
    return x


@loop
def _split(numbers: Array, real: Array, imaginary: Array) -> None:
    for i in range(numbers.shape[0]):
        real[i], imaginary[i] = numbers[i].real, numbers[i].imag


@loop
def _join(real: Array, imaginary: Array, numbers: Array) -> None:
    for i in range(numbers.shape[0]):
        numbers[i] = complex(real[i], imaginary[i])


@loop
def _copy(numbers: Array, to: Array) -> None:
    for i in range(numbers.shape[0]):
        to[i] = numbers[i]


@loop
def columns_in_place(
    spectra: Array,
    filled: int,
    kept: int,
    inverse: bool,
    radices: Array,
    twiddles: Array,
    start: int,
    stop: int,
) -> None:
    """Columns of (B, V, L), for blocks of lanes `start` to `stop` of all images."""
    length, lanes = spectra.shape[1:]
    blocks = -(-lanes // LANES)
    # The inverse transform is the transform with real and imaginary part exchanged.
    real, imaginary = (1, 0) if inverse else (0, 1)
    for task in range(start, stop):
        b, first = task // blocks, task % blocks * LANES
        block = slice(first, min(first + LANES, lanes))
        x = np.zeros((2, length, block.stop - first), np.float32)
        for v in range(filled):
            _split(spectra[b, v, block], x[real, v], x[imaginary, v])
        z = _transformed(x, np.empty_like(x), radices, twiddles)
        for v in range(kept):
            _join(z[real, v], z[imaginary, v], spectra[b, v, block])


@loop
def rows_forward(
    images: Array,
    out: Array,
    length: int,
    radices: Array,
    twiddles: Array,
    group: int,
    start: int,
    stop: int,
) -> None:
    """Rows of (B, H, W, C) to (B, V, U, C), for pairs of groups `start` to `stop` of all images."""
    height, width, channels = images.shape[1:]
    pairs = -(-height // (2 * group))
    for task in range(start, stop):
        b, first = task // pairs, task % pairs * 2 * group
        x = np.zeros((2, length, group * channels), np.float32)
        rows = range(first, min(first + 2 * group, height))
        for row in rows:
            part, lanes = _place(row - first, group, channels)
            for w in range(width):
                _copy(images[b, row, w], x[part, w, lanes])
        z = _transformed(x, np.empty_like(x), radices, twiddles)
        for row in rows:
            part, lanes = _place(row - first, group, channels)
            for u in range(out.shape[2]):
                v = (length - u) % length
                _one_of_two(
                    (z[part, u, lanes], z[1 - part, u, lanes]),
                    (z[part, v, lanes], z[1 - part, v, lanes]),
                    np.float32(0.5 - part),
                    out[b, row, u],
                )


@loop
def _place(row: int, group: int, channels: int) -> tuple[int, slice]:
    """The part, real or imaginary, and the lanes of a row."""
    return row // group, slice(row % group * channels, (row % group + 1) * channels)


@loop
def _one_of_two(at: Pair, mirrored: Pair, half: np.float32, out: Array) -> None:
    """The spectrum of one real row, of that of two; `half` is negative for the imaginary one."""
    (a, b), (c, d) = at, mirrored
    for i in range(out.shape[0]):
        out[i] = complex(np.float32(0.5) * (a[i] + c[i]), half * (b[i] - d[i]))


@loop
def rows_inverse(
    spectra: Array,
    out: Array,
    scale: np.float32,
    length: int,
    radices: Array,
    twiddles: Array,
    group: int,
    start: int,
    stop: int,
) -> None:
    """Rows of (B, V, U, C) to (B, H, W, C), for pairs of groups `start` to `stop` of all images."""
    height, width, channels = out.shape[1:]
    pairs = -(-height // (2 * group))
    for task in range(start, stop):
        b, first = task // pairs, task % pairs * 2 * group
        x = np.zeros((2, length, group * channels), np.float32)
        rows = range(first, min(first + 2 * group, height))
        for row in rows:
            part, lanes = _place(row - first, group, channels)
            for u in range(spectra.shape[2]):
                v = (length - u) % length
                # Real and imaginary part are exchanged, as in `columns_in_place`.
                at = (x[1 - part, u, lanes], x[part, u, lanes])
                sign = np.float32(0 if u == v else scale * (1 - 2 * part))
                _add(spectra[b, row, u], scale, sign, at)
                if u != v:
                    at = (x[1 - part, v, lanes], x[part, v, lanes])
                    _add(spectra[b, row, u], scale, -sign, at)
        z = _transformed(x, np.empty_like(x), radices, twiddles)
        for row in rows:
            part, lanes = _place(row - first, group, channels)
            for w in range(width):
                _copy(z[1 - part, w, lanes], out[b, row, w])


@loop
def _add(spectrum: Array, scale: np.float32, imaginary: np.float32, to: Pair) -> None:
    (x, y) = to
    for i in range(spectrum.shape[0]):
        x[i] += scale * spectrum[i].real
        y[i] += imaginary * spectrum[i].imag
