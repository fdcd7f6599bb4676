"""Pointwise layers of spectra: product, bend, and sum over filters or a dense layer; gradients.

Functions of NumPy arrays that Numba compiles. Each takes the bins `start` to `stop`, unsigned, of
all images and filters and writes those of its results, so that threads share the bins without
meeting. Nothing of the size images x filters x bins is kept: it is computed again where needed.

A bend is max(x, floor), with floor 0 the ReLU, with minus infinity the identity. It is written so
that NaN stays NaN, by which a diverged training is known.

B  images     2  real and imaginary part
F  filters    N  bins of the half spectrum
O  outputs of the head, a dense layer over all bent products
"""

import numpy as np

from specnet.native.compiling import Array, loop

Bin = int | np.uintp
Parts = tuple[np.float32, np.float32]  # real and imaginary


@loop
def sums(
    spectrum: Array, response: Array, floor: np.float32, out: Array, start: Bin, stop: Bin
) -> None:
    """Writes to `out` (B, 2, N) the bent products of (B, 2, N) and (2, F, N), summed over F."""
    for i in range(spectrum.shape[0]):
        _clear(out[i], start, stop)
        for f in range(response.shape[1]):
            for n in range(start, stop):
                x, y = _product(spectrum, response, i, f, n)
                out[i, 0, n] += _bent(x, floor)
                out[i, 1, n] += _bent(y, floor)


@loop
def sums_gradients(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    upstream: Array,
    to_spectrum: Array,
    to_response: Array,
    start: Bin,
    stop: Bin,
) -> None:
    """Writes the gradients of `sums`; `upstream` is (B, 2, N)."""
    for f in range(response.shape[1]):
        _clear(to_response[:, f], start, stop)
    for i in range(spectrum.shape[0]):
        _clear(to_spectrum[i], start, stop)
        for f in range(response.shape[1]):
            for n in range(start, stop):
                x, y = _product(spectrum, response, i, f, n)
                x = _through(x, floor, upstream[i, 0, n])
                y = _through(y, floor, upstream[i, 1, n])
                _add_gradients(spectrum, response, x, y, to_spectrum, to_response, i, f, n)


@loop
def planes(
    spectrum: Array, response: Array, floor: np.float32, out: Array, start: Bin, stop: Bin
) -> None:
    """Writes to `out` (B, 2, F, N) the bent products of (B, 2, N) and (2, F, N)."""
    for i in range(spectrum.shape[0]):
        for f in range(response.shape[1]):
            for n in range(start, stop):
                x, y = _product(spectrum, response, i, f, n)
                out[i, 0, f, n] = _bent(x, floor)
                out[i, 1, f, n] = _bent(y, floor)


@loop
def planes_gradients(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    upstream: Array,
    to_spectrum: Array,
    to_response: Array,
    start: Bin,
    stop: Bin,
) -> None:
    """Writes the gradients of `planes`; `upstream` is (B, 2, F, N)."""
    for f in range(response.shape[1]):
        _clear(to_response[:, f], start, stop)
    for i in range(spectrum.shape[0]):
        _clear(to_spectrum[i], start, stop)
        for f in range(response.shape[1]):
            for n in range(start, stop):
                x, y = _product(spectrum, response, i, f, n)
                x = _through(x, floor, upstream[i, 0, f, n])
                y = _through(y, floor, upstream[i, 1, f, n])
                _add_gradients(spectrum, response, x, y, to_spectrum, to_response, i, f, n)


@loop
def outputs(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    matrix: Array,
    out: Array,
    start: Bin,
    stop: Bin,
) -> None:
    """Adds to `out` (B, O) the bent products of (B, 2, N) and (2, F, N) times (O, 2, F, N)."""
    row = np.empty((2, stop - start), np.float32)
    for i in range(spectrum.shape[0]):
        for f in range(response.shape[1]):
            for n in range(start, stop):
                x, y = _product(spectrum, response, i, f, n)
                row[0, n - start], row[1, n - start] = _bent(x, floor), _bent(y, floor)
            for o in range(matrix.shape[0]):
                total = np.float32(0)
                for n in range(start, stop):
                    total += row[0, n - start] * matrix[o, 0, f, n]
                    total += row[1, n - start] * matrix[o, 1, f, n]
                out[i, o] += total


