"""Layers refuse in words what they cannot use: no argument of the wrong kind raises another error.

Objects of Keras, such as initializers, are left to Keras.
"""

import inspect

import numpy as np
import pytest

from specnet.layers import (
    CLASSES,
    CropSpectrum,
    GaussianConvolution,
    GaussianMixtureConvolution,
    LinearConvolution,
    LowPass,
    SpectralConv2D,
    WhiteningConv2D,
)
from specnet.recipe.argument_types import object_kind
from specnet.recipe.registry import LAYERS, resolve
from specnet.recipe.signatures import check_arguments, signature

OURS = {name: resolve(name) for name, where in LAYERS.items() if where.startswith("specnet.")}
WRONG = ["a", None, -1, 0, 2.5, float("nan"), float("inf"), True, [], {}, [1, "a"]]


def owner(kind, argument):
    """The class whose constructor looks at an argument of this kind of layer."""
    classes = [each for each in kind.__mro__ if "__init__" in vars(each)]
    return next(c for c in classes if argument in inspect.signature(c.__init__).parameters)


# Each argument once, in one layer of those that have it from the same class.
ARGUMENTS = {
    (owner(kind, argument.name), argument.name): (name, argument.name)
    for name, kind in OURS.items()
    for argument in signature(name)
    if not object_kind(argument.name)
}


def refusal(name, arguments):
    """What a layer says of its arguments, None if it takes them."""
    try:
        resolve(name)(**arguments)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("name", "argument"), ARGUMENTS.values())
def test_what_a_recipe_may_not_say_a_layer_refuses_by_name(name, argument):
    required = {each.name: 4 for each in signature(name) if each.required}
    for value in WRONG:
        arguments = {**required, argument: value}
        words = refusal(name, arguments)
        assert argument in (words or argument), (value, words)
        assert words or not check_arguments(name, arguments), f"takes {value!r}"


def test_numbers_of_numpy_are_numbers_and_configurations_hold_those_of_python():
    made = [
        SpectralConv2D(
            np.int64(4), strides=np.int8(2), kernel_extent=(np.int64(2), 1), seed=np.uint32(7)
        ),
        LowPass(np.float32(0.25), order=np.int64(3), learnable=np.bool_(True)),
        WhiteningConv2D(np.int64(3), epsilon=np.float64(0.5)),
        SpectralConv2D(2, {"gaussian_mixture": {"components": np.int64(2)}}),
        GaussianMixtureConvolution(2, components=np.int32(3)),
        LinearConvolution(np.int64(2), seed=np.int64(1), use_bias=np.bool_(False)),
    ]
    for layer in made:
        assert "np." not in repr(layer.get_config())


@pytest.mark.parametrize("name", ["spectral_kernel_conv2d", "windowed_conv2d"])
def test_a_convolution_with_kernels_has_the_arguments_of_conv2d_and_no_others(name):
    resolve(name)(4, 3, kernel_regularizer="l2", lora_rank=2)
    for unknown in ("family", "rank"):
        with pytest.raises(ValueError, match=f"unknown argument '{unknown}'"):
            resolve(name)(4, 3, **{unknown: 2})
    with pytest.raises(ValueError, match="groups: must divide the 4 filters, found 3"):
        resolve(name)(4, 3, groups=3)


def test_momentum_is_a_number():
    with pytest.raises(ValueError, match="momentum: expected a number from 0 to 1, found 'a'"):
        resolve("complex_batch_normalization")(momentum="a")


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (CropSpectrum, {"transform": "dct"}),
        (LinearConvolution, {"filters": 2, "order": 2}),
        (GaussianConvolution, {"filters": 2, "family": "gabor"}),
        (CLASSES["GaborConvolution"], {"filters": 2, "options": {}}),
    ],
)
def test_what_a_kind_has_chosen_itself_is_no_argument_of_it(kind, arguments):
    (name,) = arguments.keys() - {"filters"}
    with pytest.raises(ValueError, match=f"{kind.__name__}: unknown argument '{name}'"):
        kind(**arguments)


@pytest.mark.parametrize("name", ["spectral_kernel_conv2d", "windowed_conv2d"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"padding": "reflect"}, "padding: expected one of valid, same, found 'reflect'"),
        ({"filters": 0}, "filters: expected a whole number above 0, found 0"),
        ({"kernel_size": (3, 0)}, "kernel_size: expected a whole number above 0, found 0"),
        ({"strides": (2, 1, 1)}, "strides: expected one number, or two"),
    ],
)
def test_convolutions_with_kernels_do_not_leave_it_to_keras(name, arguments, words):
    with pytest.raises(ValueError, match=f"^{words}"):
        resolve(name)(**({"filters": 4, "kernel_size": 3} | arguments))
