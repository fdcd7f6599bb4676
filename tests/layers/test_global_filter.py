"""The global filter of GFNet against its formula in NumPy, and the paper's parameters."""

import keras
import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import GlobalFilter

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


@pytest.mark.usefixtures("float64")
def test_it_is_the_formula_of_the_paper_at_every_size(size, rng):
    images = rng.normal(size=(2, *size, 3))
    layer = GlobalFilter(seed=1)
    found = numpy_of(layer(images))
    weights = numpy_of(layer.bins)
    assert weights.shape == (2, 3, size[0], size[1] // 2 + 1)
    spectra = np.fft.rfft2(images, axes=(1, 2), norm="ortho")
    weighted = spectra * (weights[0] + 1j * weights[1]).transpose(1, 2, 0)
    expected = np.fft.irfft2(weighted, size, axes=(1, 2), norm="ortho")
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("width", "kept"), [(24, 1 - 1 / 24), (4, 3 / 4), (5, 9 / 10)])
def test_white_noise_keeps_its_variance_but_half_of_the_columns_that_mirror_themselves(
    width, kept, rng
):
    images = rng.normal(size=(4, 24, width, 64))
    assert numpy_of(GlobalFilter(seed=2)(images)).var() == pytest.approx(kept, abs=0.03)


@pytest.mark.usefixtures("float64")
def test_a_filter_of_few_pixels_is_the_same_in_larger_images(rng):
    """Weights are smooth then, and what lies between two of them is known."""
    layer = GlobalFilter(size=[12, 11])
    layer.build((None, None, None, 1))
    kernel = np.zeros((12, 11))
    kernel[:2, :2] = rng.normal(size=(2, 2))
    spectrum = np.fft.rfft2(kernel)
    layer.bins.assign(np.stack([spectrum.real, spectrum.imag])[:, None])
    image = np.zeros((1, 30, 25, 1))
    image[0, 10, 7] = 1
    expected = np.zeros((30, 25))
    expected[10:12, 7:9] = kernel[:2, :2]
    np.testing.assert_allclose(numpy_of(layer(image))[0, ..., 0], expected, atol=0.03)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("size", [(5, 4), (1, 1)])
def test_gradients_are_right_also_of_interpolated_weights(size, rng):
    for asked in (None, [4, 3]):
        layer = GlobalFilter(size=asked, seed=3)
        layer.build((2, *size, 2))
        assert_layer_gradients_are_right(layer, rng.normal(size=(2, *size, 2)))


def test_images_of_another_size_are_refused_unless_a_size_is_given(rng):
    layer = GlobalFilter()
    layer(rng.normal(size=(1, 6, 5, 2)))
    with pytest.raises(ValueError, match="incompatible"):
        layer(rng.normal(size=(1, 6, 7, 2)))
    with pytest.raises(ValueError, match="give `size`, or the Input a height"):
        GlobalFilter().build((None, None, None, 2))


def block(channels, side):
    """A block of GFNet, as `residual` in a recipe writes it."""
    return [
        keras.layers.LayerNormalization(epsilon=1e-6),
        GlobalFilter(size=side),
        keras.layers.LayerNormalization(epsilon=1e-6),
        keras.layers.Dense(4 * channels, activation="gelu"),
        keras.layers.Dense(channels),
    ]


def parameters(stages):
    """Of GFNets without positions: (channels, side of the maps, blocks, side of a patch) each."""
    total, before = 0, 3
    for channels, side, blocks, patch in stages:
        patches = keras.layers.Conv2D(channels, patch, strides=patch)
        patches.build((None, side * patch, side * patch, before))
        layers = block(channels, side)
        for layer in layers[:4]:
            layer.build((None, side, side, channels))
        layers[4].build((None, side, side, 4 * channels))
        total += patches.count_params() + blocks * sum(each.count_params() for each in layers)
        before = channels
    return total + 2 * before + 1000 * (before + 1)


@pytest.mark.parametrize(
    ("stages", "millions"),
    [
        ([(256, 14, 12, 16)], 7.5),  # GFNet-Ti
        ([(64, 56, 3, 4), (128, 28, 3, 2), (256, 14, 10, 2), (512, 7, 3, 2)], 14.8),  # GFNet-H-Ti
    ],
)
def test_blocks_have_the_parameters_of_the_paper(stages, millions):
    """7 and 15 million in its tables, with learned positions: 0.05 and 0.2, not here."""
    assert parameters(stages) / 1e6 == pytest.approx(millions, abs=0.1)
