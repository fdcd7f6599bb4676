"""Shares bins among threads.

N  bins of the half spectrum
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import OpenBLASController, ThreadpoolController

# The rows of one image and one filter then fit into the cache nearest to a core, and starting a
# loop costs little next to it; measured for 6 and 32 filters.
BLOCK = 768


def each_block(work: Callable[[int, int, int], None], bins: int, block: int = BLOCK) -> None:
    """Calls work(thread, start, stop) for blocks that together are the bins 0 to N, in threads.

    Blocks of one thread come one after the other, so `work` may add to what belongs to its thread.
    """
    count = threads()
    rounds = max(1, -(-bins // (count * max(1, block))))
    edges = [bins * i // (count * rounds) for i in range(count * rounds + 1)]

    def share(thread: int) -> None:
        for i in range(thread * rounds, (thread + 1) * rounds):
            if edges[i] < edges[i + 1]:
                work(thread, edges[i], edges[i + 1])

    shares = _begun(share, count)
    try:
        wait(shares)
    finally:
        wait(shares)  # also after Ctrl-C: nothing may be written to what others have by then
    for each in shares:
        each.result()


def _begun(share: Callable[[int], None], count: int) -> list[Future]:
    try:
        return [_pool().submit(share, thread) for thread in range(count)]
    except RuntimeError:  # the interpreter ends, and this thread goes on
        for thread in range(count):
            share(thread)
        return []


@cache
def threads() -> int:
    """Threads that loops are shared among: OMP_NUM_THREADS, or one for each core."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdecimal() and int(limit):
        return int(limit)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def wrong_variable() -> tuple[str, str] | None:
    """A variable of which ducc0 makes no number of threads, and what to do about it.

    It reads them at its first transform; what it raises names neither.
    """
    for name in ("OMP_NUM_THREADS", "DUCC0_NUM_THREADS"):
        value = os.environ.get(name, "1").strip()
        if not (value.isascii() and value.isdecimal()):
            words = f"{name}: expected a whole number of threads, found '{value}'"
            return words, f"correct {name}, or unset it"
    return None


class _BlasLimit:
    """BLAS with one thread as long as anyone wants that.

    The last to leave need not be the thread that was first to enter; of OpenBLAS, threadpoolctl
    would let no other set the number, and say nothing.
    """

    def __init__(self) -> None:
        self.lock, self.users, self.limit = Lock(), 0, None

    def enter(self) -> None:
        """The first limits it."""
        with self.lock:
            if self.users == 0:
                OpenBLASController.clear_controlling_thread(force=True)
                self.limit = _blas().limit(limits=1)
            self.users += 1

    def leave(self) -> None:
        """The last gives back the threads that it had."""
        with self.lock:
            self.users -= 1
            if self.users == 0 and self.limit is not None:
                OpenBLASController.clear_controlling_thread(force=True)
                self.limit.restore_original_limits()
                OpenBLASController.clear_controlling_thread(force=True)


@contextmanager
def blas_on_one_thread() -> Iterator[None]:
    """For small products on threads of ours; those of BLAS would wait for each other."""
    limit = _blas_limit()
    limit.enter()
    try:
        yield
    finally:
        limit.leave()


@cache
def _blas_limit() -> _BlasLimit:
    return _BlasLimit()


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), thread_name_prefix="specnet")


def _forget() -> None:
    """In a process that was forked, the threads of its parent do not exist."""
    _pool.cache_clear()
    _blas_limit.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
