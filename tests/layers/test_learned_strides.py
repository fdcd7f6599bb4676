"""Laws of strides while they are learned: what moves them, and what is kept of them."""

import keras
import numpy as np
import pytest
from keras import ops

from specnet.layers import LearnedSpectralPooling

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def network(pool):
    images = keras.Input((12, 12, 1))
    hidden = keras.layers.Conv2D(4, 3, activation="relu")(pool(images))
    return keras.Model(images, keras.layers.Dense(1)(keras.layers.GlobalMaxPooling2D()(hidden)))


@pytest.fixture
def waves(rng):
    """Which of two waves is it? One is above the pass band that the layer starts with."""
    kinds = rng.integers(0, 2, 64)
    phase = 2 * np.pi * (np.arange(12) * (1 + 3 * kinds[:, None]) / 12 + rng.random((64, 1)))
    images = np.broadcast_to(np.cos(phase)[:, None, :, None], (64, 12, 12, 1))
    return images.astype("float32"), kinds[:, None].astype("float32")


def test_training_lowers_the_loss_and_moves_the_strides(waves):
    """The horizontal one; vertical frequencies, of which there are none, teach nothing."""
    pool = LearnedSpectralPooling([2.0, 2.5], smoothness=2.0)
    model = network(pool)
    # Adam makes whole steps of rounding errors, unless they are below its epsilon.
    model.compile(keras.optimizers.Adam(0.03, epsilon=1e-4), "mse")
    losses = model.fit(*waves, epochs=12, batch_size=64, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    vertical, horizontal = pool.learned()["stride v, u"]
    assert vertical == pytest.approx(2, abs=0.02)
    assert horizontal < 2.4


def test_the_regularizer_is_the_share_of_features_that_are_kept(waves):
    pool = LearnedSpectralPooling([2.0, 2.5], regularizer=0.3)
    network(pool)
    (loss,) = pool.losses
    assert float(loss) == pytest.approx(0.3 / (2.0 * 2.5))
    assert not LearnedSpectralPooling([2.0, 2.5]).losses


def trained(pool, images, *, loss):
    model = keras.Sequential([keras.Input((12, 12, 1)), pool, keras.layers.GlobalMaxPooling2D()])
    model.compile(keras.optimizers.SGD(0.1), loss)
    model.fit(images, images[:, 0, 0], epochs=2, verbose=0)
    return pool.learned()["stride v, u"]


def test_the_regularizer_raises_the_strides(waves):
    pool = LearnedSpectralPooling([1.0, 2.0], regularizer=3.0)
    assert np.all(trained(pool, waves[0], loss=lambda _, z: 0 * ops.mean(z)) > [1.1, 2.1])


def test_strides_do_not_fall_below_one(waves):
    """Though a step goes far beyond, as the faster wave is cut a little."""
    pool = LearnedSpectralPooling(1.6)
    vertical, horizontal = trained(pool, waves[0], loss=lambda _, z: -1e4 * ops.mean(z))
    assert vertical == pytest.approx(1.6)
    assert 1 <= horizontal < 1.01


@pytest.fixture
def learned(waves):
    """A network of two such layers, with strides other than at the start."""
    images = keras.Input((12, 12, 1))
    pools = [LearnedSpectralPooling(2.0, 1.0, name=name) for name in "ab"]
    hidden = pools[1](keras.layers.Conv2D(3, 3, padding="same")(pools[0](images)))
    model = keras.Model(images, keras.layers.GlobalMaxPooling2D()(hidden))
    model.predict(waves[0][:1], verbose=0)
    for pool in pools:
        pool.learned_strides.assign([1.3, 3.1])
        assert pool.resize()
    model.make_predict_function(force=True)
    return model


def test_saved_models_know_the_size_that_they_learned(learned, waves, tmp_path):
    expected = learned.predict(waves[0], verbose=0)
    learned.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(waves[0], verbose=0), expected)

    learned.save_weights(tmp_path / "model.weights.h5")
    other = keras.models.clone_model(learned)
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other.predict(waves[0], verbose=0), expected)


def test_clones_know_the_size_once_they_are_told_to_look(learned, waves):
    cloned = keras.models.clone_model(learned)
    cloned.set_weights(learned.get_weights())
    for name in "ab":
        cloned.get_layer(name).sync()
    np.testing.assert_array_equal(
        cloned.predict(waves[0], verbose=0), learned.predict(waves[0], verbose=0)
    )


def test_a_model_frozen_layer_by_layer_can_end_in_dense(learned, waves):
    def frozen(layer):
        kind = LearnedSpectralPooling
        return (
            layer.freeze()
            if isinstance(layer, kind)
            else type(layer).from_config(layer.get_config())
        )

    model = keras.models.clone_model(learned, clone_function=frozen)
    model.set_weights(learned.get_weights())
    np.testing.assert_array_equal(
        model.predict(waves[0], verbose=0), learned.predict(waves[0], verbose=0)
    )
    keras.layers.Dense(2)(keras.layers.Flatten()(model.get_layer("b").output))
