"""From recipes to Keras models."""

import numpy as np
import pytest
from recipes_at_hand import write

from specnet import recipe
from specnet.errors import RecipeError
from specnet.models import budget, builder
from specnet.recipe.schema import Training
from specnet.training.first_step import explanation

HEAD = "data: {{source: gratings, image_size: {size}}}\nmodel:\n{model}"


def built(tmp_path, model, size="[12, 9]"):
    text = HEAD.format(size=size, model="".join(f"  - {line}\n" for line in model))
    return builder.build(recipe.load(write(tmp_path, text, "m")))


def problem(tmp_path, *model):
    with pytest.raises(RecipeError) as error:
        built(tmp_path, model)
    return error.value.problems


def test_layers_follow_each_other_with_readable_names(tmp_path):
    model = built(tmp_path, ["rfft2d", "gaussian: {filters: 2}", "gaussian: {filters: 3}", "relu"])
    assert [layer.name for layer in model.layers] == [
        "images", "rfft2d", "gaussian", "gaussian_1", "relu",
    ]  # fmt: skip
    assert model.output_shape == (None, 2, 3, 12, 5)


def test_odd_widths_are_told_to_the_layers_that_ask(tmp_path):
    model = built(tmp_path, ["rfft2d", "gaussian: {filters: 2}", "irfft2d"], size="[12, 9]")
    assert model.output_shape == (None, 12, 9, 2)
    assert model.get_layer("gaussian").odd_width
    model = built(tmp_path, ["rfft2d", "gaussian: {filters: 2}", "irfft2d"], size="[9, 12]")
    assert model.output_shape == (None, 9, 12, 2)
    assert not model.get_layer("gaussian").odd_width


def test_parity_follows_the_image_through_pooling(tmp_path):
    lines = ["rfft2d", "linear: {filters: 2}", "irfft2d", "max_pooling2d", "rfft2d", "irfft2d"]
    assert built(tmp_path, lines, size="[10, 10]").output_shape == (None, 5, 5, 2)


def test_parity_follows_a_spectrum_that_is_cropped(tmp_path):
    lines = ["rfft2d", "crop_spectrum: {size: [5, 7]}", "gaussian: {filters: 2}", "irfft2d"]
    assert built(tmp_path, lines, size="[10, 10]").output_shape == (None, 5, 7, 2)


EVERY_KIND = """
- rfft2d
- crop_spectrum: {size: 9}
- gabor: {filters: 4, form: polar}
- mod_relu
- irfft2d
- dwt2d: {wavelet: db2}
- idwt2d: {wavelet: db2, size: [9, 9]}
- spectral_conv2d: {filters: 3, strides: 2, antialias: true, padding: reflect, family: radial}
- spectral_conv2d_transpose: {filters: 3, strides: 2, family: {chebyshev: {order: 2}}}
- spectral_upsampling: {size: 13}
- frequency_dropout
- band_pass: {learnable: true}
- spectral_kernel_conv2d: {filters: 2, kernel_size: 3}
- learned_spectral_pooling
- global_average_pooling2d
"""


