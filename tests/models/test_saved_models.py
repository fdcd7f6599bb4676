"""Models of recipes are saved, loaded, wrapped and exported like any model of Keras."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from specnet import recipe
from specnet.layers import SpectralConv2D
from specnet.models import builder, compilation


def assert_equal(loaded, model, images):
    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), model.predict(images, verbose=0)
    )
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("path", recipe.shipped()[::6], ids=lambda path: path.stem)
def test_models_of_recipes_are_loaded_as_they_were(path, tmp_path, rng):
    loaded = recipe.load(path)
    own = loaded.data.image_size  # some layers ask for a size of their own
    size = own if max(own) <= 32 or len(own) != 2 or "tuned" in path.stem else (16, 16)
    model = builder.build(loaded, size)
    compilation.compile_model(model, loaded)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert again.get_compile_config() == model.get_compile_config()
    images = rng.normal(size=(2, *model.input_shape[1:])).astype("float32")
    assert_equal(again, model, images)


def test_wrapped_models_are_loaded_as_they_were(tmp_path, rng):
    model = builder.build(recipe.load("gratings-gaussian"), (12, 9))
    images = keras.Input(model.input_shape[1:])
    wrapped = keras.Sequential([keras.Model(images, model(images)), keras.layers.Softmax()])
    wrapped.build((None, *model.input_shape[1:]))
    wrapped.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert_equal(again, wrapped, rng.normal(size=(2, *model.input_shape[1:])))


def test_recipes_are_channels_last_whatever_the_configuration_says():
    loaded = recipe.load("cifar10-gaussian")
    expected = builder.build(loaded).get_config()
    keras.config.set_image_data_format("channels_first")
    try:
        found = builder.build(loaded).get_config()
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_image_data_format("channels_last")
    for one, other in zip(found["layers"], expected["layers"], strict=True):
        assert one["config"].get("data_format", "channels_last") == "channels_last"
        assert one.get("build_config") == other.get("build_config")


SERVE = """
import numpy as np, sys, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
np.save(sys.argv[2], model.serve(tf.constant(np.load(sys.argv[3]))))
assert not any(name.startswith("specnet") for name in sys.modules)
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a format of TensorFlow")
@pytest.mark.graph
def test_exported_models_are_served_without_specnet(tmp_path, rng):
    chained = builder.build(recipe.load("gratings-gaussian"), (12, 9))
    images = keras.Input(chained.input_shape[1:])
    features = SpectralConv2D(2, padding="reflect")(images)
    outputs = keras.layers.Concatenate()(
        [chained(images), keras.layers.GlobalMaxPooling2D()(features)]
    )
    model = keras.Model(images, outputs)
    batch = rng.normal(size=(3, 12, 9, 1)).astype("float32")
    np.save(tmp_path / "in.npy", batch)
    expected = model.predict(batch, verbose=0)  # with the loops
    model.export(tmp_path / "exported", verbose=False)
    paths = [str(tmp_path / name) for name in ("exported", "out.npy", "in.npy")]
    subprocess.run([sys.executable, "-c", SERVE, *paths], check=True, cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a format of TensorFlow")
@pytest.mark.graph
def test_a_model_for_any_size_is_not_exported_and_says_why(tmp_path):
    images = keras.Input((None, None, 1))
    model = keras.Model(images, SpectralConv2D(2)(images))
    with pytest.raises(ValueError, match="give the model an Input of known height and width"):
        model.export(tmp_path / "exported", verbose=False)
