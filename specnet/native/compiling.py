"""How Numba compiles the loops.

Loops index whole arrays with unsigned integers: slices would be counted as references in every
call, and where an index may be negative, counting from the end, LLVM does not vectorise.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

Array = np.ndarray
_Function = TypeVar("_Function", bound=Callable)


def loop(function: _Function) -> _Function:
    """Compiles a function when it is first called; the result is kept on disk.

    Sums may be reordered and products fused, as in every BLAS; NaN and infinity keep their sense.
    """
    fast = {"contract", "reassoc", "nsz"}

    def compiled(cache: bool) -> _Function:
        made = njit(nogil=True, cache=cache, error_model="numpy", fastmath=fast)(function)
        return cast(_Function, made)

    try:
        return compiled(cache=True)
    except RuntimeError:  # no folder that may be written to
        return compiled(cache=False)
