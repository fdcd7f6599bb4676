"""Spectra times transfer functions, where each filter sees all channels, and the gradient.

Functions of NumPy arrays. Each bin is a product of two matrices, (B, C) by (C, F), for which NumPy
calls BLAS; a block of bins goes through all of it in the cache.

B  images     N  bins, n of a block     C  channels     F  filters
"""

import numpy as np

from specnet.native.compiling import Array
from specnet.native.planes import matrices, to_planes
from specnet.native.threads import blas_on_one_thread, each_block

# So many numbers of all images in a block of bins; of more, the gradient takes 1.5 times as long.
_MOST_NUMBERS = 25_000
# Between so few and so many bins a block: each block costs calls, and its functions cache.
_BINS = (8, 48)


def forward(spectra: Array, response: Array, out: Array) -> None:
    """Writes the products (B, N, F) of spectra (B, N, C), complex64, and of (2, C, F, N)."""

    def work(thread: int, start: int, stop: int) -> None:
        functions, products = matrices(response, start, stop), _by_bin(out, start, stop)
        np.matmul(_by_bin(spectra, start, stop), functions, out=products)

    with blas_on_one_thread():
        each_block(work, spectra.shape[1], _bins_at_once(spectra, out))


def gradient(
    spectra: Array,
    response: Array,
    weights: Array,
    upstream: Array,
    to_spectra: Array,
    to_response: Array,
) -> None:
    """Writes the adjoint of `forward` for both of its factors.

    Args:
        spectra, response: as for `forward`.
        weights: (N,), of the sum over bins that the gradient by the response is of.
        upstream: (B, N, F), complex64.
        to_spectra: becomes (B, N, C), complex64.
        to_response: becomes (2, C, F, N).
    """

    def work(thread: int, start: int, stop: int) -> None:
        # The adjoint's functions are conjugate; to conjugate the spectra costs less.
        conjugate = np.conj(_by_bin(upstream, start, stop))
        weighted = conjugate * weights[start:stop, None, None]
        transposed = _by_bin(spectra, start, stop).transpose(0, 2, 1)
        to_planes(transposed @ weighted, to_response, start)
        adjoint = conjugate @ matrices(response, start, stop).transpose(0, 2, 1)
        np.conjugate(adjoint, out=_by_bin(to_spectra, start, stop))

    with blas_on_one_thread():
        each_block(work, spectra.shape[1], _bins_at_once(spectra, upstream))


def _bins_at_once(spectra: Array, filtered: Array) -> int:
    least, most = _BINS
    widest = len(spectra) * max(spectra.shape[2], filtered.shape[2])
    return min(max(_MOST_NUMBERS // max(1, widest), least), most)


def _by_bin(rows: Array, start: int, stop: int) -> Array:
    """(B, N, C) -> (n, B, C), a view."""
    return rows[:, start:stop].transpose(1, 0, 2)
