"""Transfer functions as people look at them: the whole plane, and the filter in space.

NumPy functions of plain arrays. "Centred" means that frequency 0, or the pixel at the origin, is at
index (H // 2, W // 2), as `numpy.fft.fftshift` puts it.

    ...  any leading axes, such as K transfer functions
    H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

import numpy as np
from keras import ops

from specnet.ops import hermitian
from specnet.ops.fourier import Norm

Size = tuple[int, ...]  # (H, W) of images, one length an axis


def frequencies(size: Size) -> tuple[np.ndarray, np.ndarray]:
    """Vertical (H,) and horizontal (W,) frequencies of a centred plane, in cycles/pixel."""
    return np.fft.fftshift(np.fft.fftfreq(size[0])), np.fft.fftshift(np.fft.fftfreq(size[1]))


def whole_plane(response: np.ndarray, size: Size) -> np.ndarray:
    """Half-plane responses, complex (..., V, U), with their mirror images, centred: (..., H, W).

    `size` has one length an axis; of volumes, (..., S, V, U) become (..., D, H, W).

    The two bins of a mirrored pair are conjugates, but in columns 0 and (even W) W / 2, which show
    both of them as they are.
    """
    rank = len(size)
    planes = hermitian.whole_plane(response.real, response.imag, size[-1], rank)
    real, imaginary = (ops.convert_to_numpy(plane) for plane in planes)
    return np.fft.fftshift(real + 1j * imaginary, axes=range(-rank, 0))


def in_space(half: np.ndarray, size: Size, norm: Norm = "backward") -> np.ndarray:
    """Half spectra, complex (..., V, U), as images: real (..., H, W), not centred.

    Of one length as signals, of three as volumes.

    Of a spectrum that is not Hermitian, the part that is: the layers that go back to space keep
    no other.
    """
    axes = tuple(range(-len(size), 0))
    planes = hermitian.hermitian_projection(half.real, half.imag, size[-1], len(size))
    real, imaginary = (ops.convert_to_numpy(plane) for plane in planes)
    return np.fft.irfftn(real + 1j * imaginary, size, axes, norm)


def impulse_responses(response: np.ndarray, size: Size) -> np.ndarray:
    """What each filter makes of one bright pixel at the origin, centred: real (..., H, W).

    As `in_space`, of transfer functions complex (..., V, U).
    """
    return np.fft.fftshift(in_space(response, size), axes=range(-len(size), 0))
