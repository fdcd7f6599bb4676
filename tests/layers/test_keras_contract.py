"""What Keras expects of every layer: complete configurations, saving, cloning, training."""

import inspect

import keras
import numpy as np
import pytest

from specnet.layers import IRFFT2D, RFFT2D, FromComplexLast, SpectralConvolution, ToComplexLast
from specnet.registry import LAYERS, resolve

pytestmark = pytest.mark.backend

OURS = {name: resolve(name) for name, where in LAYERS.items() if where.startswith("specnet.")}
every_layer = pytest.mark.parametrize("kind", OURS.values(), ids=OURS.keys())
every_convolution = pytest.mark.parametrize(
    "kind", [k for k in OURS.values() if issubclass(k, SpectralConvolution)]
)
CHANGED = {
    "filters": 3, "mixing": "full", "activation": "tanh", "use_bias": True, "init": "wood2021",
    "seed": 9, "grid": "wood2021", "odd_width": True, "order": 2, "intercept": True,
    "norm": "forward", "channels": "sum",
}  # fmt: skip


def arguments_of(kind):
    """Every argument of the constructor, those that it passes on to its bases too."""
    names = {
        name
        for base in kind.__mro__
        if base.__module__.startswith("specnet.") and "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD and name != "self"
    }
    return names - ({"order"} if kind.__name__ == "LinearConvolution" else set())


@every_layer
def test_configuration_holds_every_argument(kind):
    arguments = {name: CHANGED[name] for name in arguments_of(kind)}
    layer = kind(**arguments)
    config = layer.get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert kind.from_config(config).get_config() == config


def model_with(layer, size=(9, 7)):
    images = keras.Input((*size, 2))
    spectrum = layer(RFFT2D()(images))
    back = IRFFT2D(odd_width=size[1] % 2 == 1)(FromComplexLast()(ToComplexLast()(spectrum)))
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(back)))


@every_convolution
@pytest.mark.parametrize("mixing", ["sum", "depthwise", "full"])
def test_saved_and_cloned_models_give_equal_outputs(kind, mixing, tmp_path, rng):
    images = rng.normal(size=(3, 9, 7, 2)).astype("float32")
    model = model_with(kind(4, mixing=mixing, use_bias=True, activation="relu"))
    expected = model.predict(images, verbose=0)

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), expected)

    cloned = keras.models.clone_model(model)
    cloned.set_weights(model.get_weights())
    np.testing.assert_array_equal(cloned.predict(images, verbose=0), expected)


@every_convolution
@pytest.mark.parametrize(("policy", "jit_compile"), [("float32", False), ("mixed_bfloat16", True)])
def test_training_lowers_the_loss(kind, policy, jit_compile, rng):
    keras.config.set_dtype_policy(policy)
    images = rng.normal(size=(16, 9, 7, 2)).astype("float32")
    targets = rng.normal(size=(16, 2)).astype("float32")
    model = model_with(kind(4, activation="relu"))
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=jit_compile)
    losses = model.fit(images, targets, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