@pytest.mark.parametrize("jit_compile", [pytest.param(True, marks=pytest.mark.graph), False])
def test_layers_of_all_kinds_train_behind_each_other(tmp_path, rng, jit_compile):
    """Each learns its shapes from the one before it, while a step is traced."""
    lines = [line.removeprefix("- ") for line in EVERY_KIND.strip().splitlines()]
    model = built(tmp_path, lines, size="[24, 23]")
    model.compile("adam", "mse", jit_compile=jit_compile)
    images = rng.normal(size=(4, *model.input_shape[1:])).astype("float32")
    targets = rng.normal(size=(4, 2))
    losses = model.fit(images, targets, epochs=2, batch_size=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


def test_repeat_makes_layers_of_their_own_weights(tmp_path):
    model = built(
        tmp_path, ["rfft2d", "repeat: {times: 3, layers: [{gaussian: {filters: 2}}, relu]}"]
    )
    assert model.count_params() == 3 * 2 * 12
    assert len(model.layers) == 2 + 6


def test_residual_adds_the_shortcut(tmp_path, rng):
    """With a filter of zero response in the branch, the block is its shortcut."""
    lines = ["rfft2d", "residual: {layers: [{gaussian: {filters: 1}}]}", "irfft2d"]
    model = built(tmp_path, lines)
    model.get_layer("gaussian").scale.assign([[0.0], [0.0]])
    images = rng.normal(size=(2, 12, 9, 1))
    np.testing.assert_allclose(model.predict(images, verbose=0), images, atol=1e-5)


DEPTHWISE = "gaussian: {{filters: {}, mixing: depthwise}}"
UNEQUAL = "residual: {layers: [{gaussian: {filters: 2}}, {gaussian: {filters: 3}}, irfft2d]}"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (["gaussian: {filters: 2}"], "model[0].gaussian: takes spectra of images, found images"),
        (["rfft2d", "conv2d: {filters: 2, kernel_size: 3}"], "model[1].conv2d: "),
        (["rfft2d", DEPTHWISE.format(2), DEPTHWISE.format(3)], "model[2].gaussian: gaussian_1: "),
        (["rfft2d", UNEQUAL], "model[1].residual: "),
        (["max_pooling2d: {pool_size: 2}"] * 5, "model[3].max_pooling2d: "),
        (["learned_spectral_pooling", "flatten"], "model[1].flatten: the image's size follows"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(tmp_path, model, message):
    (found,) = problem(tmp_path, *model)
    assert f": {message}" in found
    assert "m.yaml:" in found.partition(": ")[0]
    assert "\n" not in found
    assert "\x1b" not in found


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("batch_normalization: {axis: 7}", "axis must be from 1 to 3, or -1 for the last, found 7"),
        ("softmax: {axis: [3, -1]}", "axis names an axis twice"),
        ("dropout: {rate: 0.5, noise_shape: [2, 2]}", "noise_shape must be [null, 12, 9, 1]"),
        ("rescaling: {scale: [1, 2]}", "scale must be one number or 1, one a channel, found 2"),
        ("rescaling: {scale: 1, offset: [1, 2]}", "offset must be one number or 1"),
        ("conv2d: {filters: 4, kernel_size: 1, groups: 2}", "groups must divide the 1 channels"),
    ],
)
def test_an_argument_that_does_not_fit_the_tensor_is_told_in_words_of_ours(tmp_path, layer, words):
    (found,) = problem(tmp_path, layer)
    assert words in found
    assert "Keras" not in found


def test_two_layers_of_one_name_are_told(tmp_path):
    (found,) = problem(tmp_path, "flatten: {name: a}", "relu: {name: a}")
    assert "m.yaml:4: model[1].relu: another layer is called 'a'" in found


@pytest.mark.parametrize(
    ("model", "place"),
    [
        (
            ["flatten", "dense: {units: 999}", "dense: {units: 999}"],
            "model[2].dense: a w",
        ),
        (
            ["up_sampling2d: {size: 64}"],
            "model[0].up_sampling2d: its output of an image, 768x576x1,",
        ),
    ],
)
def test_a_model_that_memory_cannot_hold_is_refused_before_it_is_made(
    tmp_path, monkeypatch, model, place
):
    monkeypatch.setattr(budget, "physical_memory", lambda: 2**20)
    (found,) = problem(tmp_path, *model)
    assert place in found
    assert "this machine has 1 MiB" in found


def test_a_batch_that_memory_cannot_hold_is_refused(tmp_path, monkeypatch):
    model = built(tmp_path, ["flatten", "dense: {units: 8}"])
    budget.check_training(model, Training(batch_size=1000))
    monkeypatch.setattr(budget, "physical_memory", lambda: 2**18)
    with pytest.raises(RecipeError, match="a batch of 1000 takes 422 KiB behind"):
        budget.check_training(model, Training(batch_size=1000))


def test_the_first_layer_that_cannot_be_trained_is_named(tmp_path):
    axes = "dense: {units: 2, kernel_constraint: {class_name: MaxNorm, config: {axis: 5}}}"
    lines = ["relu", axes, "flatten", "dense: {units: 8}"]
    text = HEAD.format(size=8, model="".join(f"  - {line}\n" for line in lines))
    loaded = recipe.load(write(tmp_path, text, "m"), ["training.batch_size=4"])
    found = explanation(builder.build(loaded), loaded, ValueError("of a library"))
    assert "m.yaml:4: model[1].dense: cannot be trained: " in str(found)
    good = recipe.load(write(tmp_path, text, "m"), ["~model[1]"])
    found = explanation(builder.build(good), good, ValueError("\x1b[1mof a library\x1b[0m"))
    assert str(found) == 'training: the first step failed: the backend says "of a library"'


def test_a_head_of_another_class_count_is_told(tmp_path):
    path = write(tmp_path, HEAD.format(size=8, model="  - flatten\n  - dense: {units: 3}\n"), "m")
    loaded = recipe.load(path)
    with pytest.raises(RecipeError, match=r"ends in shape \(3,\), and the data has 2 classes"):
        builder.check_head(loaded, builder.build(loaded), ("cat", "dog"))
