"""Recipes made from recipes: what changes, and that nothing else does."""

from recipes_at_hand import write

from specnet import recipe

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
