"""The mixer of the adaptive Fourier neural operator, against its formula in NumPy."""

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import AdaptiveFourier

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def by_parts(function, x):
    return function(x.real) + 1j * function(x.imag)


def by_the_paper(images, layer):
    first, first_bias, second, second_bias = (
        numpy_of(each)[0] + 1j * numpy_of(each)[1] for each in layer.weights
    )
    spectra = np.fft.rfft2(images, axes=(1, 2), norm="ortho")
    parts = []
    for number, x in enumerate(np.split(spectra, layer.blocks, -1)):
        x = by_parts(lambda y: np.maximum(y, 0), x @ first[number] + first_bias[number])
        x = x @ second[number] + second_bias[number]
        parts.append(by_parts(lambda y: np.sign(y) * np.maximum(abs(y) - layer.threshold, 0), x))
    back = np.fft.irfft2(np.concatenate(parts, -1), images.shape[1:3], axes=(1, 2), norm="ortho")
    return images + back


@pytest.mark.parametrize(("blocks", "expansion"), [(1, 2), (3, 1)])
def test_it_is_the_formula_of_the_paper_at_every_size(blocks, expansion, size, rng):
    images = rng.normal(size=(2, *size, 6))
    layer = AdaptiveFourier(blocks, expansion, threshold=0.2, seed=1)
    layer.build(images.shape)
    for bias in (layer.first_bias, layer.second_bias):
        bias.assign(0.3 * rng.normal(size=bias.shape))
    found = numpy_of(layer(images))
    np.testing.assert_allclose(found, by_the_paper(images, layer), atol=1e-10)
    assert layer.compute_output_shape(images.shape) == found.shape
    numbers = 6 // blocks * 6 * expansion
    assert layer.count_params() == 2 * (2 * numbers + 6 * expansion + 6)


def test_noise_is_as_strong_in_what_is_added(rng):
    images = rng.normal(size=(4, 12, 11, 16))
    added = [
        (numpy_of(AdaptiveFourier(2, threshold=0, seed=seed)(images)) - images).var()
        for seed in range(6)
    ]
    assert np.mean(added) == pytest.approx(1, abs=0.15)


def test_a_threshold_above_all_frequencies_leaves_the_image(rng):
    images = rng.normal(size=(1, 6, 5, 2))
    np.testing.assert_array_equal(numpy_of(AdaptiveFourier(threshold=1e3)(images)), images)


def test_gradients_are_right(rng):
    layer = AdaptiveFourier(2, 2, threshold=0.05, seed=4)
    layer.build((2, 5, 4, 4))
    assert_layer_gradients_are_right(layer, rng.normal(size=(2, 5, 4, 4)))


def test_blocks_that_do_not_divide_the_channels_are_refused():
    with pytest.raises(ValueError, match="blocks must divide the 6 channels, found 4"):
        AdaptiveFourier(4).build((None, 8, 8, 6))
