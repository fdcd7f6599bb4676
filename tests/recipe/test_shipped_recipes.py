"""The recipes that come with specnet: their headers tell the truth, the twins are twins."""

import pytest

from specnet import recipe
from specnet.models import builder

EVERY = pytest.mark.parametrize("path", recipe.shipped(), ids=lambda path: path.stem)
TWINS = ["catsdogs-spatial", "catsdogs-free", "catsdogs-linear", "catsdogs-gaussian"]
HEADS = {"": {"units": 2}, "-wood2021": {"units": 2, "activation": "tanh"}}


@EVERY
def test_headers_say_how_to_train_and_what_it_gave(path):
    header = recipe.header(path)
    assert f"specnet train {path.stem}\n" in header
    assert "Measured: " in header


@pytest.fixture(scope="module")
def stated():
    """Name of a recipe -> the parameters that its header states."""
    return {each.name: each.parameters for each in recipe.summaries()}


@EVERY
def test_headers_count_the_parameters_of_the_model(path, stated):
    assert builder.build(recipe.load(path)).count_params() == stated[path.stem]


@pytest.mark.parametrize("settings", HEADS)
@pytest.mark.parametrize("name", TWINS)
def test_the_models_of_table_iii_differ_in_the_layer_alone(name, settings):
    """Data and training are equal; each has four layers of 6 filters, flatten and dense 2."""
    this, reference = recipe.load(name + settings), recipe.load("catsdogs-gaussian")
    assert (this.data, this.training) == (reference.data, reference.training)
    *_, block, flatten, dense = this.model
    assert (block.name, block.arguments["times"]) == ("repeat", 4)
    (layer,) = block.layers
    assert (layer.arguments["filters"], layer.arguments["activation"]) == (6, "relu")
    assert (flatten.name, dense.name, dense.arguments) == ("flatten", "dense", HEADS[settings])


def test_the_twins_on_generated_textures_differ_in_the_layer_alone():
    spectral, spatial = recipe.load("gratings-gaussian"), recipe.load("gratings-spatial")
    assert (spectral.data, spectral.training) == (spatial.data, spatial.training)
    (transform, one, *head), (other, *same) = spectral.model, spatial.model
    assert transform.name == "rfft2d"
    assert [(each.name, each.arguments) for each in head] == [
        (each.name, each.arguments) for each in same
    ]
    shared = {"filters": 8, "activation": "relu"}
    for block in (one, other):
        (layer,) = block.layers
        assert block.arguments["times"] == 2
        assert shared.items() <= layer.arguments.items()


def test_the_twins_on_chirps_differ_in_the_convolution_alone():
    spectral, spatial = recipe.load("chirps-gaussian"), recipe.load("chirps-spatial")
    assert (spectral.data, spectral.training) == (spatial.data, spatial.training)
    (one, *head), (other, *same) = spectral.model, spatial.model
    assert [(each.name, each.arguments) for each in head] == [
        (each.name, each.arguments) for each in same
    ]
    convolutions = [block.layers[0].name for block in (one, other)]
    assert convolutions == ["spectral_conv1d", "conv1d"]
    counts = [builder.build(each).count_params() for each in (spectral, spatial)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["cifar10-gaussian"])
def test_a_global_pooling_recipe_takes_other_sizes(name):
    loaded = recipe.load(name)
    weights = builder.build(loaded).get_weights()
    larger = builder.build(loaded, (45, 38))
    larger.set_weights(weights)
    assert larger.output_shape == (None, 10)
