"""Spectral convolutions as ordinary ones: equal where the filters are as short as the kernel."""

import keras
import numpy as np
import pytest

from specnet.errors import UsageError
from specnet.layers import SpectralConv2D
from specnet.models.short_filters import as_conv2d, shortened

pytestmark = pytest.mark.backend


def model_of(size, channels=2, **arguments):
    images = keras.Input((*size, channels))
    layer = SpectralConv2D(4, seed=1, activation="relu", name="wide", **arguments)
    model = keras.Model(images, layer(images))
    layer.bias.assign([0.1, -0.2, 0.3, 0.0])
    return model, layer


def assert_equal(model, converted, rng):
    images = rng.normal(size=(2, *model.input_shape[1:])).astype("float32")
    expected, found = (each.predict(images, verbose=0) for each in (model, converted))
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("mixing", ["full", "sum", "depthwise"])
@pytest.mark.parametrize("strides", [1, [2, 3]])
def test_a_window_as_large_as_a_repeating_image_loses_nothing(mixing, strides, rng):
    model, _ = model_of((9, 9), mixing=mixing, strides=strides, padding="circular")
    converted, (found,) = as_conv2d(model, 9)
    assert_equal(model, converted, rng)
    assert found.layer == "wide"
    assert found.energy == pytest.approx(1)
    assert [type(each).__module__.split(".")[0] for each in converted.layers] == ["keras"] * 2


@pytest.mark.parametrize("padding", ["same", "circular"])
@pytest.mark.parametrize("size", [3, 5])
def test_kernels_of_three_pixels_are_found_again(padding, size, rng):
    model, layer = model_of((8, 7), padding=padding, family="free")
    whole = layer.whole_size((8, 7))
    kernel = rng.normal(size=(3, 3, 2, 4)).astype("float32")
    # Conv2D correlates: its kernel, turned around, is the impulse response around pixel 0.
    impulses = np.zeros((8, *whole))
    impulses[:, :3, :3] = kernel[::-1, ::-1].transpose(2, 3, 0, 1).reshape(8, 3, 3)
    spectrum = np.fft.rfft2(np.roll(impulses, (-1, -1), (1, 2)))
    layer.convolution.bins.assign(np.stack([spectrum.real, spectrum.imag]))
    found, energy = shortened(layer, size)
    margin = (size - 3) // 2
    expected = np.pad(kernel, [(margin, margin)] * 2 + [(0, 0)] * 2)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert energy == pytest.approx(1)
    assert_equal(model, as_conv2d(model, size)[0], rng)


def test_the_energy_is_that_of_the_pixels_in_the_window(rng):
    _, layer = model_of((9, 9), channels=1, padding="circular")
    everything, inner = shortened(layer, 9)[0], shortened(layer, 5)
    np.testing.assert_allclose(inner[0], everything[2:7, 2:7], atol=1e-6)
    assert inner[1] == pytest.approx(np.square(inner[0]).sum() / np.square(everything).sum())


def test_what_has_no_short_form_is_named():
    for arguments, words in (
        ({"padding": "reflect"}, "padding reflect, groups 1"),
        ({"padding": "circular", "groups": 2}, "padding circular, groups 2"),
    ):
        model, _ = model_of((9, 9), **arguments)
        with pytest.raises(UsageError, match=rf"groups 1 becomes .*; found wide \({words}\)$"):
            as_conv2d(model, 3)
    model, _ = model_of((9, 7), padding="same")
    with pytest.raises(UsageError, match="from 1 to 7, the smaller side of the images at wide"):
        as_conv2d(model, 9)
