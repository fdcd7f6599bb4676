"""Recipes of autoencoders: an encoder and a decoder in place of a model."""

import jsonschema
import pytest
import yaml
from recipes_at_hand import AUTOENCODER, write

from specnet import recipe
from specnet.errors import RecipeError
from specnet.models import builder


def loaded(folder, *overrides):
    return recipe.load(write(folder, AUTOENCODER, "auto"), overrides)


def checked(folder, *overrides):
    found = loaded(folder, *overrides)
    builder.check_head(found, builder.build(found), ["a", "b"])


def test_an_autoencoder_is_trained_to_reconstruct_unless_it_says_otherwise(tmp_path):
    found = loaded(tmp_path)
    assert (found.task, found.metric) == ("reconstruction", "mse")
    assert found.training.loss == "binary_crossentropy"
    assert loaded(tmp_path, "training.loss=mse").training.loss == "mse"


def test_an_autoencoder_written_is_the_autoencoder_read(tmp_path):
    found = loaded(tmp_path)
    again = write(tmp_path, recipe.dump(found), "again")
    assert recipe.load(again) == found
    assert recipe.of_content(yaml.safe_load(recipe.dump(found)), "any") == found


def test_the_image_goes_through_the_encoder_and_then_the_decoder(tmp_path):
    found = loaded(tmp_path)
    model = builder.build(found)
    assert model.output_shape == (None, 16, 12, 1)
    # By hand: a 3 x 3 kernel for 1 -> 4 channels; back with 4 -> 4 and 4 -> 1.
    assert builder.parameter_count(found, "encoder") == 4 * 9 + 4
    assert builder.parameter_count(found, "decoder") == 4 * 4 * 9 + 4 + 4 * 9 + 1
    assert model.count_params() == 40 + 148 + 37


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model=[flatten]"], "model: stands beside encoder and decoder; keep model"),
        (["~decoder"], "decoder: is missing; an autoencoder has an encoder and a decoder"),
        (["~encoder"], "encoder: is missing; an autoencoder has an encoder and a decoder"),
        (["encoder[0].conv2d.fliters=3"], "encoder[0].conv2d.fliters: unknown argument; did you"),
        (["decoder=[]"], "decoder: is empty; expected at least one layer"),
        (
            ["training.loss=categorical_crossentropy"],
            "of an autoencoder must be binary_crossentropy or mse, found 'categorical_cross",
        ),
        (
            ["data.image_size=[15, 12]"],
            "decoder[1].conv2d: the decoder ends in shape (14, 12, 1), and",
        ),
        (["decoder[1].conv2d.activation=relu"], "must end in values from 0 to 1; end it with"),
    ],
)
def test_what_is_no_autoencoder_is_explained(tmp_path, overrides, words):
    with pytest.raises(RecipeError) as caught:
        checked(tmp_path, *overrides)
    assert words in str(caught.value)


def test_a_classifier_is_not_trained_with_the_loss_of_images(tmp_path):
    text = "data: {source: gratings}\nmodel: [flatten, {dense: {units: 8}}]\n"
    path = write(tmp_path, text + "training: {loss: binary_crossentropy}\n", "wrong")
    with pytest.raises(RecipeError, match="of a classifier must be categorical_crossentropy"):
        recipe.load(path)


@pytest.mark.parametrize("keys", [{"model"}, {"encoder", "decoder"}, {"encoder"}, set()])
def test_editors_know_which_networks_make_a_recipe(keys):
    layers = {key: ["flatten"] for key in keys}
    content = {"data": {"source": "gratings"}} | layers
    valid = jsonschema.Draft202012Validator(recipe.json_schema()).is_valid(content)
    assert valid is (keys in ({"model"}, {"encoder", "decoder"}))


def test_a_classifier_needs_classes(tmp_path):
    path = write(tmp_path, "data: {source: gratings}\nmodel: [flatten, {dense: {units: 1}}]\n")
    found = recipe.load(path)
    with pytest.raises(RecipeError, match="images without classes are for autoencoders only"):
        builder.check_head(found, builder.build(found), ["image"])


def test_layers_of_both_networks_are_renamed(tmp_path):
    changed = recipe.renamed(loaded(tmp_path), "conv2d", "spectral_kernel_conv2d")
    assert changed.encoder[0].name == "spectral_kernel_conv2d"
    assert [spec.name for spec in changed.decoder] == ["conv2d_transpose", "spectral_kernel_conv2d"]
    assert changed.model == ()
