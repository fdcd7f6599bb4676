"""What `specnet layers NAME` says of each argument is what the layer's docstring says."""

import inspect

import pytest

from specnet.recipe import registry, signatures
from specnet.recipe.argument_docs import meanings

OURS = [name for name, where in registry.LAYERS.items() if where.startswith("specnet.")]


@pytest.mark.parametrize("name", OURS)
def test_every_argument_of_our_layers_is_explained(name):
    found = meanings(name)
    assert [each.name for each in signatures.signature(name) if not found.get(each.name)] == []


def test_a_meaning_is_the_docstrings_over_all_its_lines():
    from specnet.layers.base import SpectralConvolution

    words = meanings("gaussian")["mixing"]
    assert words in " ".join(inspect.getdoc(SpectralConvolution).split())
    assert words.startswith("`sum`")
    assert words.endswith("as in Conv2D.")


def test_a_layers_own_words_come_before_those_of_its_bases():
    from specnet.layers import SpectralConv2D
    from specnet.layers.image_convolution import ImageConvolution

    words = meanings("spectral_conv2d")["padding"]
    assert words in " ".join(inspect.getdoc(SpectralConv2D).split())
    assert words not in " ".join((inspect.getdoc(ImageConvolution) or "").split())


def test_what_any_layer_takes_is_no_part_of_the_last_argument():
    assert meanings("relu")["threshold"].endswith("Defaults to `0.0`.")
