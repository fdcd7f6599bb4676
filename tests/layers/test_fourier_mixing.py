"""Mixing by a Fourier transform, against NumPy's."""

import numpy as np
import pytest
from gradients import assert_layer_gradients_are_right
from keras import ops

from specnet.layers import FourierMixing

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


@pytest.mark.parametrize("over_channels", [True, False])
def test_it_is_the_real_part_of_numpys_transform_at_every_size(over_channels, size, rng):
    images = rng.normal(size=(2, *size, 3))
    axes = (1, 2, 3) if over_channels else (1, 2)
    for norm in ("backward", "ortho", "forward"):
        layer = FourierMixing(over_channels, norm)
        found = np.asarray(ops.convert_to_numpy(layer(images)))
        expected = np.fft.fftn(images, axes=axes, norm=norm).real
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert layer.compute_output_shape(images.shape) == found.shape


def test_twice_is_the_even_part_of_an_image(rng):
    """The real part of a transform is that of what is the same forwards and backwards."""
    images = rng.normal(size=(1, 5, 4, 3))
    mixing = FourierMixing()
    found = np.asarray(ops.convert_to_numpy(mixing(mixing(images))))
    backwards = np.roll(images[:, ::-1, ::-1, ::-1], (1, 1, 1), (1, 2, 3))
    np.testing.assert_allclose(found, (images + backwards) / 2, atol=1e-12)


def test_gradients_are_right(rng):
    layer = FourierMixing()
    layer.build((2, 5, 4, 3))
    assert_layer_gradients_are_right(layer, rng.normal(size=(2, 5, 4, 3)))
