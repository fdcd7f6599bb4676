"""Whether the loops of `specnet.native` take part here, are compiled and kept, and compute."""

import os
import time

import keras
import numpy as np

from specnet.native import threads
from specnet.ops.compiled import has_loops
from specnet.workflow.doctor.arithmetic import relative
from specnet.workflow.doctor.findings import FAILED, NOTE, Finding, compared

LEAVE_OUT = "set SPECNET_LOOPS=0 to do without the loops; pip install --force-reinstall numba"
_ROUNDING = 1e-5  # of float32
_SLOW = "set NUMBA_CACHE_DIR to a folder that can be written to"


def loops() -> Finding:
    """Compiled loops against NumPy; where they take no part, why."""
    if not has_loops():
        return Finding(_why_not(), NOTE)
    if wrong := threads.wrong_variable():
        return Finding(wrong[0], FAILED, wrong[1])
    started = time.monotonic()
    error = _error()
    found = compared(error, _ROUNDING, "NumPy", LEAVE_OUT)
    return _with_speed(found, time.monotonic() - started)


def _why_not() -> str:
    name = keras.backend.backend()
    if name == "torch":
        return "not used with torch"
    if os.environ.get("SPECNET_LOOPS") == "0":
        return "left out by SPECNET_LOOPS=0"
    if name == "jax":
        return "not used where JAX has several devices, or another than a CPU"
    return "not used where TensorFlow has a GPU"


def _with_speed(found: Finding, seconds: float) -> Finding:
    """The same, with threads and where the machine code is."""
    from specnet.native import pointwise

    words = f"{found.found}; {threads.threads()} threads"
    measured = {**found.measured, "threads": threads.threads()}
    stats = getattr(pointwise.sums, "stats", None)
    if stats is None:
        words, advice = f"{words}, not compiled", "unset NUMBA_DISABLE_JIT"
        return Finding(words, FAILED, advice, measured)
    if stats.cache_path is None:
        words, advice = f"{words}, compiled anew by each process, {seconds:.0f} s", _SLOW
        return Finding(words, found.state if found.advice else NOTE, advice, measured)
    now = f" just now in {seconds:.0f} s" if stats.cache_misses else ""
    return Finding(f"{words}, compiled{now}, kept", found.state, found.advice, measured)


def _error() -> float:
    """Of a convolution of two images of 15 x 12 and 3 channels with 4 filters."""
    from specnet.native import filtering

    size, rng = (15, 12), np.random.default_rng(0)
    bins = size[0] * (size[1] // 2 + 1)
    images = rng.normal(size=(2, *size, 3)).astype("float32")
    response = rng.normal(size=(2, 3, 4, bins)).astype("float32")
    found, _ = filtering.forward(images, response, size, size)
    spectrum = np.fft.rfft2(images.astype("float64"), axes=(1, 2))
    functions = (response[0] + 1j * response[1]).reshape(3, 4, *spectrum.shape[1:3])
    product = np.einsum("bvuc,cfvu->bvuf", spectrum, functions)
    return relative(found, np.fft.irfft2(product, size, axes=(1, 2)))
