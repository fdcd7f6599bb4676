"""Whether the loops of `specnet.native` take part here, are compiled, and compute as NumPy does.

Small examples of both kinds of loops. Values are compared with NumPy's; gradients with Euler's law,
since each result is linear in each input wherever no ReLU turns: the gradient times the input is
the upstream gradient times the result.

B  images     C  channels    F  filters    O  outputs of the head
N  bins of the half spectrum
"""

import os
import time
from collections.abc import Sequence

import keras
import numpy as np

from specnet.ops.compiled import runs_loops
from specnet.workflow.doctor.findings import FAILED, NOTE, Finding, compared

LEAVE_OUT = "set SPECNET_LOOPS=0 to do without the loops; pip install --force-reinstall numba"
_ROUNDING = 1e-5  # of float32
_SLOW = "set NUMBA_CACHE_DIR to a folder that can be written to"


def loops() -> Finding:
    """Compiled loops against NumPy; where they take no part, why."""
    if not runs_loops():
        return Finding(_why_not(), NOTE)
    started = time.monotonic()
    error = float(np.max([*_filtering_errors(), *_chain_errors()]))
    found = compared(error, _ROUNDING, "NumPy", LEAVE_OUT)
    return _with_speed(found, time.monotonic() - started)


def _why_not() -> str:
    name = keras.backend.backend()
    if name != "tensorflow":
        return f"not used with {name}, which compiles whole steps"
    if os.environ.get("SPECNET_LOOPS") == "0":
        return "left out by SPECNET_LOOPS=0"
    return "not used where TensorFlow has a GPU"


def _with_speed(found: Finding, seconds: float) -> Finding:
    """The same, with threads and where the machine code is."""
    from specnet.native import pointwise, threads

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


def _filtering_errors() -> list[float]:
    from specnet.native import filtering

    size = (15, 12)
    bins = size[0] * (size[1] // 2 + 1)
    images, response, upstream = _noise((2, *size, 3), (2, 3, 4, bins), (2, *size, 4))
    found, spectra = filtering.forward(images, response, size, size)
    spectrum = np.fft.rfft2(images.astype("float64"), axes=(1, 2))
    functions = (response[0] + 1j * response[1]).reshape(3, 4, *spectrum.shape[1:3])
    product = np.einsum("bvuc,cfvu->bvuf", spectrum, functions)
    expected = np.fft.irfft2(product, size, axes=(1, 2))
    slopes = filtering.gradient(response, spectra, size, size, upstream)
    return [_relative(found, expected), *_off_euler((images, response), slopes, found, upstream)]


def _chain_errors() -> list[float]:
    from specnet.native import chain

    spectrum, first, second, head, upstream = _noise(
        (2, 2, 60), (2, 3, 60), (2, 4, 60), (5, 2, 4, 60), (2, 5)
    )
    floors = (0.0, 0.0)
    found, *hidden = chain.forward(spectrum, (first, second), floors, head)
    total = _bent(spectrum, first).sum(2)
    expected = np.einsum("bpfn,opfn->bo", _bent(total, second), head.astype("float64"))
    slopes = chain.gradient(spectrum, (first, second), floors, head, hidden, upstream)
    inputs = (spectrum, first, second, head)
    return [_relative(found, expected), *_off_euler(inputs, slopes, found, upstream)]


def _bent(spectrum: np.ndarray, response: np.ndarray) -> np.ndarray:
    """(B, 2, N) and (2, F, N) -> (B, 2, F, N): products, and the ReLU of their two parts."""
    x, k = spectrum.astype("float64"), response.astype("float64")
    product = (x[:, 0] + 1j * x[:, 1])[:, None] * (k[0] + 1j * k[1])
    return np.maximum(np.stack([product.real, product.imag], 1), 0)


def _off_euler(
    inputs: Sequence[np.ndarray],
    slopes: Sequence[np.ndarray],
    found: np.ndarray,
    upstream: np.ndarray,
) -> list[float]:
    """How far each gradient is from Euler's law, over the lengths of what is multiplied."""
    whole = _dot(upstream, found)
    scale = np.linalg.norm(upstream) * np.linalg.norm(found)
    pairs = zip(slopes, inputs, strict=True)
    return [float(abs(_dot(slope, value) - whole) / scale) for slope, value in pairs]


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a.astype("float64") * b))


def _noise(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def _relative(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())
