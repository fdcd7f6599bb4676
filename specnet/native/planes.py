"""Transfer functions from real and imaginary planes to a matrix for each bin, and back.

N  bins, n of a block     S  channels that a filter sees     F  filters     K  functions, S * F
"""

import numpy as np

from specnet.native.compiling import Array, loop

# Functions that are brought into another order at once: whole cache lines of a matrix, whose rows
# are often a power of two apart, so that lines half written would push each other out.
_FUNCTIONS = 16


def from_planes(response: Array, out: Array, start: int) -> None:
    """Writes bins of planes (2, S, F, N), from `start` on, to complex (n, S, F)."""
    _from_planes(_flat(response), out.reshape(len(out), -1), start)


def to_planes(matrices: Array, out: Array, start: int) -> None:
    """Writes complex (n, S, F) to (2, S, F, N), from bin `start` on."""
    _to_planes(matrices.reshape(len(matrices), -1), _flat(out), start)


def _flat(planes: Array) -> Array:
    """(2, S, F, N) -> (2, K, N), a view."""
    return planes.reshape(2, -1, planes.shape[-1])


@loop
def _from_planes(planes: Array, out: Array, start: int) -> None:
    first, count, functions = np.uint64(start), np.uint64(out.shape[0]), np.uint64(out.shape[1])
    for low in range(np.uint64(0), functions, np.uint64(_FUNCTIONS)):
        high = min(low + np.uint64(_FUNCTIONS), functions)
        for n in range(count):
            for k in range(low, high):
                out[n, k] = complex(planes[0, k, first + n], planes[1, k, first + n])


@loop
def _to_planes(matrices: Array, out: Array, start: int) -> None:
    first, (count, functions) = np.uint64(start), matrices.shape
    for low in range(np.uint64(0), np.uint64(functions), np.uint64(_FUNCTIONS)):
        high = min(low + np.uint64(_FUNCTIONS), np.uint64(functions))
        for n in range(np.uint64(count)):
            for k in range(low, high):
                out[0, k, first + n] = matrices[n, k].real
                out[1, k, first + n] = matrices[n, k].imag
