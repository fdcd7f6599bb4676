"""Laws of converting trained models: the same outputs from other weights."""

import keras
import numpy as np
import pytest

from specnet.layers import LearnedSpectralPooling, SpectralKernelConv2D
from specnet.models.conversion import convert_model, convertible, largest_difference

pytestmark = pytest.mark.backend

SIZE = (9, 10)


@pytest.fixture
def images(rng):
    return rng.normal(size=(4, *SIZE, 3)).astype("float32")


def trained(layers, rng):
    """No weight is left at a value that all layers of its kind begin with."""
    model = keras.Sequential([keras.Input((*SIZE, 3)), *layers])
    model.set_weights(
        [weight + rng.uniform(0.1, 0.5, weight.shape) for weight in model.get_weights()]
    )
    return model


@pytest.fixture
def network(rng):
    return trained(
        [
            keras.layers.Conv2D(6, 3, padding="same", name="first"),
            keras.layers.BatchNormalization(),
            keras.layers.DepthwiseConv2D(3, name="depthwise"),
            keras.layers.Conv2D(4, (2, 3), strides=2, use_bias=False, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ],
        rng,
    )


def kinds(model):
    return [type(layer) for layer in model.layers]


def test_there_and_back_gives_equal_outputs(network, images):
    outputs = np.abs(network.predict(images, verbose=0)).max()
    spectral = convert_model(network, "spectral")
    spatial = convert_model(spectral, "spatial")
    assert largest_difference(network, spectral, images) <= 1e-5 * outputs
    assert largest_difference(network, spatial, images) <= 1e-5 * outputs
    assert kinds(spatial) == kinds(network)
    assert spectral.count_params() == network.count_params()


def test_only_conv2d_itself_is_converted(network):
    spectral = convert_model(network, "spectral")
    changed = {
        new.name
        for old, new in zip(network.layers, spectral.layers, strict=True)
        if type(old) is not type(new)
    }
    assert changed == {layer.name for layer in convertible(network, "spectral")}
    assert kinds(spectral).count(SpectralKernelConv2D) == len(changed) == 2
    assert type(spectral.get_layer("depthwise")) is keras.layers.DepthwiseConv2D
    assert not convertible(spectral, "spectral")


def test_the_model_itself_is_left_as_it_was(network, images):
    before = network.predict(images, verbose=0)
    converted = convert_model(network, "spectral")
    converted.set_weights([weight + 1 for weight in converted.get_weights()])
    np.testing.assert_array_equal(network.predict(images, verbose=0), before)


def test_models_inside_models_are_converted_too(network, images):
    inputs = keras.Input((*SIZE, 3))
    outer = keras.Model(inputs, keras.layers.Dense(1)(network(inputs)))
    spectral = convert_model(outer, "spectral")
    assert len(convertible(outer, "spectral")) == len(convertible(spectral, "spatial")) == 2
    scale = np.abs(outer.predict(images, verbose=0)).max()
    assert largest_difference(outer, spectral, images) <= 1e-5 * scale


def test_learned_strides_are_frozen_as_they_were_learned(images):
    model = keras.Sequential(
        [keras.Input((*SIZE, 3)), LearnedSpectralPooling(), keras.layers.GlobalMaxPooling2D()]
    )
    pooling = model.layers[0]
    pooling.learned_strides.assign([1.5, 2.5])
    frozen = convert_model(model, "frozen")
    for weight in frozen.get_weights():  # the crop, too, follows the strides
        np.testing.assert_array_equal(weight, [1.5, 2.5])
    pooling.resize()
    assert frozen.layers[0].frozen
    assert None not in frozen.layers[0].output.shape[1:]
    assert largest_difference(model, frozen, images) == 0
    assert not convertible(frozen, "frozen")


def test_the_largest_difference_is_over_all_outputs(network, images):
    other = convert_model(network, "spectral")
    *weights, bias = other.get_weights()
    other.set_weights([*weights, bias + np.array([0, -0.25])])
    assert largest_difference(network, other, images) == pytest.approx(0.25, rel=1e-3)
