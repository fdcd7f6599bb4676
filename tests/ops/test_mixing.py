"""The convolution theorem, against convolutions that are added up by hand."""

import numpy as np
import pytest
from keras import ops

from specnet.ops.fourier import irfft2
from specnet.ops.mixing import convolve

pytestmark = pytest.mark.backend


def circular_convolution(image, kernel):
    """Σ_{j} kernel[j] image[i - j], indices modulo the size."""
    result = np.zeros_like(image)
    for row, column in np.ndindex(kernel.shape):
        result += kernel[row, column] * np.roll(image, (row, column), axis=(0, 1))
    return result


def planes(array):
    """Half spectrum (..., 2, V, U) planes at axis `-3`, of real arrays."""
    spectrum = np.fft.rfft2(array)
    return spectrum.real, spectrum.imag


def filtered(images, kernels, mixing):
    """(B, C, H, W) and (K, H, W) through `convolve` and back."""
    size = images.shape[-2:]
    spectrum, response = np.stack(planes(images), axis=1), np.stack(planes(kernels))
    output = convolve(ops.convert_to_tensor(spectrum), ops.convert_to_tensor(response), mixing)
    return ops.convert_to_numpy(irfft2(output[:, 0], output[:, 1], size))


@pytest.fixture
def images(rng, size):
    return rng.normal(size=(2, 3, *size))


def test_sum_convolves_the_sum_of_the_channels(images, rng):
    kernels = rng.normal(size=(4, *images.shape[-2:]))
    expected = [[circular_convolution(im.sum(0), k) for k in kernels] for im in images]
    np.testing.assert_allclose(filtered(images, kernels, "sum"), expected, atol=1e-11)


def test_depthwise_gives_each_channel_filters_of_its_own(images, rng):
    kernels = rng.normal(size=(6, *images.shape[-2:]))
    expected = [
        [circular_convolution(im[f // 2], kernel) for f, kernel in enumerate(kernels)]
        for im in images
    ]
    np.testing.assert_allclose(filtered(images, kernels, "depthwise"), expected, atol=1e-11)


def test_full_has_a_filter_for_each_channel_and_filter(images, rng):
    kernels = rng.normal(size=(3, 2, *images.shape[-2:]))
    expected = [
        [sum(circular_convolution(im[c], kernels[c, f]) for c in range(3)) for f in range(2)]
        for im in images
    ]
    flat = kernels.reshape(6, *images.shape[-2:])
    np.testing.assert_allclose(filtered(images, flat, "full"), expected, atol=1e-11)
