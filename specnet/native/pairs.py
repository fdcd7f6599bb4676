"""The innermost loops: one or two images with one filter, over the bins of a block.

Functions of NumPy arrays (N,) that Numba compiles and vectorises. Products of spectra are told
apart from their bends: a bend is max(x, floor), with floor 0 the ReLU, with minus infinity the
identity. It is written so that NaN stays NaN, by which a diverged training is known.

N  bins of the half spectrum
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit

Array = np.ndarray
Pair = tuple[Array, Array]  # real and imaginary part of the bins of one image or filter, (N,)
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


@loop
def of_image(array: Array, i: int, bins: slice) -> Pair:
    """Image i of (B, 2, N)."""
    return array[i, 0, bins], array[i, 1, bins]


@loop
def of_filter(array: Array, f: int, bins: slice) -> Pair:
    """Filter f of (2, F, N)."""
    return array[0, f, bins], array[1, f, bins]


@loop
def of_channel(array: Array, i: int, f: int, bins: slice) -> Pair:
    """Channel f of image i of (B, 2, F, N), or of output i of the head."""
    return array[i, 0, f, bins], array[i, 1, f, bins]


@loop
def bend(spectrum: Pair, response: Pair, floor: np.float32, products: Pair) -> None:
    """Writes the bent products of one image and one filter."""
    (a, b), (p, q), (real, imaginary) = spectrum, response, products
    for n in range(a.shape[0]):
        x = a[n] * p[n] - b[n] * q[n]
        y = a[n] * q[n] + b[n] * p[n]
        real[n] = floor if x < floor else x
        imaginary[n] = floor if y < floor else y


@loop
def add_bent(spectrum: Pair, response: Pair, floor: np.float32, sums: Pair) -> None:
    """Adds the bent products of one image and one filter to a sum."""
    (a, b), (p, q), (real, imaginary) = spectrum, response, sums
    for n in range(a.shape[0]):
        x = a[n] * p[n] - b[n] * q[n]
        y = a[n] * q[n] + b[n] * p[n]
        real[n] += floor if x < floor else x
        imaginary[n] += floor if y < floor else y


@loop
def add_gradients(
    spectra: tuple[Pair, Pair],
    response: Pair,
    floor: np.float32,
    upstream: tuple[Pair, Pair],
    to_spectra: tuple[Pair, Pair],
    to_response: Pair,
) -> None:
    """Adds the gradients of the bent products of two images with one filter.

    Two at once, since what is read and written of the filter is half of all there is to move.
    """
    ((a, b), (c, d)), (p, q) = spectra, response
    (ua, ub), (uc, ud) = upstream
    ((ga, gb), (gc, gd)), (gp, gq) = to_spectra, to_response
    none = np.float32(0)
    for n in range(p.shape[0]):
        x = ua[n] if a[n] * p[n] - b[n] * q[n] > floor else none
        y = ub[n] if a[n] * q[n] + b[n] * p[n] > floor else none
        z = uc[n] if c[n] * p[n] - d[n] * q[n] > floor else none
        w = ud[n] if c[n] * q[n] + d[n] * p[n] > floor else none
        ga[n] += x * p[n] + y * q[n]
        gb[n] += y * p[n] - x * q[n]
        gc[n] += z * p[n] + w * q[n]
        gd[n] += w * p[n] - z * q[n]
        gp[n] += x * a[n] + y * b[n] + z * c[n] + w * d[n]
        gq[n] += y * a[n] - x * b[n] + w * c[n] - z * d[n]


@loop
def dot(products: Pair, weights: Pair) -> np.float32:
    """What the products of one image and filter give one output of the head."""
    (x, y), (w, v) = products, weights
    total = np.float32(0)
    for n in range(x.shape[0]):
        total += x[n] * w[n] + y[n] * v[n]
    return total


@loop
def add_output_gradients(
    products: tuple[Pair, Pair],
    weights: Pair,
    upstream: tuple[np.float32, np.float32],
    to_products: tuple[Pair, Pair],
    to_weights: Pair,
) -> None:
    """Adds the gradients of one output of two images."""
    ((a, b), (c, d)), (w, v) = products, weights
    ((ga, gb), (gc, gd)), (gw, gv) = to_products, to_weights
    first, second = upstream
    for n in range(w.shape[0]):
        ga[n] += first * w[n]
        gb[n] += first * v[n]
        gc[n] += second * w[n]
        gd[n] += second * v[n]
        gw[n] += first * a[n] + second * c[n]
        gv[n] += first * b[n] + second * d[n]
