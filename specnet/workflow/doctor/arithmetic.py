"""Whether a device computes as NumPy does: transforms, their symmetry, and gradients.

One function a check, of the name of a device. Each measures its largest error, relative to the
largest number expected.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from collections.abc import Callable, Iterable

import keras
import numpy as np
from keras import ops

from specnet.ops import fourier
from specnet.ops.hermitian import Tensor, hermitian_projection
from specnet.workflow.doctor.accelerators import remedy
from specnet.workflow.doctor.findings import Finding, compared
from specnet.workflow.doctor.gradient_check import in_float64, slopes_of_a_layer

SIZES = ((7, 9), (12, 10), (150, 150))  # odd, even, and that of a recipe
ROUNDING = 1e-5  # of float32, through a transform and back
SLOPE_ERROR = 1e-6  # of central differences in float64


def transforms(device: str) -> Finding:
    """FFTs of images and back, float32, against NumPy in float64."""
    with keras.device(device):
        error = _largest(_transform_error(size) for size in SIZES)
    return compared(error, ROUNDING, "NumPy", remedy(device))


def symmetry(device: str) -> Finding:
    """Spectra of no image, made Hermitian: the image is that of NumPy's nearest spectrum."""
    with keras.device(device):
        error = _largest(_symmetry_error(size) for size in SIZES)
    return compared(error, ROUNDING, "the nearest real image", remedy(device))


def gradients(device: str) -> Finding:
    """Gradients of a spectral convolution, float64, against finite differences."""
    with in_float64(), keras.device(device):
        found, expected = slopes_of_a_layer()
    error = _relative(found, expected)
    return compared(error, SLOPE_ERROR, "finite differences", remedy(device))


CHECKS: dict[str, Callable[[str], Finding]] = {
    "transforms": transforms,
    "symmetry": symmetry,
    "gradients": gradients,
}


def _transform_error(size: tuple[int, int]) -> float:
    images = _noise(2, *size).astype("float32")
    expected = np.fft.rfft2(images.astype("float64"))
    real, imaginary = fourier.rfft2(images)
    back = fourier.irfft2(real, imaginary, size)
    return _largest((_relative(_complex(real, imaginary), expected), _relative(_of(back), images)))


def _symmetry_error(size: tuple[int, int]) -> float:
    """(V, U) of noise is not Hermitian; backends then disagree, unless it is made so."""
    spectrum = np.fft.rfft2(_noise(*size)) + 1j * np.fft.rfft2(_noise(*size)[::-1])
    expected = np.fft.irfft2(_nearest_hermitian(spectrum, size[1]), size)
    planes = spectrum.real.astype("float32"), spectrum.imag.astype("float32")
    found = fourier.irfft2(*hermitian_projection(*planes, size[1]), size)
    return _relative(_of(found), expected)


def _nearest_hermitian(spectrum: np.ndarray, width: int) -> np.ndarray:
    """NumPy's word for `hermitian_projection`: the mean of each bin and its mirror image."""
    mirrored = np.conj(np.roll(spectrum[::-1], 1, axis=0))
    edges = [0, -1] if width % 2 == 0 else [0]
    nearest = spectrum.copy()
    nearest[:, edges] = (spectrum[:, edges] + mirrored[:, edges]) / 2
    return nearest


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


def _of(tensor: Tensor) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(tensor))


def _complex(*planes: Tensor) -> np.ndarray:
    real, imaginary = map(_of, planes)
    return real + 1j * imaginary


def _largest(errors: Iterable[float]) -> float:
    """Of several; not a number where one is none, which `max` would lose."""
    return float(np.max([*errors]))


def _relative(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())
