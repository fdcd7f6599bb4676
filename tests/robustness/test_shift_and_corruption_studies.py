"""Shifts and corruptions, against NumPy, SciPy and scikit-image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_classifier import grey_images, linear_classifier
from scipy.ndimage import gaussian_filter
from skimage.color import hsv2rgb, rgb2hsv

from specnet.robustness import corruptions, shift
from specnet.robustness.corrupting import CIFAR_C, CORRUPTIONS, IMAGENET_C, corrupted
from specnet.robustness.shift_study import random_shifts, shifted


def noise(count, size, seed=0):
    return np.random.default_rng(seed).random((count, *size)).astype("float32")


@settings(max_examples=30)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    down=st.integers(-8, 8),
    right=st.integers(-8, 8),
)
def test_shifted_images_are_rolled_or_padded_ones(height, width, down, right):
    images = noise(2, (height, width, 3))
    shifts = np.array([[down, right], [0, 0]])
    rolled = np.roll(images[0], (down, right), axis=(0, 1))
    padded = np.pad(images[0], [(8, 8), (8, 8), (0, 0)], mode="reflect")
    padded = padded[8 - down : 8 - down + height, 8 - right : 8 - right + width]
    circular, reflected = (shifted(images, shifts, border) for border in ("circular", "reflect"))
    np.testing.assert_array_equal(circular, [rolled, images[1]])
    np.testing.assert_array_equal(reflected, [padded, images[1]])


@pytest.mark.parametrize("pixels", [0, 1, 3])
def test_shifts_are_drawn_evenly_from_a_ring(pixels):
    found = random_shifts(pixels, 4000, np.random.default_rng(1))
    places, counts = np.unique(found, axis=0, return_counts=True)
    ring = max(8 * pixels, 1)
    assert len(places) == ring
    assert set(np.abs(places).max(axis=1)) == {pixels}
    assert counts.min() > 0.7 * 4000 / ring


@pytest.mark.backend
def test_a_classifier_that_sees_means_is_steady_under_circular_shifts():
    classifier, _, _ = linear_classifier((8, 7, 1), offset=-0.5)
    images, labels = noise(30, (8, 7, 1)), np.zeros(30, int)
    (uneven,) = shift(classifier, images, labels, pixels=(3,), borders=("circular",))
    same = np.tile([[0.1, -0.1]], (56, 1)), np.zeros(2)
    classifier.model.layers[-1].set_weights(same)
    (even,) = shift(classifier, images, labels, pixels=(3,), borders=("circular",))
    assert even.count.share == 1  # though no label is looked at
    assert uneven.count.share < 1


@pytest.mark.parametrize("size", [(33, 30, 1), (70, 66, 3)])
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruptions_are_stronger_at_higher_strengths(name, size):
    images = gaussian_filter(noise(2, size), (0, 2, 2, 0)) * 0.9
    found = [corrupted(images, name, k, np.random.default_rng(k)) for k in (1, 5)]
    weak, strong = (np.mean((each - images) ** 2) for each in found)
    assert 0 < weak < strong
    assert all(each.dtype == "float32" and each.shape == images.shape for each in found)
    assert all(each.min() >= 0 and each.max() <= 1 for each in found)


def test_blurs_noise_and_contrast_are_as_their_names_say():
    rng = np.random.default_rng(0)
    images = noise(3, (40, 41, 3))
    blurred = CORRUPTIONS["gaussian_blur"](images, 2, rng)
    expected = gaussian_filter(images, (0, 2, 2, 0), mode="nearest", radius=(0, 8, 8, 0))
    np.testing.assert_allclose(blurred, expected, atol=2e-3)
    flatter = CORRUPTIONS["contrast"](images, 0.3, rng)
    np.testing.assert_allclose(flatter.std(axis=(1, 2)), 0.3 * images.std(axis=(1, 2)), rtol=1e-4)
    np.testing.assert_allclose(flatter.mean(axis=(1, 2)), images.mean(axis=(1, 2)), rtol=1e-4)
    change = CORRUPTIONS["gaussian_noise"](images, 0.1, rng) - images
    assert change.std() == pytest.approx(0.1, rel=0.03)


def test_brightness_is_more_value_in_hsv():
    images = noise(2, (6, 7, 3))
    images[0, 0, 0] = 0
    hsv = rgb2hsv(images)
    hsv[..., 2] = np.clip(hsv[..., 2] + 0.3, 0, 1)
    found = CORRUPTIONS["brightness"](images, 0.3, np.random.default_rng(0))
    np.testing.assert_allclose(found, hsv2rgb(hsv), atol=1e-5)


def test_a_disc_out_of_focus_keeps_the_mean_and_spreads_a_point_evenly():
    images = np.zeros((1, 41, 41, 1), "float32")
    images[0, 20, 20] = 1
    found = CORRUPTIONS["defocus_blur"](images, (6, 0.1), np.random.default_rng(0))[0, ..., 0]
    rows, columns = np.mgrid[-20:21, -20:21]
    disc = rows**2 + columns**2 <= 36
    np.testing.assert_allclose(found, disc / disc.sum(), atol=1e-5)


def test_pixelate_shows_means_of_blocks():
    images = np.rint(noise(1, (8, 12, 3)) * 255) / 255
    found = CORRUPTIONS["pixelate"](images, 0.5, np.random.default_rng(0))
    blocks = images.reshape(1, 4, 2, 6, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(found, blocks.repeat(2, 1).repeat(2, 2), atol=1.01 / 255)


def test_small_images_get_the_strengths_of_cifar():
    images = np.full((1, 63, 90, 1), 0.5, "float32")
    for size, table in [((63, 90), CIFAR_C), ((64, 90), IMAGENET_C)]:
        found = corrupted(
            images[:, :1].repeat(size[0], 1), "brightness", 3, np.random.default_rng()
        )
        np.testing.assert_allclose(found, 0.5 + table["brightness"][2], rtol=1e-6)


@pytest.mark.backend
def test_the_clean_setting_shows_the_images_as_they_are():
    classifier, _, _ = linear_classifier((9, 8, 3))
    images = grey_images(10, (9, 8, 3))
    labels = classifier.predict(images)
    clean, *others = corruptions(classifier, images, labels, corruptions=("contrast", "jpeg"))
    assert clean.setting == {"corruption": "clean", "strength": 0}
    assert clean.count.right == 10
    assert len(others) == 10