@loop
def outputs_gradients(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    matrix: Array,
    upstream: Array,
    to_spectrum: Array,
    to_response: Array,
    to_matrix: Array,
    start: Bin,
    stop: Bin,
) -> None:
    """Writes the gradients of `outputs`; `upstream` is (B, O)."""
    row = np.empty((2, stop - start), np.float32)
    to_row = np.empty((2, stop - start), np.float32)
    for f in range(response.shape[1]):
        _clear(to_response[:, f], start, stop)
        for o in range(matrix.shape[0]):
            _clear(to_matrix[o, :, f], start, stop)
    for i in range(spectrum.shape[0]):
        _clear(to_spectrum[i], start, stop)
        for f in range(response.shape[1]):
            for n in range(start, stop):
                x, y = _product(spectrum, response, i, f, n)
                row[0, n - start], row[1, n - start] = _bent(x, floor), _bent(y, floor)
            to_row[:] = 0
            for o in range(matrix.shape[0]):
                u = upstream[i, o]
                for part in range(2):
                    for n in range(start, stop):
                        to_row[part, n - start] += u * matrix[o, part, f, n]
                        to_matrix[o, part, f, n] += u * row[part, n - start]
            for n in range(start, stop):
                x = _through(row[0, n - start], floor, to_row[0, n - start])
                y = _through(row[1, n - start], floor, to_row[1, n - start])
                _add_gradients(spectrum, response, x, y, to_spectrum, to_response, i, f, n)


@loop
def outputs_ahead(matrix: Array, out: Array, start: Bin, stop: Bin) -> None:
    """Writes weights (2, F, N, O), as a dense layer has them, to `out` (O, 2, F, N)."""
    for part in range(2):
        for f in range(matrix.shape[1]):
            for o in range(matrix.shape[3]):
                for n in range(start, stop):
                    out[o, part, f, n] = matrix[part, f, n, o]


@loop
def outputs_last(matrix: Array, out: Array, start: Bin, stop: Bin) -> None:
    """Writes (O, 2, F, N) to `out` (2, F, N, O), as a dense layer has its weights."""
    for part in range(2):
        for f in range(out.shape[1]):
            for o in range(out.shape[3]):
                for n in range(start, stop):
                    out[part, f, n, o] = matrix[o, part, f, n]


@loop
def _clear(pair: Array, start: Bin, stop: Bin) -> None:
    for n in range(start, stop):
        pair[0, n] = pair[1, n] = 0


@loop
def _product(spectrum: Array, response: Array, i: int, f: int, n: Bin) -> Parts:
    a, b, p, q = spectrum[i, 0, n], spectrum[i, 1, n], response[0, f, n], response[1, f, n]
    return a * p - b * q, a * q + b * p


@loop
def _bent(x: np.float32, floor: np.float32) -> np.float32:
    return floor if x < floor else x


@loop
def _through(x: np.float32, floor: np.float32, upstream: np.float32) -> np.float32:
    """The gradient of a product that is, or will be, bent."""
    return upstream if x > floor else np.float32(0)


@loop
def _add_gradients(
    spectrum: Array,
    response: Array,
    x: np.float32,
    y: np.float32,
    to_spectrum: Array,
    to_response: Array,
    i: int,
    f: int,
    n: Bin,
) -> None:
    """Adds what the gradient (x, y) of one product is for its two factors."""
    a, b, p, q = spectrum[i, 0, n], spectrum[i, 1, n], response[0, f, n], response[1, f, n]
    to_spectrum[i, 0, n] += x * p + y * q
    to_spectrum[i, 1, n] += y * p - x * q
    to_response[0, f, n] += x * a + y * b
    to_response[1, f, n] += y * a - x * b
