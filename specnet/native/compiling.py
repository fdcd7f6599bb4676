"""How Numba compiles the loops.

Loops index whole arrays with unsigned integers: slices would be counted as references in every
call, and where an index may be negative, counting from the end, LLVM does not vectorise.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numba.core import codegen, config

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


def _use_widest_vectors() -> None:
    """Has Numba use vectors of 512 bits where the processor has them.

    LLVM takes those of 256 on Intel's, for other code that wide ones would slow down. These loops
    take two thirds of the time with them. What the environment says about it comes first.
    """
    settings, features = vars(config), codegen.get_host_cpu_features()
    if settings["CPU_NAME"] is settings["CPU_FEATURES"] is None and "+avx512f" in features:
        settings["CPU_FEATURES"] = f"{features},-prefer-256-bit"


_use_widest_vectors()
