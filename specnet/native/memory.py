"""Memory of the size of batches, without asking the system for it in each training step.

Fresh pages cost as much as a transform of what they hold, and several times that where the machine
is a virtual one. So memory that is no longer used is kept here, up to a limit, for the next array.
"""

import math
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np

from specnet.native.pairs import Array

# What TensorFlow takes over without a copy begins at a multiple of so many bytes.
_ALIGNMENT = 64


def _share_of_memory() -> int:
    """An eighth of the machine's memory, in bytes; 1 GiB where that is not known."""
    if not hasattr(os, "sysconf"):
        return 2**30
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8


_MOST_KEPT = _share_of_memory()
_free: list[Array] = []
_lock = Lock()


def handed_over(shape: tuple[int, ...], dtype: type) -> Array:
    """An array of any content that TensorFlow takes over without a copy.

    Its memory comes back when this very object goes; no view of it may live longer.
    """
    buffer = _take(_size(shape, dtype))
    array = _view(buffer, shape, dtype)
    weakref.finalize(array, _give_back, buffer).atexit = False
    return array


@contextmanager
def scratch(shape: tuple[int, ...], dtype: type) -> Iterator[Array]:
    """An array of any content, for the time of a `with`."""
    buffer = _take(_size(shape, dtype))
    try:
        yield _view(buffer, shape, dtype)
    finally:
        _give_back(buffer)


def _take(size: int) -> Array:
    """A free buffer that is large enough, but not more than twice that; else a fresh one."""
    with _lock:
        for place, buffer in enumerate(_free):
            if size <= len(buffer) <= 2 * size:
                return _free.pop(place)
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size]


def _give_back(buffer: Array) -> None:
    with _lock:
        _free.append(buffer)
        while sum(map(len, _free)) > _MOST_KEPT:
            del _free[0]  # that which has waited longest


def _size(shape: tuple[int, ...], dtype: type) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize


def _view(buffer: Array, shape: tuple[int, ...], dtype: type) -> Array:
    return buffer[: _size(shape, dtype)].view(dtype).reshape(shape)
