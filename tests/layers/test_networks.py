"""Models that run their pointwise layers as one loop are the models they were."""

import json

import keras
import numpy as np
import pytest

from specnet import recipe
from specnet.layers import IRFFT1D, IRFFT3D, RFFT1D, RFFT3D, FreeConvolution, GaussianConvolution
from specnet.layers.network import Chain, Network, chains
from specnet.models import builder, compilation

if keras.backend.backend() != "tensorflow":
    pytest.skip("loops are for TensorFlow", allow_module_level=True)

import tensorflow as tf

CHAINED = """
data: {{source: gratings, image_size: [13, 10], train: 32, validation: 16, test: 16}}
model:
{model}
training: {{epochs: 1, batch_size: 16}}
"""
MODELS = {
    "paper": "[rfft2d, gaussian: {filters: 3, activation: relu}, linear: {filters: 4}, relu, "
    "gabor: {filters: 2, activation: relu}, flatten, dense: {units: 8, activation: tanh}]",
    "free": "[rfft2d: {channels: sum}, free: {filters: 3, activation: relu}, "
    "free: {filters: 2}, flatten, dense: {units: 8, use_bias: false}]",
    "to space": "[rfft2d, radial: {filters: 3, activation: relu}, butterworth: {filters: 4}, "
    "irfft2d, global_average_pooling2d, dense: {units: 8}]",
    "residual": "[rfft2d, residual: {layers: [gaussian: {filters: 3, activation: relu}, "
    "gaussian: {filters: 3}]}, irfft2d, flatten, dense: {units: 8}]",
}


def load(tmp_path, layers, *overrides):
    path = tmp_path / "net.yaml"
    path.write_text(CHAINED.format(model=f"  {layers}"), encoding="utf-8")
    return recipe.load(path, overrides)


def build(tmp_path, layers, *overrides):
    loaded = load(tmp_path, layers, *overrides)
    model = builder.build(loaded)
    compilation.compile_model(model, loaded)
    return model


def images(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(7, 13, 10, 1)).astype("float32")


def gradients(model):
    with tf.GradientTape() as tape:
        batch = tf.constant(images())
        tape.watch(batch)
        loss = tf.reduce_sum(tf.square(model(batch)))
    return tape.gradient(loss, [batch, *(v.value for v in model.trainable_variables)])


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS.keys())
def test_a_joined_model_gives_what_its_layers_give(tmp_path, layers):
    model = build(tmp_path, layers)
    assert model.chaining
    joint = model(images()), gradients(model)
    model.chaining = False
    apart = model(images()), gradients(model)
    for found, expected in zip(tf.nest.flatten(joint), tf.nest.flatten(apart), strict=True):
        scale = np.abs(expected).max()
        # A gradient that is zero by symmetry is rounding errors alone.
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(scale, 1e-3))


@pytest.mark.graph
def test_training_joined_or_apart_and_compiled_whole_ends_at_the_same_weights(tmp_path):
    labels = keras.utils.to_categorical(np.arange(7), 8)
    ends = []
    for whole in (False, True):
        keras.utils.set_random_seed(3)
        model = build(tmp_path, MODELS["paper"], *["training.jit_compile=true"][: int(whole)])
        assert model.jit_compile is whole
        model.chaining = not whole
        model.fit(images(), labels, epochs=3, verbose=0)
        ends.append(model.get_weights())
    for joint, apart in zip(*ends, strict=True):
        np.testing.assert_allclose(joint, apart, atol=1e-4)


TRAINED = {
    "behind": "[rfft2d, gaussian: {filters: 3}, gaussian: {filters: 2}, "
    "complex_batch_normalization, flatten, batch_normalization, dropout: {rate: 0.4}, "
    "dense: {units: 8}]",
    "before": "[dropout: {rate: 0.4}, batch_normalization, rfft2d, gaussian: {filters: 3}, "
    "gaussian: {filters: 2}, flatten, dense: {units: 8}]",
    "inside": "[rfft2d, gaussian: {filters: 3}, gaussian: {filters: 3}, residual: {layers: "
    "[irfft2d, dropout: {rate: 0.4}, batch_normalization, rfft2d]}, flatten, dense: {units: 8}]",
}


@pytest.mark.parametrize("layers", TRAINED.values(), ids=TRAINED.keys())
def test_layers_around_a_chain_know_whether_this_is_a_training(tmp_path, layers):
    given = {}
    for chaining in (True, False):
        keras.utils.set_random_seed(3)
        model = build(tmp_path, layers)
        assert model.chaining
        model.chaining = chaining
        outputs = [model(images(), training=training) for training in (True, False, None)]
        assert np.abs(outputs[0] - outputs[1]).max() > 0.01
        np.testing.assert_array_equal(outputs[1], outputs[2])
        given[chaining] = [*outputs, *model.get_weights()]
    for joint, apart in zip(given[True], given[False], strict=True):
        np.testing.assert_allclose(joint, apart, rtol=1e-4, atol=1e-4)


