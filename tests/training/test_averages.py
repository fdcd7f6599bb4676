"""Averages of weights have normalization statistics of their own, and leave no trace."""

import keras
import numpy as np
import pytest

from specnet.data import Normalization
from specnet.layers import RFFT2D, ComplexBatchNormalization
from specnet.layers.network import Network
from specnet.recipe.adversarial import Adversarial
from specnet.training.ascent import Ascent
from specnet.training.averages import Averages, values

pytestmark = pytest.mark.backend

BATCHES, ROWS = 5, 6


class Noise(keras.utils.PyDataset):
    """The same images each time."""

    def __init__(self, shape):
        super().__init__()
        rng = np.random.default_rng(3)
        self.images = rng.normal(2, 3, (BATCHES, ROWS, *shape)).astype("float32")

    def __len__(self):
        return BATCHES

    def __getitem__(self, index):
        return self.images[index], np.arange(ROWS) % 2


def trained(noise, *layers):
    """A model after some steps at a rate that leaves its averages far behind."""
    inputs = keras.Input(noise.images.shape[2:])
    outputs = inputs
    for layer in (*layers, keras.layers.Flatten(), keras.layers.Dense(2)):
        outputs = layer(outputs)
    model = Network(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(0.3, use_ema=True, ema_momentum=0.9)
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.evaluate(noise, verbose=0)  # a training has validated before
    for batch in range(3):
        model.train_on_batch(*noise[batch])
    return model


def convolution():
    return keras.layers.Conv2D(3, 1, use_bias=False)


@pytest.mark.parametrize("options", [{"momentum": 0.5}, {"momentum": 0.999}, {"renorm": True}])
def test_statistics_are_the_means_over_batches_of_what_averages_give(options):
    noise = Noise((5, 4, 2))
    conv, norm = convolution(), keras.layers.BatchNormalization(**options)
    model = trained(noise, conv, norm, keras.layers.Dropout(0.5))
    own = values([conv.kernel])[0]
    with Averages(model, lambda: noise).in_place(measured=True):
        (kernel,) = values([conv.kernel])
        mean, variance = values([norm.moving_mean, norm.moving_variance])
    assert np.abs(kernel - own).max() > 1e-3
    given = noise.images @ kernel[0, 0]
    np.testing.assert_allclose(mean, given.mean((0, 1, 2, 3)), rtol=0.01, atol=0.01)
    np.testing.assert_allclose(variance, given.var((1, 2, 3)).mean(0), rtol=0.01)
    assert options.items() <= norm.get_config().items()


def test_complex_statistics_are_measured_too():
    noise = Noise((5, 4, 2))
    norm = ComplexBatchNormalization()
    model = trained(noise, RFFT2D(), norm)
    with Averages(model, lambda: noise).in_place(measured=True):
        mean, _ = values([norm.moving_mean, norm.moving_covariance])
    spectrum = np.fft.rfft2(noise.images, axes=(2, 3), norm="ortho").mean((0, 1, 2, 3))
    scale = np.abs(spectrum).max()
    np.testing.assert_allclose(mean[0], spectrum.real, atol=0.02 * scale)
    np.testing.assert_allclose(mean[1], spectrum.imag, atol=0.02 * scale)


@pytest.mark.parametrize("scaled", [False, True])
def test_statistics_are_of_images_that_moved_as_at_the_first_step(scaled):
    noise = Noise((5, 4, 2))
    norm = keras.layers.BatchNormalization()
    model = trained(noise, norm, keras.layers.Conv2D(3, 2, activation="tanh"))
    if scaled:  # as mixed_float16 does
        optimizer = keras.optimizers.SGD(0.3, use_ema=True)
        model.compile(keras.optimizers.LossScaleOptimizer(optimizer), model.loss)
        model.train_on_batch(*noise[0])
    wide = Normalization((-20.0,) * 2, (50 / 255,) * 2)
    ascent = Ascent(model, Adversarial(epsilon=0.1), wide, seed=3)
    with Averages(model, lambda: noise).in_place(measured=False):
        moved = [
            ascent(*map(keras.ops.convert_to_tensor, noise[batch]), ascent.at_first())
            for batch in range(BATCHES)
        ]
    moved = np.stack([keras.ops.convert_to_numpy(each) for each in moved])
    means = moved.mean((0, 1, 2, 3))
    assert np.abs(means - noise.images.mean((0, 1, 2, 3))).max() > 0.1
    for steps in (3, 9):  # a resumed training measures what an undisturbed one does
        getattr(model.optimizer, "inner_optimizer", model.optimizer).iterations.assign(steps)
        with Averages(model, lambda: noise, ascent).in_place(measured=True):
            mean, variance = values([norm.moving_mean, norm.moving_variance])
        np.testing.assert_allclose(mean, means, rtol=0.01)
        np.testing.assert_allclose(variance, moved.var((1, 2, 3)).mean(0), rtol=0.01)


@pytest.mark.parametrize("measured", [True, False])
def test_all_comes_back_bit_for_bit_and_evaluations_are_no_trainings(measured):
    noise = Noise((4, 5, 1))
    norm = keras.layers.BatchNormalization()
    model = trained(noise, convolution(), norm, keras.layers.Dropout(0.5))
    before, loss = values(model.variables), model.evaluate(noise, verbose=0)
    averages = Averages(model, lambda: noise)
    for _ in range(2):  # the second time with what the first has traced
        with averages.in_place(measured):
            assert model.evaluate(noise, verbose=0) == model.evaluate(noise, verbose=0)
        for found, expected in zip(values(model.variables), before, strict=True):
            np.testing.assert_array_equal(found, expected)
        assert model.evaluate(noise, verbose=0) == loss


def test_statistics_that_no_training_changes_stay():
    noise = Noise((3, 3, 2))
    frozen = keras.layers.BatchNormalization(trainable=False)
    model = trained(noise, frozen, convolution(), keras.layers.BatchNormalization(momentum=1))
    still = values(model.non_trainable_variables)
    with Averages(model, lambda: noise).in_place(measured=True):
        for found, expected in zip(values(model.non_trainable_variables), still, strict=True):
            np.testing.assert_array_equal(found, expected)
