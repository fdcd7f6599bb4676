"""What is kept between predictions: never anything but what the weights say now."""

import threading

import keras
import numpy as np
import pytest
from keras import ops

from specnet.layers import (
    RFFT2D,
    GaussianConvolution,
    SpectralConv2D,
    SpectralConv2DTranspose,
)
from specnet.layers.network import Network
from specnet.ops.kept import kept

pytestmark = [
    pytest.mark.graph,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow alone keeps"),
]

CHAINED = [
    RFFT2D,
    lambda: GaussianConvolution(3, activation="relu", seed=1),
    lambda: GaussianConvolution(2, activation="relu", seed=2),
    keras.layers.Flatten,
    lambda: keras.layers.Dense(2),
]
FULL = [lambda: SpectralConv2D(3, padding="circular", seed=1), keras.layers.Flatten]
TRANSPOSED = [lambda: SpectralConv2DTranspose(2, seed=1, strides=2), keras.layers.Flatten]


def network(makers, size=(8, 9)):
    images = keras.Input((*size, 2))
    outputs = images
    for make in makers:
        outputs = make()(outputs)
    model = Network(images, outputs)
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def images(rng):
    return rng.normal(size=(2, 8, 9, 2)).astype("float32")


def called(model, images):
    return ops.convert_to_numpy(model(images))


@pytest.mark.parametrize("makers", [CHAINED, FULL, TRANSPOSED])
def test_predictions_follow_every_change_of_the_weights(makers, images, tmp_path):
    model = network(makers)
    model.save_weights(tmp_path / "first.weights.h5")
    first = model.predict_on_batch(images)
    weight = next(each for each in model.trainable_weights if each.name == "scale")
    changes = [
        lambda: weight.assign(weight * 1.5),
        lambda: model.train_on_batch(images, np.zeros_like(first)),
        lambda: model.set_weights([value * 0.5 for value in model.get_weights()]),
        lambda: model.load_weights(tmp_path / "first.weights.h5"),
    ]
    before = first
    for change in changes:
        change()
        for _ in range(2):  # computed, then kept
            found = model.predict_on_batch(images)
            np.testing.assert_allclose(found, called(model, images), rtol=1e-5, atol=1e-6)
        assert np.abs(found - before).max() > 1e-4
        before = found
    np.testing.assert_array_equal(before, first)


class Counting(keras.layers.Layer):
    """Adds three times the square of its weight; says how often that was computed of numbers."""

    def __init__(self, weights=1):
        super().__init__()
        self.scale = self.add_weight((weights,), initializer="ones", name="scale")
        self.times = []
        self.function = kept(self._computed)

    def call(self, inputs):
        return inputs + self.function([{"scale": self.scale}], ops.zeros((0, inputs.shape[1])))[0]

    def _computed(self, weights, like):
        import tensorflow as tf

        if tf.executing_eagerly():
            self.times.append(like.shape[1])
        return [3 * weights[0]["scale"][:1] ** 2 * ops.ones(like.shape[1:])]


def counting(length=6, weights=1):
    numbers = keras.Input((length,))
    layer = Counting(weights)
    model = keras.Model(numbers, layer(numbers))
    model.compile("sgd", "mse")
    return model, layer


def test_functions_are_computed_once_while_their_weights_stay():
    model, layer = counting()
    layer.times.clear()
    for expected in (3, 3, 3):
        np.testing.assert_array_equal(model.predict_on_batch(np.zeros((2, 6))), expected)
    assert layer.times == [6]
    layer.scale.assign([2.0])
    model.predict(np.zeros((5, 6)), batch_size=1, verbose=0)
    assert layer.times == [6, 6]


def test_evaluations_and_training_keep_nothing():
    model, layer = counting()
    layer.times.clear()
    assert model.test_on_batch(np.zeros((2, 6)), np.zeros((2, 6))) == 9
    model.train_on_batch(np.zeros((2, 6)), np.zeros((2, 6)))
    np.testing.assert_allclose(layer.scale, 1 - 0.01 * 2 * 3 * 6, rtol=1e-6)  # SGD of (3 s^2)^2
    assert layer.times == []


def test_weights_as_many_as_their_functions_are_not_compared():
    model, layer = counting(length=6, weights=2)
    layer.times.clear()
    model.predict_on_batch(np.zeros((2, 6)))
    assert layer.times == []


def test_threads_that_predict_while_weights_change_leave_nothing_old_behind():
    model, layer = counting()
    numbers = np.zeros((1, 6))
    model.predict_on_batch(numbers)

    def predict():
        for _ in range(40):
            model.predict_on_batch(numbers)

    threads = [threading.Thread(target=predict) for _ in range(3)]
    for thread in threads:
        thread.start()
    for value in range(40):
        layer.scale.assign([float(value)])
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(model.predict_on_batch(numbers), 3 * 39.0**2)
