"""Whole planes and impulse responses, against NumPy's full transform."""

import numpy as np
import pytest
from convolution_in_space import hermitian

from specnet.analysis import frequencies, impulse_responses, whole_plane

pytestmark = pytest.mark.backend
SIZES = [(7, 7), (6, 9), (4, 10), (1, 1)]


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request):
    return request.param


def test_the_whole_plane_is_the_shifted_full_transform(rng, size):
    images = rng.normal(size=(2, *size))
    found = whole_plane(np.fft.rfft2(images), size)
    expected = np.fft.fftshift(np.fft.fft2(images), axes=(-2, -1))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_middle_of_the_plane_is_frequency_0(size):
    vertical, horizontal = frequencies(size)
    assert (vertical[size[0] // 2], horizontal[size[1] // 2]) == (0, 0)
    np.testing.assert_allclose(np.diff(horizontal), 1 / size[1])
    np.testing.assert_allclose(np.diff(vertical), 1 / size[0])


def test_the_impulse_response_of_a_constant_is_a_point(size):
    found = impulse_responses(np.ones((1, size[0], size[1] // 2 + 1), complex), size)[0]
    expected = np.zeros(size)
    expected[size[0] // 2, size[1] // 2] = 1
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_an_impulse_response_is_that_of_the_nearest_hermitian_spectrum(rng, size):
    shape = (3, size[0], size[1] // 2 + 1)
    response = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    found = impulse_responses(response, size)
    expected = np.fft.irfft2(hermitian(response.copy(), size[1]), size)
    np.testing.assert_allclose(found, np.fft.fftshift(expected, axes=(-2, -1)), atol=1e-5)


@pytest.mark.parametrize("length", [7, 10, 1])
def test_filters_of_signals_are_seen_in_time_about_the_middle(length, rng):
    kernels = rng.normal(size=(2, length))
    found = impulse_responses(np.fft.rfft(kernels), (length,))
    np.testing.assert_allclose(found, np.fft.fftshift(kernels, axes=-1), atol=1e-6)
