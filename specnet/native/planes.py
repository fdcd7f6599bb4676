"""Transfer functions from real and imaginary planes to a matrix for each bin, and back.

N  bins, n of a block     S  channels that a filter sees     F  filters
"""

import numpy as np

from specnet.native.compiling import Array, loop

# Bins that are brought into another order at once. Rows of matrices are often a power of two
# apart; with more of them the lines of the nearest cache would push each other out.
_LINES = 8


def matrices(response: Array, start: int, stop: int) -> Array:
    """Bins of planes (2, S, F, N) as complex matrices (n, S, F)."""
    out = np.empty((stop - start, *response.shape[1:3]), np.complex64)
    _from_planes(response, out, start)
    return out


@loop
def _from_planes(planes: Array, out: Array, start: int) -> None:
    """Writes bins of (2, S, F, N), from `start` on, to complex (n, S, F)."""
    for first in range(0, out.shape[0], _LINES):
        last = min(first + _LINES, out.shape[0])
        for c in range(out.shape[1]):
            for f in range(out.shape[2]):
                for n in range(first, last):
                    real, imaginary = planes[0, c, f, start + n], planes[1, c, f, start + n]
                    out[n, c, f] = complex(real, imaginary)


@loop
def to_planes(matrices: Array, out: Array, start: int) -> None:
    """Writes the conjugate of complex (n, S, F) to (2, S, F, N), from bin `start` on."""
    for first in range(0, matrices.shape[0], _LINES):
        last = min(first + _LINES, matrices.shape[0])
        for c in range(matrices.shape[1]):
            for f in range(matrices.shape[2]):
                for n in range(first, last):
                    out[0, c, f, start + n] = matrices[n, c, f].real
                    out[1, c, f, start + n] = -matrices[n, c, f].imag
