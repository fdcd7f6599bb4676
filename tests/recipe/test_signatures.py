"""Signatures read from source: the same as `inspect` finds, and what they refuse."""

import inspect
import subprocess
import sys
from typing import Any

import keras
import pytest

from specnet.layers import (
    CropSpectrum,
    LinearConvolution,
    ParametricConvolution,
    SpectralConvolution,
)
from specnet.recipe import catalog, registry, signatures
from specnet.recipe.argument_types import argument_type
from specnet.recipe.signatures import Argument, check_arguments

NAMES = [*registry.LAYERS, *registry.ALIASES]
BASE = {"name", "dtype", "trainable"}


def inspected(kind: type) -> dict[str, inspect.Parameter]:
    """The constructor's arguments, and those that ours hand on to their base class."""
    own = {
        name: parameter
        for name, parameter in inspect.signature(kind).parameters.items()
        if name not in BASE and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    base = kind.__base__
    takes_more = base.__module__.startswith("specnet.") or base is keras.layers.Conv2D
    handed_on = inspected(base) if takes_more else {}
    return handed_on | own


def refused(layer: str, **arguments) -> dict[str, str]:
    """What is said of each argument."""
    return {place[0]: words for place, words in check_arguments(layer, arguments)}


@pytest.mark.parametrize("name", registry.LAYERS)
def test_it_is_the_signature_that_python_sees(name):
    expected = inspected(registry.resolve(name))
    kind = registry.resolve(name)
    if issubclass(kind, ParametricConvolution):  # what it says to its base class itself
        del expected["family"], expected["options"]
    if kind is LinearConvolution:
        del expected["order"]
    if issubclass(kind, CropSpectrum):
        del expected["transform"]
    found = {argument.name: argument for argument in signatures.signature(name)}
    assert found.keys() == expected.keys()
    for argument, parameter in expected.items():
        assert found[argument].required == (parameter.default is parameter.empty)
        if not found[argument].required:
            assert eval(found[argument].default) == parameter.default


@pytest.mark.parametrize("name", registry.LAYERS)
def test_the_summary_is_the_first_line_of_the_docstring(name):
    expected = inspect.getdoc(registry.resolve(name)).splitlines()[0]
    assert signatures.summary(name) == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_default_is_accepted(name):
    given = {
        argument.name: list(value) if isinstance(value, tuple) else value
        for argument in signatures.signature(name)
        if not argument.required
        for value in [eval(argument.default)]
    }
    assert not [p for p in check_arguments(name, given) if "is missing" not in p[1]]


@pytest.mark.parametrize("name", registry.LAYERS)
def test_our_annotations_are_all_understood(name):
    if registry.LAYERS[name].startswith("specnet"):
        for argument in signatures.signature(name):
            assert argument_type(name, argument.name, argument.annotation) is not Any


def test_what_every_layer_of_keras_takes_is_accepted():
    given = {"name": "second", "dtype": "float32", "trainable": False}
    for name in NAMES:
        if not name.startswith("spatial_dropout"):
            assert not [p for p in check_arguments(name, given) if "is missing" not in p[1]]


def test_an_argument_that_the_constructor_does_not_pass_on_is_refused():
    assert refused("spatial_dropout2d", rate=0.5, trainable=False).keys() == {"trainable"}
    with pytest.raises(TypeError):
        keras.layers.SpatialDropout2D(rate=0.5, trainable=False)
    assert refused("linear", filters=2, order=3).keys() == {"order"}
    assert not refused("polynomial", filters=2, order=3)


@pytest.mark.parametrize(
    ("layer", "name", "value"),
    [
        ("gaussian", "filters", "6"),
        ("gaussian", "filters", 6.5),
        ("gaussian", "filters", True),
        ("gaussian", "filters", 0),
        ("gaussian", "filters", None),
        ("gaussian", "mixing", "sums"),
        ("gaussian", "use_bias", 1),
        ("gaussian", "activation", "rellu"),
        ("gaussian", "seed", 1.5),
        ("conv2d", "kernel_size", "3"),
        ("conv2d", "kernel_size", [3, 0]),
        ("conv2d", "padding", "circular"),
        ("dense", "units", -2),
        ("dropout", "rate", 1),
        ("dropout", "rate", float("nan")),
        ("max_pooling2d", "strides", [1, 2, 3]),
        ("zero_padding2d", "padding", -1),
        ("zero_padding1d", "padding", [1, 2, 3]),
        ("zero_padding3d", "padding", [1, 2]),
        ("conv1d", "padding", "reflect"),
        ("conv2d", "padding", "causal"),
        ("separable_conv1d", "padding", "causal"),
        ("conv1d_transpose", "strides", [2, 2]),
        ("conv3d_transpose", "output_padding", [1, 1]),
        ("up_sampling3d", "size", [2, 2]),
        ("reshape", "target_shape", 3),
        ("relu", "name", 3),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(layer, name, value):
    assert name in refused(layer, **{name: value})


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        ("gaussian", {"filters": 6, "mixing": "full", "activation": None, "seed": None}),
        ("conv2d", {"filters": 6, "kernel_size": [3, 5], "strides": 2, "padding": "same"}),
        ("max_pooling2d", {"pool_size": 2, "strides": None}),
        ("zero_padding2d", {"padding": [[1, 2], [0, 3]]}),
        ("zero_padding1d", {"padding": [1, 2]}),
        ("zero_padding3d", {"padding": [1, [0, 2], 0]}),
        ("conv1d", {"filters": 2, "kernel_size": 3, "padding": "causal"}),
        (
            "conv1d_transpose",
            {"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": 1},
        ),
        (
            "conv3d_transpose",
            {"filters": 2, "kernel_size": 3, "strides": 2, "output_padding": [1, 1, 0]},
        ),
        ("up_sampling1d", {"size": 3}),
        ("up_sampling3d", {"size": [1, 2, 2]}),
        ("spatial_dropout1d", {"rate": 0.5}),
        ("spatial_dropout3d", {"rate": 0.5}),
        ("reshape", {"target_shape": [8, -1]}),
        ("rescaling", {"scale": 0.5, "offset": [0, 1, 2]}),
        ("batch_normalization", {"scale": False, "momentum": 0.9}),
        ("dropout", {"rate": 0}),
    ],
)
def test_what_passes_the_check_the_layer_takes(layer, arguments):
    assert not check_arguments(layer, arguments)
    registry.resolve(layer)(**arguments)


@pytest.mark.parametrize(
    ("layer", "name", "value"),
    [
        ("dense", "units", 2**63),
        ("gaussian", "filters", 2**31),
        ("gaussian", "seed", -1),
        ("mod_relu", "bias", float("inf")),
        ("up_sampling2d", "interpolation", "bilinar"),
        ("rescaling", "scale", float("nan")),
        ("batch_normalization", "axis", 9),
        ("adaptive_max_pooling2d", "output_size", True),
        ("spectral_upsampling", "factor", 1e308),
        ("dense", "quantization_config", {}),
        ("dense", "kernel_initializer", "glorot"),
        ("dense", "kernel_initializer", {"class_name": "Constant", "config": {"value": "x"}}),
        ("dense", "kernel_initializer", {"class_name": "Constant", "config": {"valu": 1}}),
        ("dense", "kernel_initializer", "constant"),
        ("dense", "kernel_initializer", {"class_name": "Constant"}),
        ("dense", "kernel_regularizer", "zeros"),
        ("dense", "activity_regularizer", {"class_name": "x", "registered_name": "specnet>RFFT2D"}),
        ("dense", "bias_constraint", {"class_name": "MaxNorm", "module": "os", "config": {}}),
        *(("relu", "dtype", name) for name in ("int32", "bool", "string", "complex64", "x")),
    ],
)
def test_what_no_layer_can_compute_with_is_refused(layer, name, value):
    assert name in refused(layer, **{name: value})


@pytest.mark.parametrize("kind", ["initializer", "regularizer", "constraint"])
def test_what_is_accepted_for_weights_keras_makes(kind):
    get = getattr(keras, f"{kind}s").get
    for name in getattr(keras, f"{kind}s").__dict__:
        if not refused("dense", units=1, **{f"kernel_{kind}": name}):
            made = get(name)
            config = {"class_name": type(made).__name__, "config": made.get_config()}
            written = {key: value for key, value in config["config"].items() if value is not None}
            config["config"] = {key: value for key, value in written.items() if key != "seed"}
            assert not refused("dense", units=1, **{f"kernel_{kind}": config})


@pytest.mark.parametrize(
    ("optimizer", "options", "expected"),
    [
        ("adam", {"clipnorm": "x"}, "must be a number, found 'x'"),
        ("adamw", {"weight_decay": "x"}, "must be a number"),
        ("adam", {"beta_1": ""}, "must be a number"),
        ("adam", {"gradient_accumulation_steps": 2.5}, "must be a whole number"),
        ("adam", {"gradient_accumulation_steps": 1}, "must be greater than or equal to 2"),
        ("adam", {"momentum": 0.5}, "unknown argument"),
        ("adam", {"learning_rate": 0.5}, "unknown argument"),
        ("sgd", {"clipnorm": 1, "clipvalue": 1}, "stands beside clipnorm"),
        ("sgd", {"momentum": 1.5}, "must be less than or equal to 1"),
    ],
)
def test_an_option_that_an_optimizer_does_not_take_is_refused(optimizer, options, expected):
    assert expected in signatures.check_options(optimizer, options)[0][1]


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "lion", "nadam"])
def test_every_default_of_an_optimizer_is_an_option(name):
    config = keras.optimizers.get(name).get_config()
    own = {key: config[key] for key in config if key not in ("name", "learning_rate")}
    assert not signatures.check_options(name, own)


