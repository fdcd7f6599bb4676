"""Memory of the size of batches, without asking the system for it in each training step.

Fresh pages cost as much as a transform of what they hold, several times that where memory is in
small pieces. What goes to TensorFlow is fresh, but aligned, so that TensorFlow does not copy it.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np

from specnet.native.pairs import Array

# What TensorFlow takes over without a copy begins at a multiple of so many bytes.
_ALIGNMENT = 64
# As many as one operation needs at a time.
_KEPT = 2

_free: list[Array] = []
_lock = Lock()


def aligned(shape: tuple[int, ...], dtype: type) -> Array:
    """An array of any content that TensorFlow does not copy."""
    return _view(_bytes(_size(shape, dtype)), shape, dtype)


@contextmanager
def scratch(shape: tuple[int, ...], dtype: type) -> Iterator[Array]:
    """An array of any content, whose memory is kept for the next that asks."""
    with _lock:
        buffer = _free.pop() if _free else None
    if buffer is None or len(buffer) < _size(shape, dtype):
        buffer = _bytes(_size(shape, dtype))
    try:
        yield _view(buffer, shape, dtype)
    finally:
        with _lock:
            _free.append(buffer)
            _free.sort(key=len)
            del _free[:-_KEPT]


def _size(shape: tuple[int, ...], dtype: type) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize


def _bytes(count: int) -> Array:
    memory = np.empty(count + _ALIGNMENT, np.uint8)
    return memory[-memory.ctypes.data % _ALIGNMENT :]


def _view(buffer: Array, shape: tuple[int, ...], dtype: type) -> Array:
    return buffer[: _size(shape, dtype)].view(dtype).reshape(shape)
