"""Kernels that whiten patches: what comes out of them, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from specnet.layers import WhiteningConv2D

pytestmark = pytest.mark.backend


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def coloured(rng, shape=(40, 9, 8, 3)):
    """Noise whose neighbours and channels are alike."""
    noise = rng.normal(size=shape)
    mixed = noise + np.roll(noise, 1, axis=1) + 0.5 * np.roll(noise, 1, axis=2) + 3
    return (mixed @ np.array([[1, 0.9, 0.8], [0, 0.4, 0.3], [0, 0, 0.2]])).astype("float32")


@pytest.mark.parametrize("size", [(2, 2), (1, 3), (3, 2)])
def test_what_comes_out_is_uncorrelated_with_variance_one(size, rng):
    images = coloured(rng)
    layer = WhiteningConv2D(size, epsilon=0.0, use_bias=False)
    layer.adapt(images)
    output = numpy_of(layer(images)).astype("float64")
    top, left = (size[0] - 1) // 2, (size[1] - 1) // 2  # where `same` begins
    inside = output[:, top : top + 10 - size[0], left : left + 9 - size[1]]
    numbers = size[0] * size[1] * 3
    found = inside.reshape(-1, 2 * numbers)
    np.testing.assert_allclose(np.cov(found[:, :numbers].T, bias=True), np.eye(numbers), atol=2e-3)
    np.testing.assert_allclose(found[:, numbers:], -found[:, :numbers], atol=1e-4)


def test_it_is_conv2d_with_that_kernel_and_a_bias(rng):
    images = coloured(rng, (2, 7, 6, 3))
    layer = WhiteningConv2D(2)
    layer.adapt(images)
    layer.bias.assign(rng.normal(size=24))
    plain = keras.layers.Conv2D(24, 2, padding="same", data_format="channels_last")
    plain.build(images.shape)
    plain.set_weights([numpy_of(layer.kernel), numpy_of(layer.bias)])
    np.testing.assert_allclose(numpy_of(layer(images)), numpy_of(plain(images)), atol=1e-5)


def test_components_go_from_the_largest_variance_to_the_smallest(rng):
    images = coloured(rng)
    layer = WhiteningConv2D(2, epsilon=0.0)
    layer.adapt(images)
    kernel = numpy_of(layer.kernel)[..., :12].reshape(12, 12)
    loudness = np.linalg.norm(kernel, axis=0)  # 1 / deviation
    assert (np.diff(loudness) > 0).all()
    assert (kernel[np.abs(kernel).argmax(axis=0), np.arange(12)] > 0).all()


def test_epsilon_bounds_how_loud_what_hardly_varies_is_made(rng):
    images = np.repeat(coloured(rng)[..., :1], 3, axis=-1)  # grey: two of three colours are none
    layer = WhiteningConv2D(1, epsilon=1e-2)
    layer.adapt(images)
    assert np.linalg.norm(numpy_of(layer.kernel)[0, 0], axis=0).max() == pytest.approx(10, rel=1e-3)


def test_before_it_is_adapted_it_gives_pixels_and_their_negatives(rng):
    images = coloured(rng, (2, 5, 4, 3))
    layer = WhiteningConv2D(1)
    expected = np.concatenate([images, -images], axis=-1)
    np.testing.assert_allclose(numpy_of(layer(images)), expected, atol=1e-6)
    assert not layer.adapted
    layer.adapt(images)
    assert layer.adapted


def test_the_kernel_is_not_trained_and_goes_with_the_weights(rng, tmp_path):
    images = coloured(rng, (8, 6, 5, 3))
    model = keras.Sequential([keras.Input((6, 5, 3)), WhiteningConv2D(2), keras.layers.Flatten()])
    layer = model.layers[0]
    layer.adapt(images)
    kernel = numpy_of(layer.kernel)
    model.compile("sgd", "mse")
    model.fit(images, np.zeros((8, 6 * 5 * 24)), verbose=0)
    np.testing.assert_array_equal(numpy_of(layer.kernel), kernel)
    assert np.abs(numpy_of(layer.bias)).max() > 0
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[0].adapted
    np.testing.assert_allclose(numpy_of(again(images)), numpy_of(model(images)), atol=1e-6)


def test_channels_first_are_the_same_numbers(rng):
    images = coloured(rng, (6, 7, 6, 3))
    last, first = WhiteningConv2D(2), WhiteningConv2D(2, data_format="channels_first")
    last.adapt(images)
    first.adapt(np.moveaxis(images, -1, 1))
    np.testing.assert_allclose(numpy_of(first.kernel), numpy_of(last.kernel), atol=1e-5)
    found = np.moveaxis(numpy_of(first(np.moveaxis(images, -1, 1))), 1, -1)
    np.testing.assert_allclose(found, numpy_of(last(images)), atol=1e-5)


def test_what_does_not_vary_has_filters_of_zeros_where_nothing_is_added(rng):
    images = np.repeat(coloured(rng)[..., :1], 3, axis=-1)
    layer = WhiteningConv2D(1, epsilon=0.0)
    layer.adapt(images)
    loudness = np.linalg.norm(numpy_of(layer.kernel)[0, 0, :, :3], axis=0)
    np.testing.assert_array_equal(loudness[1:], 0)
    assert loudness[0] == pytest.approx(1 / np.std(images.sum(axis=-1) / 3**0.5), rel=1e-4)


@pytest.mark.parametrize("known", [True, False])
def test_images_smaller_than_a_patch_are_refused(known, rng):
    layer = WhiteningConv2D(4)
    words = r"kernel_size is \(4, 4\), and the images are of \(5, 3\) pixels"
    if not known:
        layer.build((None, None, None, 3))
    with pytest.raises(ValueError, match=words):
        layer.adapt(coloured(rng, (3, 5, 3, 3)))


def test_images_of_other_channels_are_refused(rng):
    layer = WhiteningConv2D(2)
    layer.build((None, 5, 4, 1))
    with pytest.raises(ValueError, match="adapt takes images of 1 channels, found 3"):
        layer.adapt(coloured(rng, (3, 5, 4, 3)))


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (np.zeros((0, 8, 8, 3)), "no images"),
        (np.full((2, 8, 8, 3), np.nan), "numbers that are not"),
        (np.full((2, 8, 8, 3), np.inf), "numbers that are not"),
    ],
)
def test_images_that_nothing_follows_from_are_refused(images, found):
    with pytest.raises(ValueError, match=f"adapt expects images of finite numbers, found {found}"):
        WhiteningConv2D().adapt(images)
