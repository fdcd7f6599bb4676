"""Families whose filters are the same share of the picture at every image size."""

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import (
    CLASSES,
    FreeConvolution,
    GaussianConvolution,
    SpectralConv2D,
    SpectralUpsampling,
)
from specnet.ops.grids import cycles_per_image

pytestmark = pytest.mark.backend

IMAGES = (None, 9, 9, 1)
IMAGE = {"frequencies": "image", "image_size": [9, 11]}


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def test_bins_are_counted_in_cycles_of_the_image():
    """13 x 18 pixels: from -6 to 6 cycles down, 0 to 9 across; 8 x 10 know -4 to 4, 0 to 5."""
    (vertical, horizontal), known = cycles_per_image((13, 18), (8, 10))
    down, across = [*range(7), *range(-6, 0)], [*range(10)]
    np.testing.assert_allclose(vertical * 8, np.clip(down, -4, 4), atol=1e-14)
    np.testing.assert_allclose(horizontal * 10, np.clip(across, 0, 5), atol=1e-14)
    expected = [[abs(v) <= 4 and u <= 5 for u in across] for v in down]
    np.testing.assert_array_equal(known, expected)


FAMILIES = ["GaborConvolution", "ChebyshevConvolution", "BSplineConvolution", "RadialConvolution"]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_transfer_functions_are_those_of_the_size_they_are_given_for(name):
    layer, pixel = (CLASSES[name](3, seed=2, **more) for more in (IMAGE, {}))
    for each in (layer, pixel):
        each.build((None, 2, 1, 9, 6))
    expected = pixel.transfer_functions((9, 11))
    np.testing.assert_array_equal(layer.transfer_functions((9, 11)), expected)
    # The same frequencies among more, and zeros.
    finer = layer.transfer_functions((20, 16))
    np.testing.assert_allclose(finer[:, :, :5, :6], expected[:, :, :5], atol=1e-6)
    np.testing.assert_allclose(finer[:, :, -4:, :6], expected[:, :, -4:], atol=1e-6)
    assert not finer[:, :, 5:-4].any()
    assert not finer[..., 6:].any()


def test_an_image_gives_the_same_picture_at_every_resolution(rng):
    coarse = rng.normal(size=(1, 9, 11, 2)).astype("float32")
    family = {"gaussian": IMAGE}
    layer = SpectralConv2D(3, family, padding="circular", use_bias=False, seed=1)
    output = numpy_of(layer(coarse))
    for size in [(16, 20), (33, 27)]:
        finer = SpectralUpsampling(size)
        error = numpy_of(layer(finer(coarse))) - numpy_of(finer(output))
        assert np.linalg.norm(error) < 1e-6 * np.linalg.norm(finer(output))


@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(rng):
    layer = SpectralConv2D(2, {"gaussian": IMAGE}, padding="circular", seed=2)
    layer.build((None, None, None, 1))
    assert_layer_gradients_are_right(layer, rng.normal(size=(1, 12, 7, 1)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianConvolution(2, frequencies="image"), "needs an image_size"),
        (lambda: GaussianConvolution(2, frequencies="byte"), "expected one of pixel, image"),
        (lambda: GaussianConvolution(2, image_size=0), "image_size: expected a whole number"),
        (
            lambda: CLASSES["GaborConvolution"](2, image_size=9),
            "image_size: belongs to frequencies",
        ),
        (lambda: SpectralConv2D(2, {"linear": {"image_size": 9}}).build(IMAGES), "belongs to freq"),
        (lambda: FreeConvolution(2, image_size=9), "unknown argument 'image_size'"),
        (lambda: GaussianConvolution(2, grid="wood2021", **IMAGE), "needs the grid signed"),
        (lambda: SpectralConv2D(2, {"gabor": IMAGE}), "with padding circular; found padding same"),
    ],
)
def test_wrong_arguments_are_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()
