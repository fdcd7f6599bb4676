"""Recipes made from recipes: what changes, and that nothing else does."""

import pytest
from recipes_at_hand import write

from specnet import recipe
from specnet.models import builder
from specnet.recipe.schema import LayerSpec

NESTED = """
data: {source: gratings}
model:
  - conv2d: {filters: 1, kernel_size: 3}
  - repeat:
      times: 2
      layers:
        - residual:
            layers: [{conv2d: {filters: 2, kernel_size: 3}}]
            shortcut: [{conv2d: {filters: 2, kernel_size: 1}}]
        - relu
  - flatten
"""


def test_renamed_reaches_every_block(tmp_path):
    before = recipe.load(write(tmp_path, NESTED))
    after = recipe.renamed(before, "conv2d", "spectral_kernel_conv2d")
    expected = recipe.load(write(tmp_path, NESTED.replace("conv2d", "spectral_kernel_conv2d")))
    assert recipe.differences(after, expected) == []
    assert recipe.renamed(after, "spectral_kernel_conv2d", "conv2d") == before


def test_specialised_writes_repeats_out_and_counts_as_a_model_does(tmp_path):
    """A shortcut is made before the layers beside it."""
    before = recipe.load(write(tmp_path, NESTED))
    seeds = [{"name": str(number)} for number in range(5)]
    text = recipe.dump(recipe.specialised(before, "conv2d", seeds))
    assert "repeat" not in text
    after = recipe.load(write(tmp_path, text)).model
    assert after[0].arguments == {"filters": 1, "kernel_size": 3, "name": "0"}
    (first, relu, second, _), last = after[1:5], after[5]
    assert (relu.name, last.name) == ("relu", "flatten")
    for block, names in ((first, "12"), (second, "34")):
        assert block.shortcut[0].arguments["name"] == names[0]
        assert block.layers[0].arguments["name"] == names[1]


def test_widened_changes_hidden_layers_alone_and_leaves_one_filter_at_least(tmp_path):
    text = NESTED + "  - dense: {units: 6}\n  - relu\n  - dense: {units: 8}\n"
    before = recipe.load(write(tmp_path, text))
    expected = text.replace("filters: 2", "filters: 3").replace("units: 6", "units: 9")
    expected = expected.replace("filters: 1,", "filters: 2,")
    assert recipe.widened(before, 1.5) == recipe.load(write(tmp_path, expected))
    smallest = recipe.dump(recipe.widened(before, 0.01))
    assert smallest.count("filters: 1") == 3
    assert "units: 1}" in smallest
    assert "units: 8}" in smallest


POOLED = """
data: {source: gratings, image_size: [12, 15]}
model:
  - conv2d: {filters: 2, kernel_size: 3}
  - repeat:
      times: 2
      layers:
        - residual:
            layers: [{conv2d: {filters: 2, kernel_size: 1}}, relu]
            shortcut: [{conv2d: {filters: 2, kernel_size: 1, name: mine}}]
  - global_average_pooling2d
  - dense: {units: 8}
"""
ONLY_ONE_MINE = POOLED.replace("times: 2", "times: 1")


@pytest.mark.parametrize("name", ["conv2d", "conv2d_2", "mine", "relu", "add"])
def test_a_layer_follows_the_one_that_a_model_calls_so(tmp_path, name):
    before = recipe.load(write(tmp_path, ONLY_ONE_MINE))
    after = recipe.followed(before, name, LayerSpec(name="low_pass", arguments={"cutoff": 0.2}))
    model = builder.build(after)
    added = model.get_layer("low_pass")
    # What it takes is what the layer of this name gives.
    (node,) = added._inbound_nodes
    (giver,) = node.parent_nodes
    assert giver.operation.name == name
    assert [w.shape for w in model.weights] == [w.shape for w in builder.build(before).weights]
    assert recipe.dump(recipe.load(write(tmp_path, recipe.dump(after)))) == recipe.dump(after)


def test_no_layer_follows_one_that_there_is_not(tmp_path):
    before = recipe.load(write(tmp_path, NESTED))
    after = recipe.followed(before, "conv2d_99", LayerSpec(name="relu"))
    assert recipe.dump(after).count("relu") == recipe.dump(before).count("relu") + 1  # written out


def test_a_layer_may_come_before_all_others(tmp_path):
    before = recipe.load(write(tmp_path, ONLY_ONE_MINE))
    layer = LayerSpec(name="low_pass", arguments={"cutoff": 0.25})
    after = recipe.preceded(before, layer)
    assert after.model[1:] == before.model
    assert builder.build(after).layers[1].get_config()["cutoff"] == 0.25