def test_weights_are_saved_once_and_under_the_names_of_the_layers(tmp_path):
    model = builder.build(load(tmp_path, MODELS["paper"]))
    functional = keras.Model(model.inputs, model.outputs)
    assert [v.path for v in model.variables] == [v.path for v in functional.variables]
    model.save_weights(tmp_path / "one.weights.h5")
    functional.save_weights(tmp_path / "other.weights.h5")
    sizes = [(tmp_path / f"{name}.weights.h5").stat().st_size for name in ("one", "other")]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    "layers",
    [
        "[rfft2d, gaussian: {filters: 3, use_bias: true}, gaussian: {filters: 3, use_bias: true}, "
        "flatten, dropout: {rate: 0.1}, dense: {units: 8}]",
        "[rfft2d, gaussian: {filters: 3, mixing: full}, gaussian: {filters: 3, mixing: depthwise}, "
        "spatial_relu, flatten, dense: {units: 8}]",
        "[rfft2d, gaussian: {filters: 3, activation: tanh}, flatten, dense: {units: 8}]",
        "[conv2d: {filters: 3, kernel_size: 3}, flatten, dense: {units: 8}]",
    ],
)
def test_other_layers_are_left_alone(tmp_path, layers):
    assert not build(tmp_path, layers).chaining


def in_a_row(*layers):
    """A functional model of layers one after the other."""
    spectra = keras.Input((2, 1, 6, 4))
    output = spectra
    for layer in layers:
        output = layer(output)
    return keras.Model(spectra, output)


def test_layers_with_a_penalty_on_what_they_give_are_left_alone():
    layers = [GaussianConvolution(2, activity_regularizer=each) for each in (None, "l2", None)]
    assert not chains(in_a_row(*layers))
    chain, rest = chains(in_a_row(GaussianConvolution(2), GaussianConvolution(2))).values()
    assert isinstance(chain, Chain)
    assert rest("what the chain gave") == "what the chain gave"


def test_layers_whose_output_is_seen_elsewhere_are_left_alone():
    first, second = GaussianConvolution(2), GaussianConvolution(3)
    model = in_a_row(first, second)
    assert not chains(keras.Model(model.input, [first.output, second.output]))
    assert not chains(keras.Model(model.input, second(first(first(model.input)))))


def test_a_dense_layer_of_many_outputs_stays_a_matrix_product(tmp_path):
    layers = MODELS["paper"].replace("units: 8", "units: 17")
    model = builder.build(load(tmp_path, layers))
    (chain,) = (way for way in chains(model).values() if isinstance(way, Chain))
    assert chain.dense is None
    assert model(images()).shape == (7, 17)


def test_branches_are_joined_too(tmp_path):
    model = build(tmp_path, MODELS["residual"])
    ways = chains(model)
    assert {layer.name for layer in ways} == {"gaussian", "gaussian_1"}


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS.keys())
def test_cloned_saved_and_wrapped_models_still_take_the_faster_way(tmp_path, layers):
    model = build(tmp_path, layers)
    expected = model(images())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    cloned = keras.models.clone_model(model)
    cloned.set_weights(model.get_weights())
    wrapped = keras.Sequential([keras.Input(model.input_shape[1:]), loaded])
    for other in (loaded, cloned, wrapped):
        assert getattr(other, "chaining", True)
        np.testing.assert_array_equal(other(images()), expected)
    assert type(loaded) is type(cloned) is Network
    assert json.dumps(loaded.get_config()) == json.dumps(model.get_config())
    assert loaded.get_compile_config() == model.get_compile_config()


@pytest.mark.graph
def test_xla_compiles_a_joined_model_layer_by_layer(tmp_path):
    model = build(tmp_path, MODELS["paper"])
    model.compile(loss="mse", jit_compile=True)
    assert model.chaining
    np.testing.assert_allclose(model.predict(images(), verbose=0), model(images()), atol=1e-5)


@pytest.mark.parametrize("rank", [1, 3])
def test_filters_of_signals_and_volumes_behind_each_other_are_what_their_layers_give(rank):
    inputs = keras.Input((*(5, 6, 7)[:rank], 2))
    there, back = {1: (RFFT1D, IRFFT1D), 3: (RFFT3D, IRFFT3D)}[rank]
    odd = {"odd_width": inputs.shape[-2] % 2 == 1}
    layers = [there(), GaussianConvolution(3, activation="relu", **odd)]
    layers += [FreeConvolution(2, **odd), back(**odd)]
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    batch = np.random.default_rng(1).normal(size=(4, *inputs.shape[1:])).astype("float32")
    expected = batch
    for layer in layers:
        expected = layer(expected)
    np.testing.assert_allclose(Network(inputs, outputs)(batch), expected, atol=1e-6)
