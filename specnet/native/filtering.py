"""Images filtered by a transfer function for each pair of channels, and the gradient.

Functions of NumPy arrays. Channels stay last throughout, as images have them: the transforms run
over all channels of a pixel at once, and each bin is a product of two matrices, (B, C) by (C, F),
for which NumPy calls BLAS. A block of bins goes through all of it in the cache.

B  images     C  channels    F  filters
H, W  height and width of the images; h, w of the result; P, Q of both where they repeat, in pixels
V  rows of the half spectrum (V = P), U its columns (U = Q // 2 + 1); N = V * U bins
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np

from specnet.native.compiling import Array, loop
from specnet.native.ffts import irfft2, rfft2
from specnet.native.memory import handed_over, scratch
from specnet.native.threads import blas_on_one_thread, each_block

Size = tuple[int, int]
# So many numbers of all images in a block of bins; of more, the gradient takes 1.5 times as long.
_MOST_NUMBERS = 25_000
# Between so few and so many bins a block: each block costs calls, and its functions cache.
_BINS = (8, 48)
# Bins that are brought into another order at once. Rows of matrices are often a power of two
# apart; with more of them the lines of the nearest cache would push each other out.
_LINES = 8


def forward(
    images: Array,
    response: Array,
    size: Size,
    crop: Size,
    results: Sequence[Array] | None = None,
) -> list[Array]:
    """Images that end in zeros, up to `size`, convolved as if they repeated.

    Args:
        images: (B, H, W, C), float32.
        response: (2, C, F, N), float32; of Hermitian symmetry, only what real filters have counts.
        size: (P, Q).
        crop: (h, w), what is kept of the result, at its top left.
        results: arrays of any content that become the results; new ones if not given.

    Returns:
        (B, h, w, F), and for the gradient the spectra (B, V, U, 2C), real and imaginary parts in
        turn.
    """
    batch, channels, filters = len(images), *response.shape[1:3]
    bins = size[0], size[1] // 2 + 1
    shapes = (batch, *crop, filters), (batch, *bins, 2 * channels)
    out, spectra = _new(*shapes) if results is None else results
    rfft2(images, size, spectra.view(np.complex64))
    with _scratch(batch, size, filters) as products:
        rows, filtered = _rows(spectra.view(np.complex64)), _rows(products)

        def work(thread: int, start: int, stop: int) -> None:
            matrices = _matrices(response, start, stop)
            np.matmul(_by_bin(rows, start, stop), matrices, out=_by_bin(filtered, start, stop))

        with blas_on_one_thread():
            each_block(work, rows.shape[1], _bins_at_once(batch, max(channels, filters)))
        irfft2(products, size, out)
    return [out, spectra]


def gradient(
    response: Array,
    spectra: Array,
    size: Size,
    crop: Size,
    upstream: Array,
    results: Sequence[Array] | None = None,
) -> list[Array]:
    """Gradients of the first result of `forward`.

    Args:
        response, size: as for `forward`.
        spectra: its second result.
        crop: (H, W) of the images.
        upstream: the gradient, (B, h, w, F).
        results: as for `forward`.

    Returns:
        The gradients of the images and of the response.
    """
    batch, channels, filters = len(upstream), *response.shape[1:3]
    shapes = (batch, *crop, channels), response.shape
    to_images, to_response = _new(*shapes) if results is None else results
    weights = _weights(size)
    with _scratch(batch, size, filters) as above, _scratch(batch, size, channels) as products:
        rfft2(upstream, size, above)
        rows, given, adjoints = _rows(spectra.view(np.complex64)), _rows(above), _rows(products)

        def work(thread: int, start: int, stop: int) -> None:
            # The adjoint's functions are conjugate; to conjugate the images costs less.
            conjugate = np.conj(_by_bin(given, start, stop))
            weighted = conjugate * weights[start:stop, None, None]
            transposed = _by_bin(rows, start, stop).transpose(0, 2, 1)
            _to_planes(transposed @ weighted, to_response, start)
            adjoint = conjugate @ _matrices(response, start, stop).transpose(0, 2, 1)
            np.conjugate(adjoint, out=_by_bin(adjoints, start, stop))

        with blas_on_one_thread():
            each_block(work, rows.shape[1], _bins_at_once(batch, max(channels, filters)))
        irfft2(products, size, to_images)
    return [to_images, to_response]


def _new(*shapes: tuple[int, ...]) -> list[Array]:
    return [handed_over(shape, np.float32) for shape in shapes]


def _bins_at_once(batch: int, channels: int) -> int:
    least, most = _BINS
    return min(max(_MOST_NUMBERS // max(1, batch * channels), least), most)


def _scratch(batch: int, size: Size, channels: int) -> AbstractContextManager[Array]:
    """Room for half spectra (B, V, U, C)."""
    return scratch((batch, size[0], size[1] // 2 + 1, channels), np.complex64)


def _rows(spectra: Array) -> Array:
    """(B, V, U, C) -> (B, N, C)."""
    batch, rows, columns, channels = spectra.shape
    return spectra.reshape(batch, rows * columns, channels)


def _weights(size: Size) -> Array:
    """(N,): how much the inverse transform makes of each bin; inner columns stand for two."""
    columns = np.full(size[1] // 2 + 1, 2.0)
    columns[0] = 1
    if size[1] % 2 == 0:
        columns[-1] = 1
    return np.tile(columns / (size[0] * size[1]), size[0]).astype(np.float32)


def _by_bin(rows: Array, start: int, stop: int) -> Array:
    """(B, N, C) -> (n, B, C), a view."""
    return rows[:, start:stop].transpose(1, 0, 2)


def _matrices(response: Array, start: int, stop: int) -> Array:
    """(2, C, F, N) -> complex (n, C, F)."""
    out = np.empty((stop - start, *response.shape[1:3]), np.complex64)
    _from_planes(response, out, start)
    return out


@loop
def _from_planes(planes: Array, out: Array, start: int) -> None:
    """Writes bins of (2, C, F, N), from `start` on, to complex (n, C, F)."""
    for first in range(0, out.shape[0], _LINES):
        last = min(first + _LINES, out.shape[0])
        for c in range(out.shape[1]):
            for f in range(out.shape[2]):
                for n in range(first, last):
                    real, imaginary = planes[0, c, f, start + n], planes[1, c, f, start + n]
                    out[n, c, f] = complex(real, imaginary)


@loop
def _to_planes(matrices: Array, out: Array, start: int) -> None:
    """Writes the conjugate of complex (n, C, F) to (2, C, F, N), from bin `start` on."""
    for first in range(0, matrices.shape[0], _LINES):
        last = min(first + _LINES, matrices.shape[0])
        for c in range(matrices.shape[1]):
            for f in range(matrices.shape[2]):
                for n in range(first, last):
                    out[0, c, f, start + n] = matrices[n, c, f].real
                    out[1, c, f, start + n] = -matrices[n, c, f].imag
