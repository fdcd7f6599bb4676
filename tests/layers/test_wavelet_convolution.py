"""Wavelet convolution: reconstruction, the paper's formula by PyWavelets and SciPy, its reach."""

import numpy as np
import pytest
import pywt
from gradients import assert_layer_gradients_are_right
from keras import ops
from scipy.ndimage import correlate

from specnet.layers import WaveletConvolution

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def assign(layer, **weights):
    for name, value in weights.items():
        getattr(layer, name).assign(np.broadcast_to(value, getattr(layer, name).shape))


def delta():
    kernel = np.zeros((3, 3, 1, 1))
    kernel[1, 1] = 1
    return kernel


@pytest.mark.parametrize("wavelet", ["haar", "db2", "bior2.2"])
def test_kernels_of_one_tap_give_the_image_back(wavelet, size, rng):
    """Above the last level, the low band comes from below alone."""
    images = rng.normal(size=(2, *size, 2))
    layer = WaveletConvolution(3, levels=2, wavelet=wavelet)
    layer.build(images.shape)
    above = np.repeat([0.0, 1, 1, 1], 2)
    assign(layer, kernel_1=delta(), kernel_2=delta(), scale_1=above, scale_2=1, scale=0)
    np.testing.assert_allclose(numpy_of(layer(images)), images, atol=1e-10)


def depthwise(images, kernel):
    planes = [
        [correlate(image[..., c], kernel[..., c, 0], mode="constant") for c in range(len(image.T))]
        for image in images
    ]
    return np.moveaxis(np.array(planes), 1, -1)


def test_it_is_the_formula_of_the_paper_by_pywavelets_and_scipy(rng):
    images = rng.normal(size=(2, 12, 8, 2))
    layer = WaveletConvolution([3, 5], levels=2, wavelet="db2", seed=5)
    layer.build(images.shape)
    assign(layer, scale=rng.normal(size=2), bias=rng.normal(size=2))
    low, levels = images, []
    for level in (1, 2):
        assign(layer, **{f"scale_{level}": rng.normal(size=8)})
        low, details = pywt.dwt2(low, "db2", mode="periodization", axes=(1, 2))
        bands = np.concatenate([low, *details], -1)
        convolved = depthwise(bands, numpy_of(getattr(layer, f"kernel_{level}")))
        levels.append(convolved * numpy_of(getattr(layer, f"scale_{level}")))
    total = 0
    for bands in reversed(levels):
        ll, *details = np.split(bands, 4, -1)
        total = pywt.idwt2((ll + total, details), "db2", mode="periodization", axes=(1, 2))
    base = depthwise(images, numpy_of(layer.kernel)) + numpy_of(layer.bias)
    expected = base * numpy_of(layer.scale) + total
    np.testing.assert_allclose(numpy_of(layer(images)), expected, atol=1e-10)
    assert layer.kernel.shape[:2] == layer.kernel_1.shape[:2] == layer.kernel_2.shape[:2] == (3, 5)
    # k l for the image, 4 k l for the bands of each level, a scale for each kernel, a bias.
    assert layer.count_params() == 2 * (15 * (1 + 4 + 4) + (1 + 4 + 4) + 1)


def test_at_the_start_noise_keeps_its_variance_and_bands_add_a_hundredth_of_it(rng):
    images = rng.normal(size=(1, 24, 24, 96))
    layer = WaveletConvolution(3, seed=7)
    whole = numpy_of(layer(images))
    layer.scale.assign(np.zeros(96))
    bands = numpy_of(layer(images))
    # Of 3 x 3 kernels at 24 pixels, zeros beyond the border take 1 - (1 - 2 / 72) ** 2 = 0.05.
    assert (whole - bands).var() == pytest.approx(0.95, abs=0.15)
    assert bands.var() == pytest.approx(0.0095, abs=0.0015)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_kernel_of_three_pixels_reaches_three_blocks_of_two_to_the_level(levels, rng):
    layer = WaveletConvolution(3, levels=levels, seed=6)
    image = np.zeros((1, 40, 40, 1))
    image[0, 17, 17] = 1
    rows, columns = np.nonzero(np.abs(numpy_of(layer(image))[0, ..., 0]) > 1e-9)
    block = 2**levels
    first = (17 // block - 1) * block
    for found in (rows, columns):
        assert (found.min(), found.max()) == (first, first + 3 * block - 1)


@pytest.mark.parametrize("size", [(5, 4), (1, 1)])
def test_gradients_are_right(size, rng):
    layer = WaveletConvolution(2, levels=2, wavelet="db2", seed=3)
    layer.build((2, *size, 2))
    assert_layer_gradients_are_right(layer, rng.normal(size=(2, *size, 2)))
