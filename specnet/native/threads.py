"""Shares the bins of spectra among threads.

N  bins of the half spectrum
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from threadpoolctl import ThreadpoolController

# The rows of one image and one filter then fit into the cache nearest to a core, and starting a
# loop costs little beside it; measured for 6 and 32 filters.
BLOCK = 2048


def each_block(work: Callable[[int, int, int], None], bins: int, block: int = BLOCK) -> None:
    """Calls work(thread, start, stop) for blocks that together are the bins 0 to N, in threads.

    Blocks of one thread come one after the other, so `work` may add to what belongs to its thread.
    """
    count = threads()
    rounds = -(-bins // (count * block))
    edges = [bins * i // (count * rounds) for i in range(count * rounds + 1)]

    def share(thread: int) -> None:
        for i in range(thread * rounds, (thread + 1) * rounds):
            if edges[i] < edges[i + 1]:
                work(thread, edges[i], edges[i + 1])

    # BLAS would share even small products among threads of its own, which then wait for each other.
    with _blas().limit(limits=1):
        for future in [_pool().submit(share, thread) for thread in range(count)]:
            future.result()


@cache
def threads() -> int:
    """Threads that loops are shared among: OMP_NUM_THREADS, or one for each core."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    if limit.isdecimal() and int(limit):
        return int(limit)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), thread_name_prefix="specnet")
