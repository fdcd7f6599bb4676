"""Layers refuse in words what they cannot use: no argument of the wrong kind raises another error.

Of what two layers share with Conv2D, some checks are left to Keras.
"""

import pytest

from specnet.layers import CLASSES, CropSpectrum, GaussianConvolution, LinearConvolution
from specnet.layers.spectral_layer import SpectralLayer
from specnet.recipe.registry import LAYERS, resolve
from specnet.recipe.signatures import signature

OURS = {name: resolve(name) for name, where in LAYERS.items() if where.startswith("specnet.")}
OURS = {name: kind for name, kind in OURS.items() if issubclass(kind, SpectralLayer)}
WRONG = ["a", None, -1, 0, 2.5, float("nan"), True, [], {}, [1, "a"]]


def refusal(kind, arguments):
    """What a layer says of its arguments, None if it takes them."""
    try:
        kind(**arguments)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", OURS)
def test_values_of_every_kind_are_taken_or_refused_by_name(name):
    arguments = signature(name)
    required = {argument.name: 4 for argument in arguments if argument.required}
    for argument in {each.name for each in arguments} - {"seed"}:
        words = {refusal(OURS[name], {**required, argument: value}) for value in WRONG} - {None}
        assert all(argument in each for each in words)


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
