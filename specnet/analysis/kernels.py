"""Kernels of spatial convolutions as transfer functions.

How the kernel of a Keras layer is laid out in space; no spectral layers.

    k, l  height and width of a kernel, in pixels   C  channels   F  filters   M  filters a channel
    V  rows of the half spectrum, U its columns
"""

from functools import singledispatch

import keras
import numpy as np
from keras import ops

from specnet.analysis.frequency_plane import Size
from specnet.ops.grids import signed_grid


@singledispatch
def impulse_kernel(layer: keras.layers.Layer) -> np.ndarray | None:
    """The impulse responses of a spatial convolution: (k, l, C, F); None if it is none.

    Keras's convolutions are correlations: in space, one bright pixel becomes the kernel turned by
    180 degrees. Their transposes are convolutions.
    """
    return None


@impulse_kernel.register(keras.layers.Conv1D)
@impulse_kernel.register(keras.layers.Conv2D)
@impulse_kernel.register(keras.layers.Conv3D)
@impulse_kernel.register(keras.layers.DepthwiseConv1D)
@impulse_kernel.register(keras.layers.DepthwiseConv2D)
def _(layer: keras.layers.Layer) -> np.ndarray:
    return _dilated(_turned(_array(layer.kernel)), layer.dilation_rate)


@impulse_kernel.register(keras.layers.SeparableConv1D)
@impulse_kernel.register(keras.layers.SeparableConv2D)
def _(layer: keras.layers.Layer) -> np.ndarray:
    return _dilated(_turned(_array(layer.depthwise_kernel)), layer.dilation_rate)


@impulse_kernel.register(keras.layers.Conv1DTranspose)
@impulse_kernel.register(keras.layers.Conv2DTranspose)
@impulse_kernel.register(keras.layers.Conv3DTranspose)
def _(layer: keras.layers.Layer) -> np.ndarray:
    return _dilated(_array(layer.kernel).swapaxes(-2, -1), layer.dilation_rate)


def kernel_response(kernel: np.ndarray, size: Size) -> np.ndarray:
    """The DFT of kernels zero-padded to an image's size, with their centre at pixel 0.

    The centre of an even length is the pixel after its middle, as in Keras's `same` padding with
    strides of 1; other paddings and strides shift the image by a pixel or so, which is left out.

    Args:
        kernel: impulse responses (k, l, C, F); one length an axis.
        size: (H, W); a larger kernel wraps around.

    Returns:
        complex (C * F, V, U), by channel, then filter.
    """
    waves = [_waves(f, n) for f, n in zip(signed_grid(*size), kernel.shape, strict=False)]
    bins, places = "svu"[-len(size) :], "jkl"[-len(size) :]
    terms = ",".join(f"{bin_}{place}" for bin_, place in zip(bins, places, strict=True))
    response = np.einsum(f"{places}cf,{terms}->cf{bins}", kernel, *waves, optimize=True)
    return response.reshape(-1, *response.shape[2:])


def _turned(kernel: np.ndarray) -> np.ndarray:
    """(k, l, C, F) backwards along each axis in space."""
    return np.flip(kernel, tuple(range(kernel.ndim - 2)))


def _waves(frequencies: np.ndarray, length: int) -> np.ndarray:
    """(frequencies, length): a unit wave of each frequency at the places of a kernel."""
    places = np.arange(length) - length // 2
    return np.exp(-2j * np.pi * frequencies[:, None] * places)


def _dilated(kernel: np.ndarray, rate: Size | int) -> np.ndarray:
    """The kernel with zeros between its numbers."""
    lengths = kernel.shape[:-2]
    rates = (rate,) * len(lengths) if isinstance(rate, int) else rate
    sizes = ((n - 1) * step + 1 for n, step in zip(lengths, rates, strict=True))
    dilated = np.zeros((*sizes, *kernel.shape[-2:]), kernel.dtype)
    dilated[tuple(slice(None, None, step) for step in rates)] = kernel
    return dilated


def _array(tensor: object) -> np.ndarray:
    return ops.convert_to_numpy(tensor)
