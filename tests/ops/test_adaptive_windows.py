"""Keras's adaptive pooling, which recipes use, has windows that fit into the image."""

from contextlib import nullcontext

import keras
import numpy as np
import pytest

import specnet.layers  # noqa: F401  mends it

pytestmark = pytest.mark.backend

PAIRS = [(19, 15), (7, 7), (25, 19), (15, 7), (13, 13), (8, 3), (5, 1), (1, 1)]


def as_users_have_it():
    """JAX without float64, in which the fault is: tests have it otherwise."""
    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(False)


def pooled(images, to, reduce):
    """(B, H, W, C) -> (B, to, to, C), pixels i N // M to ceil((i + 1) N / M) of each axis."""
    for axis in (1, 2):
        length = images.shape[axis]
        windows = [np.arange(i * length // to, -(-(i + 1) * length // to)) for i in range(to)]
        parts = [reduce(images.take(window, axis), axis=axis) for window in windows]
        images = np.stack(parts, axis=axis)
    return images


@pytest.mark.parametrize(("length", "to"), PAIRS)
def test_each_output_of_adaptive_pooling_is_of_its_own_window(length, to, rng):
    images = rng.normal(size=(2, length, length, 3)).astype("float32")
    with as_users_have_it():
        highest = keras.layers.AdaptiveMaxPooling2D(to)(images)
        means = keras.layers.AdaptiveAveragePooling2D(to)(images)
    np.testing.assert_array_equal(highest, pooled(images, to, np.max))
    np.testing.assert_allclose(means, pooled(images, to, np.mean), atol=1e-6)
