"""Filters that reach a few pixels: transfer functions through a window in space, and dilated.

K      transfer functions
e      extent: how many pixels a kernel reaches in each direction; 2e + 1 taps along an axis
H, W   height and width of an image, in pixels   P, Q  those of the extended image
V      rows of a half spectrum: V = P, frequencies in FFT order
U      columns of a half spectrum: U = Q // 2 + 1
"""

import numpy as np
from keras import ops

from specnet.ops.compiled import in_full_precision
from specnet.ops.fourier import irfft2
from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor, hermitian_projection
from specnet.ops.padding import Padding, extended_size, fast_length
from specnet.ops.precision import matmul

Pair = tuple[int, ...]
# Kernels are taken from transfer functions at this many pixels at least, whatever the image has.
_LEAST = 64


def sampling_size(extent: Pair) -> Pair:
    """Height and width at which transfer functions of kernels of this extent are sampled."""
    height, width = (fast_length(max(_LEAST, 4 * reach)) for reach in extent)
    return height, width


def window(reach: int) -> np.ndarray:
    """(2e + 1,): a raised cosine over the offsets -e to e, 1 at 0, which would be 0 at e + 1."""
    return 0.5 + 0.5 * np.cos(np.pi * np.arange(-reach, reach + 1) / (reach + 1))


def taps(real: Tensor, imaginary: Tensor, size: Pair, extent: Pair) -> Tensor:
    """The middle of impulse responses, not yet through the window: (K, 2e + 1, 2e + 1).

    Args:
        real, imaginary: transfer functions, each (K, V, U), for images of `size`.
        size: (H, W), more than twice the extent.
        extent: vertical and horizontal, in pixels.
    """
    whole = irfft2(*hermitian_projection(real, imaginary, size[1]), size)
    for axis, reach in ((1, extent[0]), (2, extent[1])):
        whole = ops.take(whole, np.arange(-reach, reach + 1) % size[axis - 1], axis=axis)
    return whole


def windowed(kernels: Tensor) -> Tensor:
    """Kernels (K, 2e + 1, 2e + 1) times a window, which is a product of one for each axis."""
    rows, columns = (window(length // 2) for length in kernels.shape[1:])
    return kernels * ops.cast(np.outer(rows, columns), kernels.dtype)


def dilated(kernels: Tensor, dilation: Pair, size: Pair, farthest: Pair) -> Planes:
    """The transfer functions of kernels with dilation - 1 zeros between their taps: (K, V, U).

    Args:
        kernels: (K, 2e + 1, 2e + 1), the tap at offset 0 in the middle.
        dilation: vertical and horizontal, in pixels.
        size: (P, Q) of the images.
        farthest: offsets beyond these, in pixels, are left out; those beyond the size wrap around.
    """
    waves = []
    for axis in (0, 1):
        reach = kernels.shape[1 + axis] // 2
        kept = min(reach, farthest[axis] // dilation[axis])
        kernels = ops.take(kernels, np.arange(reach - kept, reach + kept + 1), axis=1 + axis)
        offsets = dilation[axis] * np.arange(-kept, kept + 1)
        bins = np.arange(size[0] if axis == 0 else half_width(size[1]))
        # Whole turns are taken off exactly.
        phases = 2 * np.pi / size[axis] * (np.outer(bins, offsets) % size[axis])
        waves.append([ops.cast(f(phases), kernels.dtype) for f in (np.cos, np.sin)])
    (cos_v, sin_v), (cos_u, sin_u) = waves
    with in_full_precision():
        real, imaginary = (matmul(kernels, ops.transpose(each)) for each in (cos_u, -sin_u))
        return (
            matmul(cos_v, real) + matmul(sin_v, imaginary),
            matmul(cos_v, imaginary) - matmul(sin_v, real),
        )


def period(padding: Padding, size: Pair, strides: Pair, reach: Pair) -> Pair:
    """(P, Q) of the circular convolution with kernels of this reach, dilated, in pixels."""
    if padding in ("circular", "reflect"):
        return extended_size(padding, size, strides)
    # `valid` keeps what nothing wraps around to.
    beyond = (0, 0) if padding == "valid" else reach
    height, width = (
        fast_length(length + min(far, length - 1), step)
        for length, far, step in zip(size, beyond, strides, strict=True)
    )
    return height, width
