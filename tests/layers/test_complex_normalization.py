"""Batch normalization of complex numbers, against NumPy's covariances and SciPy's matrix roots."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops
from scipy.linalg import sqrtm

from specnet.layers import ComplexBatchNormalization
from specnet.layers.complex_normalization import affine, moments, whitening

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def correlated(rng, shape=(6, 2, 3, 7, 5)):
    """Spectra whose parts have a mean, and much in common."""
    spectrum = rng.normal(size=shape)
    spectrum[:, 1] = 0.8 * spectrum[:, 0] + 0.3 * spectrum[:, 1] + 2
    return spectrum * np.array([0.2, 1, 30])[:, None, None]


def covariance(spectrum, channel):
    return np.cov(spectrum[:, :, channel].swapaxes(0, 1).reshape(2, -1), bias=True)


def test_in_training_the_parts_are_white_in_every_channel(rng):
    spectrum = correlated(rng).astype("float32")
    layer = ComplexBatchNormalization(epsilon=1e-8)
    found = numpy_of(layer(spectrum, training=True)).astype("float64")
    np.testing.assert_allclose(found.mean((0, 3, 4)), 0, atol=1e-5)
    for channel in range(3):
        # Each part has half of a mean square of 1.
        np.testing.assert_allclose(covariance(found, channel), np.eye(2) / 2, atol=1e-5)


def test_a_frozen_layer_keeps_its_statistics_and_uses_them(rng):
    spectrum = correlated(rng).astype("float32")
    layer = ComplexBatchNormalization()
    layer(spectrum, training=True)
    layer.trainable = False
    expected, kept = numpy_of(layer(spectrum)), numpy_of(layer.moving_covariance)
    np.testing.assert_array_equal(numpy_of(layer(spectrum, training=True)), expected)
    np.testing.assert_array_equal(numpy_of(layer.moving_covariance), kept)


@pytest.mark.usefixtures("float64")
def test_it_is_the_formula_of_the_paper_in_training_and_out_of_it(rng):
    spectrum, epsilon = correlated(rng), 0.01
    layer = ComplexBatchNormalization(momentum=0.75, epsilon=epsilon)
    layer.build(spectrum.shape)
    layer.gamma.assign(rng.normal(size=(3, 3)))
    layer.beta.assign(rng.normal(size=(2, 3)))

    def expected(channel, mean, matrix):
        root = np.linalg.inv(sqrtm(matrix + epsilon * np.eye(2)))
        a, b, c = numpy_of(layer.gamma)[:, channel]
        centred = spectrum[:, :, channel] - mean[:, None, None]
        white = np.einsum("ij,bjvu->bivu", np.array([[a, c], [c, b]]) @ root, centred)
        return white + numpy_of(layer.beta)[:, channel, None, None]

    before = numpy_of(layer.moving_covariance)[:, 0]
    np.testing.assert_allclose(before, [0.5**0.5, 0.5**0.5, 0])  # the paper's, section 3.5
    trained, used = numpy_of(layer(spectrum, training=True)), numpy_of(layer(spectrum))
    for channel in range(3):
        matrix = covariance(spectrum, channel)
        mean = spectrum[:, :, channel].mean((0, 2, 3))
        np.testing.assert_allclose(
            trained[:, :, channel], expected(channel, mean, matrix), atol=1e-9
        )
        moved = 0.75 * np.array([[before[0], before[2]], [before[2], before[1]]]) + 0.25 * matrix
        np.testing.assert_allclose(
            used[:, :, channel], expected(channel, 0.25 * mean, moved), atol=1e-9
        )


@pytest.mark.usefixtures("float64")
def test_gradients_are_right_through_the_statistics_of_the_batch(rng):
    cubes = ops.convert_to_tensor(rng.normal(size=(2, 2, 2, 3, 2)))

    def loss(spectrum):
        mean, covariance = moments(spectrum)
        return ops.sum(cubes * affine(spectrum, mean, whitening(covariance, 0.1)) ** 3)

    assert_gradient_is_right(loss, correlated(rng, (2, 2, 3, 3, 2))[:, :, :2])


def test_one_pixel_and_no_variance_or_the_same_in_both_parts_are_finite(rng):
    layer = ComplexBatchNormalization(dtype="mixed_float16")
    same = np.repeat(rng.normal(0, 1000, (3, 1, 1, 5, 4)), 2, axis=1)  # no determinant in float32
    for spectrum in (np.zeros((1, 2, 1, 1, 1)), np.full((2, 2, 1, 3, 2), 100.0), same):
        output = layer(spectrum, training=True)
        assert keras.backend.standardize_dtype(output.dtype) == "float16"
        assert np.isfinite(numpy_of(output)).all()
