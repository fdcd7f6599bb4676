"""Spectra times transfer functions, where each filter sees all channels, and the gradient.

Functions of NumPy arrays. Each bin is a product of two matrices, (B, C) by (C, F), for which NumPy
calls BLAS; a block of bins goes through all of it in the cache. BLAS is faster with real matrices
than with complex ones, twice for 8 images of 32 channels: so complex numbers next to each other
are taken for two real columns, and what they are multiplied with has its two parts one below the
other.

B  images     N  bins, n of a block     C  channels     F  filters
"""

import numpy as np

from specnet.native.compiling import Array, loop
from specnet.native.memory import scratch
from specnet.native.planes import from_planes, to_planes
from specnet.native.threads import blas_on_one_thread, each_block

# So many numbers of all images in a block of bins; with a fourth of it, products of 32 images and
# 32 x 32 filters took 1.5 times as long: planes are read in runs of the bins of a block.
_MOST_NUMBERS = 100_000
# Between so few and so many bins a block: each block costs calls, and its functions cache.
_BINS = (8, 96)


def forward(spectra: Array, response: Array, out: Array) -> None:
    """Writes the products (B, N, F) of spectra (B, N, C), complex64, and of (2, C, F, N)."""
    (batch, _, channels), filters = spectra.shape, out.shape[2]

    def work(thread: int, start: int, stop: int) -> None:
        n = stop - start
        with (
            scratch((n, channels, filters), np.complex64) as functions,
            scratch((n, 2 * batch, channels), np.float32) as parts,
            scratch((n, 2 * batch, filters), np.complex64) as products,
        ):
            from_planes(response, functions, start)
            _split(spectra, parts, start)
            np.matmul(parts, _columns(functions), out=_columns(products))
            _add_parts(products, out, start)

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
    (batch, _, channels), filters = spectra.shape, upstream.shape[2]

    def work(thread: int, start: int, stop: int) -> None:
        n = stop - start
        with (
            scratch((n, channels, filters), np.complex64) as functions,
            scratch((n, 2 * batch, channels), np.float32) as parts,
            scratch((n, 2 * batch, filters), np.complex64) as turned,
        ):
            from_planes(response, functions, start)
            _turn(upstream, turned, start)
            np.matmul(_columns(turned), _columns(functions).transpose(0, 2, 1), out=parts)
            _join(parts, to_spectra, start)
            turned *= weights[start:stop, None, None]
            _split(spectra, parts, start)
            np.matmul(parts.transpose(0, 2, 1), _columns(turned), out=_columns(functions))
            to_planes(functions, to_response, start)

    with blas_on_one_thread():
        each_block(work, spectra.shape[1], _bins_at_once(spectra, upstream))


def _bins_at_once(spectra: Array, filtered: Array) -> int:
    least, most = _BINS
    widest = len(spectra) * max(spectra.shape[2], filtered.shape[2])
    return min(max(_MOST_NUMBERS // max(1, widest), least), most)


def _columns(matrices: Array) -> Array:
    """Complex (n, M, F) as real (n, M, 2F), a view."""
    return matrices.view(np.float32)


@loop
def _split(spectra: Array, out: Array, start: int) -> None:
    """Writes bins of (B, N, C) to (n, 2B, C): real parts, and below them the imaginary ones."""
    batch, channels = np.uint64(spectra.shape[0]), np.uint64(spectra.shape[2])
    for n in range(np.uint64(out.shape[0])):
        for b in range(batch):
            for c in range(channels):
                out[n, b, c] = spectra[b, np.uint64(start) + n, c].real
                out[n, batch + b, c] = spectra[b, np.uint64(start) + n, c].imag


@loop
def _turn(spectra: Array, out: Array, start: int) -> None:
    """Writes bins of (B, N, F) to complex (n, 2B, F): the same, and below it -i times that."""
    batch, filters = np.uint64(spectra.shape[0]), np.uint64(spectra.shape[2])
    for n in range(np.uint64(out.shape[0])):
        for b in range(batch):
            for f in range(filters):
                z = spectra[b, np.uint64(start) + n, f]
                out[n, b, f] = z
                out[n, batch + b, f] = complex(z.imag, -z.real)


@loop
def _add_parts(products: Array, out: Array, start: int) -> None:
    """Writes to bins of (B, N, F) the first B of (n, 2B, F), and i times the others to them."""
    batch, filters = np.uint64(out.shape[0]), np.uint64(out.shape[2])
    for n in range(np.uint64(products.shape[0])):
        for b in range(batch):
            for f in range(filters):
                z, w = products[n, b, f], products[n, batch + b, f]
                out[b, np.uint64(start) + n, f] = complex(z.real - w.imag, z.imag + w.real)


@loop
def _join(parts: Array, out: Array, start: int) -> None:
    """Writes to bins of complex (B, N, C) their real and imaginary parts, one below the other."""
    batch, channels = np.uint64(out.shape[0]), np.uint64(out.shape[2])
    for n in range(np.uint64(parts.shape[0])):
        for b in range(batch):
            for c in range(channels):
                out[b, np.uint64(start) + n, c] = complex(parts[n, b, c], parts[n, batch + b, c])
