"""Whether what is traced shall run in programs that know real numbers and common operations alone.

ONNX Runtime and LiteRT have no FFT of half spectra, no complex numbers and no XLA.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from keras import ops

Tensor = Any

_here = threading.local()


@contextmanager
def portable() -> Iterator[None]:
    """Where transforms are products of matrices, and nothing is compiled apart."""
    before, _here.portable = is_portable(), True
    try:
        yield
    finally:
        _here.portable = before


def is_portable() -> bool:
    """Whether `portable` is around this."""
    return getattr(_here, "portable", False)


def flip(x: Tensor, axis: int) -> Tensor:
    """x backwards along an axis of known length."""
    if not is_portable():
        return ops.flip(x, axis)
    # ONNX knows reversed sequences alone, and LiteRT no rolling.
    return ops.take(x, np.arange(x.shape[axis])[::-1], axis)


def mirrored_rows(x: Tensor, rank: int = 2) -> Tensor:
    """Row -v of x in place of row v, (..., V, U); with `rank` n, so of the n - 1 axes before U."""
    axes = tuple(range(-rank, -1))
    if not is_portable():
        return ops.roll(ops.flip(x, axis=axes), (1,) * len(axes), axis=axes) if axes else x
    for axis in axes:
        x = ops.take(x, -np.arange(x.shape[axis]) % x.shape[axis], axis=axis)
    return x
