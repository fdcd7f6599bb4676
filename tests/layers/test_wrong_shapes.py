"""Layers refuse shapes that they cannot use in their own words, before and after they are built."""

import numpy as np
import pytest

from specnet.recipe.registry import LAYERS, resolve
from specnet.recipe.signatures import signature

pytestmark = pytest.mark.backend

OURS = {name: resolve(name) for name, where in LAYERS.items() if where.startswith("specnet.")}
REQUIRED = {"filters": 8, "kernel_size": 3}
# One layer for each way to say what a shape becomes, where all of them look at what comes in.
OF_EACH_CHECK = [*{kind.compute_output_shape: name for name, kind in OURS.items()}.values()]


def example(name):
    return OURS[name](
        **{each.name: REQUIRED[each.name] for each in signature(name) if each.required}
    )


def shape_for(layer):
    """Of images with 8 channels or, where those are refused, of spectra."""
    rank = getattr(layer, "dimensions", 2)
    for shape in ((3, *[8] * rank, 8), (3, 2, 8, *[8] * rank), (3, 8, 8, 8, 2)):
        try:
            layer.compute_output_shape(shape)
        except ValueError:
            continue
        return shape
    raise AssertionError(f"{layer.name} takes no shape")


@pytest.mark.parametrize("name", OURS)
def test_no_layer_is_built_for_images_without_pixels_or_channels(name):
    layer = example(name)
    shape = shape_for(layer)
    for axis in range(1, len(shape)):
        with pytest.raises(ValueError, match=rf"^{layer.name} expects .*, found shape"):
            layer.build((*shape[:axis], 0, *shape[axis + 1 :]))


@pytest.mark.parametrize("name", OF_EACH_CHECK)
def test_a_built_layer_looks_at_the_shape_of_what_comes_in(name):
    layer = example(name)
    shape = shape_for(layer)
    layer.build(shape)
    for axis in range(1, len(shape)):
        with pytest.raises(ValueError, match=r"expects|expected axis"):
            layer(np.zeros((*shape[:axis], 0, *shape[axis + 1 :]), "float32"))
    for axes in (2, 7):
        with pytest.raises(ValueError, match="expect"):
            layer(np.zeros([2] * axes, "float32"))


def test_transforms_and_pooling_of_images_take_no_signals_later():
    for name in ("rfft2d", "spectral_pooling", "low_pass"):
        layer = OURS[name]()
        layer.build((None, 8, 8, 3))
        with pytest.raises(ValueError, match=r"expects images .*, found shape \(2, 8, 3\)"):
            layer(np.zeros((2, 8, 3), "float32"))


def test_bands_of_a_wavelet_are_counted_in_every_call():
    layer = OURS["idwt2d"]()
    layer.build((None, 4, 4, 4))
    with pytest.raises(ValueError, match="expects four bands as channels, found 6"):
        layer(np.zeros((1, 4, 4, 6), "float32"))


def test_a_whitening_layer_keeps_the_channels_it_was_built_for():
    layer = OURS["whitening_conv2d"]()
    layer.build((None, 8, 8, 3))
    with pytest.raises(ValueError, match="expected axis -1"):
        layer(np.zeros((1, 8, 8, 4), "float32"))
