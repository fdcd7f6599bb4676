"""Laws of Hermitian symmetry, against NumPy's transforms of real images."""

import numpy as np
import pytest
from keras import ops

from specnet.ops.grids import half_width
from specnet.ops.hermitian import (
    hermitian_projection,
    pack,
    unpack,
    whole_plane,
)

pytestmark = pytest.mark.backend


def numpy_of(*tensors):
    return tuple(np.asarray(ops.convert_to_numpy(t)) for t in tensors)


def planes_of_images(rng, size, lead=(2,)):
    spectrum = np.fft.rfft2(rng.normal(size=(*lead, *size)))
    return spectrum.real, spectrum.imag


def test_projection_is_what_rfft2_gives_back(size, rng):
    """The nearest Hermitian spectrum is the one of the image that NumPy makes of it."""
    spectrum = rng.normal(size=(2, 2, size[0], half_width(size[1])))
    real, imaginary = numpy_of(*hermitian_projection(*spectrum, size[1]))
    image = np.fft.irfft2(spectrum[0] + 1j * spectrum[1], size)
    np.testing.assert_allclose(real + 1j * imaginary, np.fft.rfft2(image), atol=1e-12)


def test_projection_leaves_spectra_of_images_alone(size, rng):
    spectrum = np.fft.rfft2(rng.normal(size=size))
    real, imaginary = numpy_of(*hermitian_projection(spectrum.real, spectrum.imag, size[1]))
    np.testing.assert_allclose(real + 1j * imaginary, spectrum, atol=1e-12)


def test_whole_plane_is_the_transform_of_all_frequencies(size, rng):
    images = rng.normal(size=(3, *size))
    spectrum = np.fft.rfft2(images)
    real, imaginary = numpy_of(*whole_plane(spectrum.real, spectrum.imag, size[1]))
    np.testing.assert_allclose(real + 1j * imaginary, np.fft.fft2(images), atol=1e-12)


def test_unpack_inverts_pack(size, rng):
    planes = planes_of_images(rng, size)
    packed = pack(*planes, size[1])
    assert packed.shape[-2:] == size
    np.testing.assert_allclose(numpy_of(*unpack(packed)), planes, atol=1e-12)


def test_pack_inverts_unpack(size, rng):
    """As many independent numbers as pixels: none is lost, none is kept twice."""
    packed = rng.normal(size=(3, *size))
    np.testing.assert_array_equal(numpy_of(pack(*unpack(packed), size[1]))[0], packed)


def test_any_packed_numbers_are_the_spectrum_of_a_real_image(size, rng):
    real, imaginary = numpy_of(*unpack(rng.normal(size=size)))
    image = np.fft.irfft2(real + 1j * imaginary, size)
    np.testing.assert_allclose(np.fft.rfft2(image), real + 1j * imaginary, atol=1e-12)
