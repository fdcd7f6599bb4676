"""Pointwise layers of spectra: product, bend, and sum over filters or a dense layer; gradients.

Functions of NumPy arrays that Numba compiles. Each takes the bins `start` to `stop` of all images
and filters and adds to its results, so that threads share the bins without meeting. Nothing of the
size images x filters x bins is kept: it is computed again where needed.

B  images     2  real and imaginary part
F  filters    N  bins of the half spectrum
O  outputs of the head, a dense layer over all bent products
"""

import numpy as np

from specnet.native.pairs import (
    Array,
    Pair,
    add_bent,
    add_gradients,
    add_output_gradients,
    bend,
    dot,
    loop,
    of_channel,
    of_filter,
    of_image,
)


@loop
def sums(
    spectrum: Array, response: Array, floor: np.float32, out: Array, start: int, stop: int
) -> None:
    """Adds to `out` (B, 2, N) the bent products of (B, 2, N) and (2, F, N), summed over F."""
    bins = slice(start, stop)
    for i in range(spectrum.shape[0]):
        for f in range(response.shape[1]):
            pair, function = of_image(spectrum, i, bins), of_filter(response, f, bins)
            add_bent(pair, function, floor, of_image(out, i, bins))


@loop
def sums_gradients(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    upstream: Array,
    to_spectrum: Array,
    to_response: Array,
    start: int,
    stop: int,
) -> None:
    """Adds the gradients of `sums`; `upstream` is (B, 2, N)."""
    bins = slice(start, stop)
    nothing = np.zeros(stop - start, np.float32)
    for i in range(0, spectrum.shape[0], 2):
        # An odd image out is its own partner, with nothing upstream.
        j = min(i + 1, spectrum.shape[0] - 1)
        other = of_image(upstream, j, bins) if j > i else (nothing, nothing)
        for f in range(response.shape[1]):
            add_gradients(
                (of_image(spectrum, i, bins), of_image(spectrum, j, bins)),
                of_filter(response, f, bins),
                floor,
                (of_image(upstream, i, bins), other),
                (of_image(to_spectrum, i, bins), of_image(to_spectrum, j, bins)),
                of_filter(to_response, f, bins),
            )


@loop
def planes(
    spectrum: Array, response: Array, floor: np.float32, out: Array, start: int, stop: int
) -> None:
    """Writes to `out` (B, 2, F, N) the bent products of (B, 2, N) and (2, F, N)."""
    bins = slice(start, stop)
    for i in range(spectrum.shape[0]):
        for f in range(response.shape[1]):
            pair, function = of_image(spectrum, i, bins), of_filter(response, f, bins)
            bend(pair, function, floor, of_channel(out, i, f, bins))


@loop
def planes_gradients(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    upstream: Array,
    to_spectrum: Array,
    to_response: Array,
    start: int,
    stop: int,
) -> None:
    """Adds the gradients of `planes`; `upstream` is (B, 2, F, N)."""
    bins = slice(start, stop)
    nothing = np.zeros(stop - start, np.float32)
    for i in range(0, spectrum.shape[0], 2):
        j = min(i + 1, spectrum.shape[0] - 1)
        for f in range(response.shape[1]):
            add_gradients(
                (of_image(spectrum, i, bins), of_image(spectrum, j, bins)),
                of_filter(response, f, bins),
                floor,
                (
                    of_channel(upstream, i, f, bins),
                    of_channel(upstream, j, f, bins) if j > i else (nothing, nothing),
                ),
                (of_image(to_spectrum, i, bins), of_image(to_spectrum, j, bins)),
                of_filter(to_response, f, bins),
            )


@loop
def outputs(
    spectrum: Array,
    response: Array,
    floor: np.float32,
    matrix: Array,
    out: Array,
    start: int,
    stop: int,
) -> None:
    """Adds to `out` (B, O) the bent products of (B, 2, N) and (2, F, N) times (O, 2, F, N)."""
    bins = slice(start, stop)
    products = (np.empty(stop - start, np.float32), np.empty(stop - start, np.float32))
    for i in range(spectrum.shape[0]):
        for f in range(response.shape[1]):
            bend(of_image(spectrum, i, bins), of_filter(response, f, bins), floor, products)
            for o in range(matrix.shape[0]):
                out[i, o] += dot(products, of_channel(matrix, o, f, bins))


@loop
def _scratch(length: int) -> tuple[Pair, Pair]:
    rows = np.empty((4, length), np.float32)
    return (rows[0], rows[1]), (rows[2], rows[3])


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
    start: int,
    stop: int,
) -> None:
    """Adds the gradients of `outputs`; `upstream` is (B, O)."""
    bins = slice(start, stop)
    products = _scratch(stop - start)
    to_rows = np.empty((4, stop - start), np.float32)
    to_products = ((to_rows[0], to_rows[1]), (to_rows[2], to_rows[3]))
    for i in range(0, spectrum.shape[0], 2):
        j = min(i + 1, spectrum.shape[0] - 1)
        pairs = (of_image(spectrum, i, bins), of_image(spectrum, j, bins))
        to_pairs = (of_image(to_spectrum, i, bins), of_image(to_spectrum, j, bins))
        for f in range(response.shape[1]):
            function = of_filter(response, f, bins)
            bend(pairs[0], function, floor, products[0])
            bend(pairs[1], function, floor, products[1])
            to_rows[:] = 0
            for o in range(matrix.shape[0]):
                second = upstream[j, o] if j > i else np.float32(0)
                add_output_gradients(
                    products,
                    of_channel(matrix, o, f, bins),
                    (upstream[i, o], second),
                    to_products,
                    of_channel(to_matrix, o, f, bins),
                )
            add_gradients(
                pairs, function, floor, to_products, to_pairs, of_filter(to_response, f, bins)
            )
