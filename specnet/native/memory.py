"""Memory of the size of batches, without asking the system for it in each training step.

Fresh pages cost as much as a transform of what they hold, and several times that where the machine
is a virtual one. So memory that is no longer used is kept here, up to a limit, for the next array.
"""

import math
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock

import numpy as np

from specnet.native.compiling import Array

# What TensorFlow takes over without a copy begins at a multiple of so many bytes.
_ALIGNMENT = 64


def _share_of_memory() -> int:
    """An eighth of what this process may have, in bytes; 1 GiB where that is not known."""
    if not hasattr(os, "sysconf"):
        return 2**30
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")  # of a container
    words = limit.read_text().strip() if limit.exists() else ""
    return min(whole, int(words) if words.isdecimal() else whole) // 8


_MOST_KEPT = _share_of_memory()
_free: list[Array] = []
# Buffers come back here. A finalizer may run at any moment, also where the lock is held.
_returned: SimpleQueue[Array] = SimpleQueue()
_lock = Lock()


def handed_over(shape: tuple[int, ...], dtype: type) -> Array:
    """An array of any content that TensorFlow takes over without a copy, in traced functions.

    Its memory comes back when this very object goes; no view of it may live longer.
    """
    buffer = _take(_size(shape, dtype))
    array = _view(buffer, shape, dtype)
    weakref.finalize(array, _returned.put, buffer).atexit = False
    return array


@contextmanager
def scratch(shape: tuple[int, ...], dtype: type) -> Iterator[Array]:
    """An array of any content, for the time of a `with`."""
    buffer = _take(_size(shape, dtype))
    try:
        yield _view(buffer, shape, dtype)
    finally:
        _returned.put(buffer)


def _take(size: int) -> Array:
    """A free buffer that is large enough, but not more than twice that; else a fresh one."""
    with _lock:
        _collect()
        for place, buffer in enumerate(_free):
            if size <= len(buffer) <= 2 * size:
                return _free.pop(place)
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size]


def _collect() -> None:
    """Brings buffers that came back among the free ones, as far as the limit allows."""
    with suppress(Empty):
        while True:
            _free.append(_returned.get_nowait())
    while sum(map(len, _free)) > _MOST_KEPT:
        del _free[0]  # that which has waited longest


def _size(shape: tuple[int, ...], dtype: type) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize


def _view(buffer: Array, shape: tuple[int, ...], dtype: type) -> Array:
    return buffer[: _size(shape, dtype)].view(dtype).reshape(shape)


def _forget() -> None:
    """Release the lock in a forked process, whoever held it in its parent."""
    global _lock
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
