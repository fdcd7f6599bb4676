"""Spectra times transfer functions, where each filter sees one channel, and the gradient.

Functions of NumPy arrays, in one pass over them. Filter f sees channel f // M.

B  images     N  bins     C  channels     F  filters     M  filters of a channel (F = M * C)
n  bins of a block
"""

import numpy as np

from specnet.native.compiling import Array, loop
from specnet.native.memory import scratch
from specnet.native.planes import from_planes, to_planes
from specnet.native.threads import each_block

# Bins of a block: their functions stay in the cache while all images pass, and spectra are read in
# long runs; with 16 the gradient took a third more.
_BLOCK = 256


def forward(spectra: Array, response: Array, out: Array) -> None:
    """Writes the products (B, N, F) of spectra (B, N, C), complex64, and of (2, 1, F, N)."""

    def work(thread: int, start: int, stop: int) -> None:
        with scratch((stop - start, 1, out.shape[2]), np.complex64) as functions:
            from_planes(response, functions, start)
            _multiply(spectra, functions[:, 0], out, start)

    each_block(work, spectra.shape[1], _BLOCK)


def gradient(
    spectra: Array,
    response: Array,
    weights: Array,
    upstream: Array,
    to_spectra: Array,
    to_response: Array,
) -> None:
    """The same as `full.gradient`, with response and its gradient (2, 1, F, N)."""

    def work(thread: int, start: int, stop: int) -> None:
        shape = stop - start, 1, upstream.shape[2]
        with scratch(shape, np.complex64) as functions, scratch(shape, np.complex64) as sums:
            from_planes(response, functions, start)
            sums[:] = 0
            conjugates = np.conjugate(functions, out=functions)[:, 0]
            _adjoint(spectra, conjugates, upstream, to_spectra, sums[:, 0], start)
            sums *= weights[start:stop, None, None]
            to_planes(sums, to_response, start)

    each_block(work, spectra.shape[1], _BLOCK)


@loop
def _multiply(spectra: Array, functions: Array, out: Array, start: int) -> None:
    channels, times = np.uint64(spectra.shape[2]), np.uint64(out.shape[2] // spectra.shape[2])
    for b in range(np.uint64(spectra.shape[0])):
        for i in range(np.uint64(functions.shape[0])):
            n = np.uint64(start) + i
            if times == 1:
                for c in range(channels):
                    out[b, n, c] = spectra[b, n, c] * functions[i, c]
            else:
                for c in range(channels):
                    for f in range(c * times, (c + np.uint64(1)) * times):
                        out[b, n, f] = spectra[b, n, c] * functions[i, f]


@loop
def _adjoint(
    spectra: Array, conjugates: Array, upstream: Array, to_spectra: Array, sums: Array, start: int
) -> None:
    channels, times = np.uint64(spectra.shape[2]), np.uint64(upstream.shape[2] // spectra.shape[2])
    for b in range(np.uint64(spectra.shape[0])):
        for i in range(np.uint64(conjugates.shape[0])):
            n = np.uint64(start) + i
            if times == 1:
                for c in range(channels):
                    sums[i, c] += spectra[b, n, c].conjugate() * upstream[b, n, c]
                for c in range(channels):
                    to_spectra[b, n, c] = upstream[b, n, c] * conjugates[i, c]
            else:
                for c in range(channels):
                    total = np.complex64(0)
                    for f in range(c * times, (c + np.uint64(1)) * times):
                        sums[i, f] += spectra[b, n, c].conjugate() * upstream[b, n, f]
                        total += upstream[b, n, f] * conjugates[i, f]
                    to_spectra[b, n, c] = total
