"""Laws of resizing images by matrices, against SciPy's transforms."""

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops
from scipy import signal

from specnet.ops.resizing import axis_matrix, resize

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def by_scipy(images, to):
    return signal.resample(signal.resample(images, to[0], axis=1), to[1], axis=2)


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def test_an_axis_is_resampled_as_scipy_does_at_every_pair_of_lengths(rng):
    for length in range(1, 33):
        x = rng.normal(size=length)
        for to in range(1, 33):
            found = axis_matrix(length, to) @ x
            np.testing.assert_allclose(found, signal.resample(x, to), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("to", [(8, 9), (20, 7), (15, 14)])
def test_images_are_resized_to_the_accuracy_of_their_type(dtype, to, rng):
    images = rng.normal(size=(2, 15, 14, 3)).astype(dtype)
    found = numpy_of(resize(images, to))
    assert found.dtype == dtype
    error = relative(found, by_scipy(images.astype("float64"), to))
    assert error < {"float32": 1e-6, "float64": 1e-12}[dtype]


def test_half_precision_is_rounded_at_the_ends_only(rng):
    images = ops.cast(100 * rng.normal(size=(1, 40, 42, 1)), "bfloat16")
    exact = by_scipy(numpy_of(ops.cast(images, "float64")), (21, 20))
    found = resize(images, (21, 20))
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    assert np.all(np.abs(numpy_of(ops.cast(found, "float64")) - exact) <= 2**-8 * np.abs(exact))


@pytest.mark.parametrize(("length", "to"), [(9, 5), (12, 6), (10, 4)])
def test_a_gain_multiplies_the_bins_that_are_kept(length, to, rng):
    gain = rng.uniform(0, 1, to // 2 + 1)
    x = rng.normal(size=length)
    expected = np.fft.irfft(np.fft.rfft(signal.resample(x, to)) * gain, to)
    np.testing.assert_allclose(numpy_of(axis_matrix(length, to, gain)) @ x, expected, atol=1e-12)


@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng):
    gains = [ops.convert_to_tensor(rng.uniform(0.5, 1, n)) for n in (3, 4)]
    images = rng.normal(size=(1, 9, 6, 2))
    assert_gradient_is_right(lambda x: ops.sum(resize(x, (5, 6), gains) ** 3), images)
    tensor = ops.convert_to_tensor(images)
    assert_gradient_is_right(
        lambda gain: ops.sum(resize(tensor, (5, 6), (gain, gains[1])) ** 3), numpy_of(gains[0])
    )
