"""The convolution theorem: spectra times transfer functions, and how channels meet filters.

B  batch        2  real and imaginary part
C  channels     F  filters
V  rows of the half spectrum, U its columns; spectra of signals have no V, of volumes S before it
"""

from collections.abc import Callable, Sequence
from functools import cache
from math import prod
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.fourier import complex_einsum
from specnet.ops.portable import is_portable
from specnet.ops.precision import matmul

Tensor = Any
Mixing = Literal["sum", "depthwise", "full"]


def function_count(mixing: Mixing, channels: int, filters: int) -> int:
    """Transfer functions that a convolution of `channels` to `filters` needs."""
    return channels * filters if mixing == "full" else filters


def summed_channels(mixing: Mixing, channels: int) -> int:
    """Input channels that add up in one output channel."""
    return 1 if mixing == "depthwise" else channels


def complex_normal(rng: np.random.Generator, shape: Sequence[int], gain: float) -> np.ndarray:
    """Complex numbers of mean square `gain` ** 2, as their two parts: (2, *shape)."""
    return rng.normal(0, gain / 2**0.5, (2, *shape))


def convolve(spectrum: Tensor, response: Tensor, mixing: Mixing) -> Tensor:
    """Filters a spectrum; in space, a circular convolution.

    Args:
        spectrum: (B, 2, C, V, U).
        response: (2, K, V, U), with K as in `function_count`; `full` orders it by channel, then
            filter.
        mixing: `sum`: every filter sees the sum of the channels (Wood & Larson 2021). `depthwise`:
            filter f sees channel f // (F / C). `full`: each filter has a function of its own for
            each channel and adds them up, as Conv2D does.

    Returns:
        (B, 2, F, V, U)
    """
    if mixing == "full":
        channels = spectrum.shape[2]
        axes = "svu"[3 - len(spectrum.shape[3:]) :]
        response = ops.reshape(response, (2, channels, -1, *response.shape[2:]))
        if is_portable():
            return _bin_by_bin(spectrum, response)
        planes = (spectrum[:, 0], spectrum[:, 1]), (response[0], response[1])
        return ops.stack(complex_einsum(f"bc{axes},cf{axes}->bf{axes}", *planes), axis=1)
    if mixing == "depthwise":
        spectrum = ops.repeat(spectrum, response.shape[1] // spectrum.shape[2], axis=2)
        return _filtered(spectrum, response)
    spectrum = ops.sum(spectrum, axis=2, keepdims=True)
    products = _for_jax() if keras.backend.backend() == "jax" else _filtered
    return products(spectrum, response)


def _filtered(spectrum: Tensor, response: Tensor) -> Tensor:
    """(B, 2, F, V, U), or of one channel for all filters, times (2, F, V, U)."""
    rotated = ops.stack([-response[1], response[0]])
    return spectrum[:, :1] * response + spectrum[:, 1:] * rotated  # re * K + im * iK


def _outer(spectrum: Tensor, response: Tensor) -> Tensor:
    """`_filtered` of one channel, as a product of matrices for each bin."""
    axes = "svu"[3 - len(response.shape[2:]) :]
    planes = (spectrum[:, 0, 0], spectrum[:, 1, 0]), (response[0], response[1])
    with in_full_precision():
        return ops.stack(complex_einsum(f"b{axes},f{axes}->bf{axes}", *planes), axis=1)


@cache
def _for_jax() -> Callable[[Tensor, Tensor], Tensor]:
    """`_filtered` of one channel, whose gradient by the response is a matrix product for each bin.

    XLA on a CPU takes 2.5 times as long for the same sum over images as a reduction. What is told
    is the derivative forward; JAX transposes it.
    """
    import jax

    filtered = jax.custom_jvp(_filtered)

    def derivative(at: Sequence[Tensor], along: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        (spectrum, response), (changed, moved) = at, along
        products = _outer if jax.default_backend() == "cpu" else _filtered
        return filtered(*at), _filtered(changed, response) + products(spectrum, moved)

    filtered.defjvp(derivative)
    return filtered


def convolve_groups(spectrum: Tensor, response: Tensor, groups: int) -> Tensor:
    """As `convolve` with `full`, where filters see the channels of their group alone.

    Args:
        spectrum: (B, 2, C, V, U).
        response: (2, K, V, U) with K = C / groups * F, by channel of a group, then filter.
        groups: equal parts of the channels, and of the filters.

    Returns:
        (B, 2, F, V, U)
    """
    rows, columns = response.shape[-2:]
    channels = spectrum.shape[2] // groups
    response = ops.reshape(response, (2, channels, groups, -1, rows, columns))
    parts = [
        convolve(part, ops.reshape(response[:, :, group], (2, -1, rows, columns)), "full")
        for group, part in enumerate(ops.split(spectrum, groups, axis=2))
    ]
    return ops.concatenate(parts, axis=2)


def _bin_by_bin(spectrum: Tensor, response: Tensor) -> Tensor:
    """(B, 2, C, V, U) and (2, C, F, V, U) -> (B, 2, F, V, U), as one product of real matrices.

    For programs that know no complex numbers and no shapes but those of matrices.
    """
    channels, *bins = spectrum.shape[2:]
    filters, count = response.shape[2], prod(bins)
    planes = ops.transpose(ops.reshape(spectrum, (-1, 2, channels, count)), (3, 0, 1, 2))
    rotated = ops.stack([-response[1], response[0]])
    functions = ops.reshape(ops.stack([response, rotated]), (2, 2, channels, filters, count))
    functions = ops.transpose(functions, (4, 0, 2, 1, 3))
    output = matmul(
        ops.reshape(planes, (count, -1, 2 * channels)),
        ops.reshape(functions, (count, 2 * channels, -1)),
    )
    output = ops.transpose(ops.reshape(output, (count, -1, 2, filters)), (1, 2, 3, 0))
    return ops.reshape(output, (-1, 2, filters, *bins))
