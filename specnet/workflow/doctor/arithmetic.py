"""Whether a device transforms as NumPy does: a quick self-check, one number a device.

The largest error of images, their half spectra and the way back, relative to the largest number.
Symmetry, gradients and loops have their laws in the tests.
"""

from collections.abc import Iterator

import keras
import numpy as np
from keras import ops

from specnet.ops import fourier
from specnet.workflow.doctor.accelerators import remedy
from specnet.workflow.doctor.findings import Finding, compared

SIZES = ((7, 9), (12, 10), (150, 150))  # odd, even, and that of a recipe
ROUNDING = 1e-5  # of float32, through a transform and back


def transforms(device: str) -> Finding:
    """FFTs of images and back, float32, against NumPy in float64, on a device such as `cpu:0`."""
    with keras.device(device):
        # The maximum of NumPy, unlike Python's, does not lose what is not a number.
        error = float(np.max([*_errors()]))
    return compared(error, ROUNDING, "NumPy", remedy(device))


def _errors() -> Iterator[float]:
    for size in SIZES:
        images = np.random.default_rng(0).normal(size=(2, *size)).astype("float32")
        planes = fourier.rfft2(images)
        real, imaginary = map(ops.convert_to_numpy, planes)
        yield relative(real + 1j * imaginary, np.fft.rfft2(images.astype("float64")))
        yield relative(ops.convert_to_numpy(fourier.irfft2(*planes, size)), images)


def relative(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, over the largest number expected."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())
