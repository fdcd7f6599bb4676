"""Autoencoders are trained to give images back, and measured against independent references."""

import keras
import numpy as np
import pytest
from recipes_at_hand import AUTOENCODER, write

from specnet import recipe, workflow
from specnet.data import Dataset, Normalization, Split
from specnet.data.pipeline import Batches
from specnet.recipe.schema import Augment
from specnet.workflow import reconstruction

UNIT = Normalization((0.0,), (1 / 255,))
CENTRED = Normalization((-1.0,), (1 / 127.5,))


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (11, 16, 13, 1)).astype("uint8")


def dataset(images):
    split = Split(images, np.zeros(len(images), "int32"))
    return Dataset(split, split, split, ("a", "b"))


def test_targets_are_the_images_as_shares_of_white_however_inputs_are_normalized(images):
    split = Split(images, np.zeros(11, "int32"))
    inputs, targets = Batches(split, 2, CENTRED, 4, task="reconstruction")[1]
    np.testing.assert_allclose(targets, images[4:8] / 255, rtol=1e-6)
    np.testing.assert_allclose(inputs, images[4:8] / 127.5 - 1, rtol=1e-6, atol=1e-6)


def test_an_augmented_image_is_its_own_target(images):
    split = Split(images, np.zeros(11, "int32"))
    augment = Augment(shift=3, rotate=10)
    inputs, targets = Batches(split, 2, UNIT, 4, augment=augment, task="reconstruction")[0]
    np.testing.assert_allclose(inputs, targets, rtol=1e-5, atol=1e-6)
    assert np.abs(targets - images[:4] / 255).max() > 0.1


def test_the_identity_reconstructs_without_error(images):
    inputs = keras.Input((16, 13, 1))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    model.compile(loss="mse")
    found = reconstruction.evaluate(model, dataset(images), "test", UNIT, batch_size=4)
    assert (found.mse, found.loss) == pytest.approx((0, 0), abs=1e-12)
    assert found.ssim == pytest.approx(1)
    assert (found.images, found.image_size) == (11, (16, 13))


def test_errors_of_a_constant_are_those_by_hand(images):
    inputs = keras.Input((16, 13, 1))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: 0 * x + 0.25)(inputs))
    model.compile(loss="binary_crossentropy")
    found = reconstruction.evaluate(model, dataset(images), "test", UNIT, batch_size=4)
    shares = images / 255
    entropy = -(shares * np.log(0.25) + (1 - shares) * np.log(0.75)).mean()
    assert found.mse == pytest.approx(np.square(shares - 0.25).mean(), rel=1e-5)
    assert found.loss == pytest.approx(entropy, rel=1e-5)


def test_similarity_is_that_of_tensorflow(rng):
    tf = pytest.importorskip("tensorflow")
    image = rng.random((19, 24, 3)).astype("float32")
    other = (image + 0.2 * rng.random((19, 24, 3))).clip(0, 1).astype("float32")
    expected = float(tf.image.ssim(image, other, 1.0))
    assert reconstruction.similarity(image, other) == pytest.approx(expected, rel=1e-4)


def test_images_smaller_than_the_window_have_no_similarity(images):
    inputs = keras.Input((10, 13, 1))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    model.compile(loss="mse")
    found = reconstruction.evaluate(model, dataset(images[:, :10]), "test", UNIT, batch_size=4)
    assert found.ssim is None


@pytest.mark.backend
def test_a_trained_autoencoder_measures_what_its_training_said(tmp_path):
    loaded = recipe.load(write(tmp_path, AUTOENCODER, "auto"))
    trained = workflow.train(loaded, tmp_path / "run")
    assert trained.rows[-1]["val_loss"] < trained.rows[0]["loss"]
    assert trained.best["val_loss"] == min(row["val_loss"] for row in trained.rows)
    measured = workflow.evaluate(trained.run, "validation")
    assert measured.loss == pytest.approx(trained.best["val_loss"], rel=1e-5)
    assert measured.mse == pytest.approx(trained.best["val_mse"], rel=1e-4)