def test_a_missing_and_a_misspelt_argument_are_both_told():
    problems = dict(check_arguments("gaussian", {"filter": 6}))
    assert "is missing" in problems[("filters",)]
    assert "did you mean 'filters'?" in problems[("filter",)]


def test_a_problem_inside_a_list_has_its_index():
    places = [
        place for place, _ in check_arguments("conv2d", {"filters": 1, "kernel_size": [3, "a"]})
    ]
    assert places == [("kernel_size", 1)]


def test_every_activation_is_known_to_keras():
    for name in signatures.activations():
        assert callable(keras.activations.get(name))


def test_keras_is_not_imported():
    code = (
        "import sys; from specnet.recipe import registry, signatures\n"
        "for name in registry.LAYERS: signatures.signature(name), signatures.summary(name)\n"
        "sys.exit('keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_argument_says_its_source():
    filters, *others = signatures.signature("gaussian")
    assert filters == Argument("filters", required=True, default=None, annotation="Count")
    assert Argument("use_bias", False, "False", "bool") in others


def test_families_are_the_convolutions_of_spectra():
    kinds = {name: registry.resolve(name) for name in registry.LAYERS}
    expected = {name for name, kind in kinds.items() if issubclass(kind, SpectralConvolution)}
    assert set(signatures.families()) == expected


@pytest.mark.parametrize(
    ("family", "place", "words"),
    [
        ("gausian", (), "unknown family 'gausian'; did you mean 'gaussian'?"),
        ("conv2d", (), "unknown family 'conv2d'"),
        ({1: {}}, (), "unknown family '1'"),
        (["gaussian"], (), "expected a family, `name` or `{name: {...}}`, found"),
        ({"gaussian": {}, "free": {}}, (), "expected a family"),
        ({"gaussian": 3}, ("gaussian",), "expected its arguments by name, found 3"),
        ({"polynomial": {"ordr": 4}}, ("polynomial", "ordr"), "did you mean 'order'?"),
        ({"polynomial": {"order": 0}}, ("polynomial", "order"), "must be greater than 0, found 0"),
        ({"gaussian": {"filters": 3}}, ("gaussian", "filters"), "unknown argument"),
        ({"gaussian": {"name": "g"}}, ("gaussian", "name"), "unknown argument"),
    ],
)
def test_a_wrong_family_is_told_with_its_place(family, place, words):
    (found,) = check_arguments("spectral_conv2d", {"filters": 2, "family": family})
    assert found[0] == ("family", *place)
    assert words in found[1]


@pytest.mark.parametrize(
    "family", ["free", {"gaussian": None}, {"polynomial": {"order": 4, "form": "polar"}}]
)
def test_a_family_is_a_name_or_a_name_with_its_own_arguments(family):
    arguments = {"filters": 2, "family": family, "strides": [2, 1]}
    assert not check_arguments("spectral_conv2d", arguments)
    registry.resolve("spectral_conv2d")(**arguments).build((None, 6, 8, 1))


@pytest.mark.parametrize("strides", [0, [2], [1, 0], 1.5])
def test_strides_of_images_are_one_number_above_0_or_two(strides):
    assert "strides" in refused("spectral_conv2d", filters=2, strides=strides)


@pytest.mark.parametrize(
    ("name", "argument", "shown"),
    [
        ("spectral_conv1d", "strides", "int > 0"),
        ("spectral_conv2d", "strides", "int > 0, or two"),
        ("spectral_conv3d", "strides", "int > 0 | three int > 0"),
        ("idwt1d", "size", "int > 0 | None"),
    ],
)
def test_sizes_are_shown_as_of_as_many_axes_as_a_layer_has(name, argument, shown):
    assert {row[0]: row[2] for row in catalog.layer_help(name)[1]}[argument] == shown
    for value in (2, [2, 2], [2, 2, 2]):
        taken = argument not in refused(name, **{argument: value})
        assert taken == (isinstance(value, int) or name[-2:] == f"{len(value)}d")
