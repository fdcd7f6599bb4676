"""Layers that cannot take what arrives at them are refused where a recipe is checked.

Each layer behind signals, images, volumes, their spectra and vectors: what the check takes builds.
"""

import keras
import pytest

from specnet import recipe
from specnet.errors import RecipeError
from specnet.models import builder
from specnet.ops.compiled import forget_call
from specnet.recipe import registry
from specnet.recipe.ranks import axes_in_name
from specnet.recipe.schema import LayerSpec
from specnet.recipe.signatures import allowed

DATA = {
    1: {"source": "chirps", "length": 9},
    2: {"source": "gratings", "image_size": [9, 7]},
    3: {"source": "npz_volumes", "path": "v.npz", "size": [4, 5, 6]},
}
SIZES = {1: (9,), 2: (9, 7), 3: (4, 5, 6)}
BEFORE = {
    **{f"data of rank {rank}": (rank, []) for rank in SIZES},
    **{f"spectra of rank {rank}": (rank, [f"rfft{rank}d"]) for rank in SIZES},
    "vectors": (2, ["flatten"]),
    "complex last": (2, ["rfft2d", "to_complex_last"]),
}
NEEDED = {"filters": 8, "kernel_size": 1, "units": 3, "rate": 0.5, "scale": 2.0, "pool_size": 2}
NEEDED |= {"activation": "relu", "target_shape": [-1], "output_size": 2, "size": 2}
# Tensors that have as many axes as data of another rank: layers for those are built, and refused.
MISTAKEN = {"spectra of rank 1": 2, "spectra of rank 2": 3, "complex last": 3}
UNCHECKED = "adaptive_max_pooling2d"  # Keras makes something of any number of axes


def problems_of(rank, model):
    try:
        recipe.of_content({"data": DATA[rank], "model": model}, "x")
    except RecipeError as error:
        return error.problems
    return ()


def needed(name):
    return {key: NEEDED[key] for key, one in allowed(name).items() if one.required}


def built(tensor, name):
    """What the layer of this name makes of a tensor; None where it is refused."""
    spec = LayerSpec(name=name, arguments=needed(name), place="model[0]")
    try:
        return builder._Builder().apply(tensor, spec)
    except RecipeError:
        forget_call()


@pytest.mark.parametrize("before", BEFORE)
def test_what_is_taken_builds_and_what_is_refused_does_not(before):
    rank, begin = BEFORE[before]
    tensor = keras.Input((*SIZES[rank], 8))
    for name in begin:
        tensor = built(tensor, name)
    wrong = {}
    for name in [*registry.LAYERS, *registry.ALIASES]:
        told = problems_of(rank, [*begin, {name: needed(name)}])
        assert all(f"model[{len(begin)}].{name}: " in words for words in told)
        mistaken = (axes_in_name(name) or 2) == MISTAKEN.get(before) or name == UNCHECKED
        if (built(tensor, name) is None) != bool(told) and not (told and mistaken):
            wrong[name] = told
    assert not wrong


@pytest.mark.parametrize(
    ("rank", "model", "expected"),
    [
        (
            1,
            [{"conv2d": needed("conv2d")}, "max_pooling2d", {"free": {"filters": 2}}, "irfft1d"],
            [
                "model[0].conv2d: takes images (batch, height, width, channels), found signals "
                "(batch, time, channels); take conv1d",
                "model[1].max_pooling2d: takes images (batch, height, width, channels), found "
                "signals (batch, time, channels); take max_pooling1d",
                "model[2].free: takes spectra of signals, found signals (batch, time, "
                "channels); put rfft1d before it",
            ],
        ),
        (
            3,
            ["rfft3d", {"residual": {"layers": ["low_pass"], "shortcut": ["irfft1d"]}}],
            [
                "model[1].residual.shortcut[0].irfft1d: takes spectra of signals, found spectra of "
                "volumes; take irfft3d",
                "model[1].residual.layers[0].low_pass: takes images (batch, height, width, "
                "channels) or their spectra, found spectra of volumes; take low_pass3d",
            ],
        ),
        (
            2,
            ["rfft2d", "to_complex_last", "max_pooling1d"],
            [
                "model[2].max_pooling1d: takes signals (batch, time, channels), found spectra with "
                "the complex axis last; take max_pooling2d, and put from_complex_last and irfft2d "
                "before it",
            ],
        ),
        (
            1,
            ["blur_pooling", "fourier_mixing"],
            [
                "model[0].blur_pooling: takes images (batch, height, width, channels), found "
                "signals (batch, time, channels); there is none for signals; there are "
                "spectral_pooling1d, spectral_upsampling1d",
                "model[1].fourier_mixing: takes images (batch, height, width, channels), found "
                "signals (batch, time, channels); there is none for signals; leave it out, or put "
                "a reshape before it",
            ],
        ),
        # A second round gets what the first one leaves, and says a thing once.
        (
            1,
            [{"repeat": {"times": 9, "layers": ["max_pooling1d", "flatten"]}}],
            [
                "model[0].repeat.layers[0].max_pooling1d: takes signals (batch, time, channels), "
                "found vectors (batch, features); put it before flatten or pooling"
            ],
        ),
        (1, [{"global_max_pooling1d": {"keepdims": True}}, "rfft1d"], []),
        (1, [{"reshape": {"target_shape": [3, 3, 1]}}, "rfft2d", "irfft2d"], []),
        (1, [{"reshape": {"target_shape": [2, 1, 5]}}, "mod_relu", "irfft1d"], []),
        # Behind a name that there is not, anything may be, of the same rank.
        (
            1,
            ["rff1d", {"gaussian": {"filters": 2}}, "max_pooling2d"],
            [
                "model[0].rff1d: unknown layer; did you mean 'rfft1d'?",
                "model[2].max_pooling2d: takes images (batch, height, width, channels), found "
                "spectra of signals; take max_pooling1d, and put irfft1d before it",
            ],
        ),
    ],
)  # fmt: skip
def test_everything_that_does_not_fit_is_told_at_once_with_what_to_do(rank, model, expected):
    assert [words.removeprefix("x: ") for words in problems_of(rank, model)] == expected


def test_autoencoders_of_signals_are_refused_where_the_recipe_is_checked():
    content = {"data": DATA[1], "encoder": ["flatten"], "decoder": [{"dense": {"units": 9}}]}
    with pytest.raises(RecipeError, match="autoencoders are for images, and data"):
        recipe.of_content(content, "x")
