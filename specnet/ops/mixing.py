"""The convolution theorem: spectra times transfer functions, and how channels meet filters.

B  batch        2  real and imaginary part
C  channels     F  filters
V  rows of the half spectrum, U its columns
"""

from collections.abc import Callable
from typing import Any, Literal

from keras import ops

from specnet.ops.portable import is_portable

Tensor = Any
Mixing = Literal["sum", "depthwise", "full"]


def function_count(mixing: Mixing, channels: int, filters: int) -> int:
    """Transfer functions that a convolution of `channels` to `filters` needs."""
    return channels * filters if mixing == "full" else filters


def summed_channels(mixing: Mixing, channels: int) -> int:
    """Input channels that add up in one output channel."""
    return 1 if mixing == "depthwise" else channels


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
        response = ops.reshape(response, (2, channels, -1, *response.shape[-2:]))
        return _times(spectrum, response, _contract)
    if mixing == "sum":
        spectrum = ops.sum(spectrum, axis=2, keepdims=True)
    else:
        spectrum = ops.repeat(spectrum, response.shape[1] // spectrum.shape[2], axis=2)
    return _times(spectrum, response, ops.multiply)


def _times(
    spectrum: Tensor, response: Tensor, product: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    """Complex product of planes: re * K + im * iK, for any bilinear `product`."""
    rotated = ops.stack([-response[1], response[0]])
    return product(spectrum[:, :1], response) + product(spectrum[:, 1:], rotated)


def _contract(plane: Tensor, response: Tensor) -> Tensor:
    """(B, 1, C, V, U) and (2, C, F, V, U) -> (B, 2, F, V, U)."""
    if is_portable():  # one product for each bin, with no question for shapes around it
        channels, rows, columns = plane.shape[2:]
        bins = ops.transpose(plane[:, 0], (2, 3, 0, 1))
        functions = ops.transpose(response, (3, 4, 1, 0, 2))
        output = ops.matmul(bins, ops.reshape(functions, (rows, columns, channels, -1)))
        output = ops.reshape(output, (rows, columns, -1, 2, response.shape[2]))
        return ops.transpose(output, (2, 3, 4, 0, 1))
    return ops.einsum("bcvu,pcfvu->bpfvu", plane[:, 0], response)
