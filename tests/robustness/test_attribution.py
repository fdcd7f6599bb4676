"""Attributions of decisions, against what they must add up to and a model known in closed form."""

import numpy as np
import pytest
from linear_classifier import grey_images, linear_classifier
from scipy.special import log_softmax, softmax

from specnet.robustness.attribution import attribute

pytestmark = [pytest.mark.backend, pytest.mark.graph]
SIZE = (9, 10, 3)


def log_probability(weights, bias, image, label):
    return log_softmax(np.einsum("hwc,hwck->k", image, weights) + bias)[label]


@pytest.fixture(scope="module")
def known():
    return linear_classifier(SIZE, 3)


@pytest.mark.parametrize("label", [0, 2])
def test_pixels_and_frequencies_add_up_to_what_the_image_adds_to_its_mean(known, label):
    classifier, weights, bias = known
    (image,) = grey_images(1, SIZE)
    mean = np.broadcast_to(image.mean((0, 1)), SIZE)
    expected = np.subtract(*(log_probability(weights, bias, x, label) for x in (image, mean)))
    found = attribute(classifier, image, label)
    np.testing.assert_allclose(found.pixels.sum(), expected, rtol=1e-4)
    np.testing.assert_allclose(found.frequencies.sum(), expected, rtol=1e-4)


def test_an_image_of_one_wave_owes_its_decision_to_that_wave(known):
    classifier, _, _ = known
    wave = 0.1 * np.cos(2 * np.pi * (2 * np.arange(9)[:, None] / 9 + 3 * np.arange(10) / 10))
    image = np.repeat(0.5 + wave[..., None], 3, axis=-1)
    found = attribute(classifier, image, 1).frequencies
    carried = found[2, 3] + found[-2, -3]
    np.testing.assert_allclose(found.sum(), carried, rtol=1e-5)
    assert np.abs(found).sum() - abs(found[2, 3]) - abs(found[-2, -3]) < 1e-6 * abs(carried)


def test_nothing_below_the_largest_radius_is_missing_and_nothing_above_it_is_left(known):
    classifier, weights, bias = known
    (image,) = grey_images(1, SIZE, seed=4)
    found = attribute(classifier, image, 1)
    whole = softmax(np.einsum("hwc,hwck->k", image, weights) + bias)[1]
    assert found.probability == pytest.approx(whole, rel=1e-5)
    assert found.low[-1] == pytest.approx(whole, rel=1e-4)
    assert found.high[-1] == pytest.approx(softmax(bias)[1], rel=1e-4)
