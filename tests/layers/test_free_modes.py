"""Free filters that are bound to no image size: few modes, or weights that are interpolated."""

import keras
import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import IRFFT2D, RFFT2D, FreeConvolution, SpectralConv2D, SpectralUpsampling

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def operator(images, bins, size):
    """A Fourier neural operator by its definition: weights at the lowest frequencies."""
    down, across = (bins.shape[-2] + 1) // 2, bins.shape[-1]
    weights = np.zeros((bins.shape[1], size[0], size[1] // 2 + 1), complex)
    weights[:, :down, :across] = (bins[0] + 1j * bins[1])[:, :down]
    weights[:, size[0] - down + 1 :, :across] = (bins[0] + 1j * bins[1])[:, down:]
    channels = images.shape[3]
    spectra = np.fft.rfft2(np.moveaxis(images, 3, 1))
    pairs = weights.reshape(channels, -1, *weights.shape[1:])
    product = np.einsum("bcvu,cfvu->bfvu", spectra, pairs)
    return np.moveaxis(np.fft.irfft2(product, size), 1, 3)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("size", [(12, 10), (7, 11)], ids=str)
def test_modes_are_a_fourier_neural_operator(size, rng):
    images = rng.normal(size=(2, *size, 2))
    layer = FreeConvolution(3, mixing="full", modes=(3, 4), odd_width=size[1] % 2 == 1)
    output = IRFFT2D(odd_width=size[1] % 2 == 1)(layer(RFFT2D()(images)))
    expected = operator(images, numpy_of(layer.bins.value), size)
    np.testing.assert_allclose(numpy_of(output), expected, atol=1e-13)
    assert layer.count_params() == 2 * 6 * 5 * 4


@pytest.mark.parametrize("modes", [3, (2, 4)], ids=str)
def test_modes_give_the_same_function_at_every_resolution(modes, rng):
    """Of images without frequencies that the coarsest pixels cannot hold."""
    coarse = rng.normal(size=(1, 9, 9, 2)).astype("float32")
    layer = SpectralConv2D(
        3, {"free": {"modes": modes}}, padding="circular", use_bias=False, seed=1
    )
    layer.build((None, None, None, 2))
    output = numpy_of(layer(coarse))
    for size in [(16, 20), (33, 27)]:
        finer = SpectralUpsampling(size)
        error = numpy_of(layer(finer(coarse))) - numpy_of(finer(output))
        assert np.linalg.norm(error) < 1e-6 * np.linalg.norm(finer(output))


@pytest.mark.parametrize("width", [31, 32])
def test_resampled_weights_are_a_function_of_cycles_per_pixel(width, rng):
    """Those of a kernel of a few pixels give that kernel at another size."""
    layer = SpectralConv2D(1, {"free": {"resample": True}}, padding="circular", use_bias=False)
    layer.build((None, 32, width, 1))
    kernel = np.zeros((32, width))
    kernel[:3, :3] = rng.normal(size=(3, 3))
    spectrum = np.fft.rfft2(kernel)
    layer.set_weights([np.stack([spectrum.real, spectrum.imag])[:, None]])
    for size in ((45, 40), (32, {31: 30, 32: 33}[width])):  # the last with as many bins
        impulse = np.zeros((1, *size, 1), "float32")
        impulse[0, 0, 0] = 1
        found = numpy_of(layer(impulse))[0, ..., 0]
        expected = np.zeros(size)
        expected[:3, :3] = kernel[:3, :3]
        assert np.linalg.norm(found - expected) < 0.01 * np.linalg.norm(kernel)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "family", [{"modes": (2, 3)}, {"modes": 2, "resample": True}, {"resample": True}], ids=str
)
def test_gradients_are_those_of_finite_differences(family, rng):
    layer = SpectralConv2D(2, {"free": family}, padding="circular", seed=2)
    layer.build((None, 6, 5, 1))
    assert_layer_gradients_are_right(layer, rng.normal(size=(1, 7, 8, 1)))


@pytest.mark.parametrize("resample", [False, True])
def test_a_model_with_modes_takes_images_of_any_size(resample, rng):
    family = {"free": {"modes": [3, 2], "resample": resample}}
    model = keras.Sequential([keras.Input((None, None, 1)), SpectralConv2D(2, family)])
    for size in [(4, 4), (9, 12)]:
        output = model.predict(rng.normal(size=(1, *size, 1)).astype("float32"), verbose=0)
        assert output.shape == (1, *size, 2)
        assert np.isfinite(output).all()


def test_modes_that_are_none_are_refused():
    with pytest.raises(ValueError, match="modes: expected a whole number above 0, found 0"):
        FreeConvolution(2, modes=[3, 0])


def test_what_has_no_effect_at_one_size_has_none_at_another(rng):
    """Weights that no real filter has: an odd real part of the first column."""
    layer = SpectralConv2D(1, {"free": {"resample": True}}, padding="circular", use_bias=False)
    layer.build((None, 8, 8, 1))
    (bins,) = layer.weights
    column = rng.normal(size=8)
    weights = np.zeros(bins.shape)
    weights[0, 0, :, 0] = column - np.roll(column[::-1], 1)
    bins.assign(weights)
    for size in [(8, 8), (12, 12), (7, 9)]:
        images = rng.normal(size=(1, *size, 1)).astype("float32")
        np.testing.assert_allclose(numpy_of(layer(images)), 0, atol=1e-6)
