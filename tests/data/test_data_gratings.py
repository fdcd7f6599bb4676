"""The gratings: no linear function of the pixels tells the classes apart, their energy does."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from specnet.data import load
from specnet.data.gratings import CLASSES, sectors
from specnet.recipe.schema import GratingsData


def gratings(**options):
    return load(GratingsData(source="gratings", **options))


@pytest.fixture(scope="module")
def default():
    return gratings()


def test_sizes_and_types_are_those_asked_for(default):
    assert default.train.images.shape == (2000, 64, 64, 1)
    assert (len(default.validation), len(default.test)) == (500, 500)
    assert default.train.images.dtype == np.uint8
    assert default.train.labels.dtype == np.int32
    assert "low 45°" in default.classes


def test_classes_are_balanced(default):
    counts = np.bincount(default.train.labels)
    assert counts.tolist() == [250] * len(CLASSES)


def test_the_same_settings_give_the_same_images_and_another_seed_others():
    small = {"train": 300, "validation": 8, "test": 8, "image_size": 9}
    first, second, other = gratings(**small), gratings(**small), gratings(**small, seed=1)
    np.testing.assert_array_equal(first.train.images, second.train.images)
    np.testing.assert_array_equal(first.train.labels, second.train.labels)
    assert np.mean(first.train.images == other.train.images) < 0.05
    assert np.mean(first.train.images[:8] == first.test.images) < 0.05


def test_a_linear_classifier_on_pixels_is_near_chance(default):
    def pixels(split):
        return split.images.reshape(len(split), -1) / 127.5 - 1

    model = LogisticRegression(C=0.01, max_iter=50)
    model.fit(pixels(default.train), default.train.labels)
    assert model.score(pixels(default.test), default.test.labels) < 1.5 / len(CLASSES)


def most_energetic(split):
    """The class whose sector has the most power a frequency."""
    images = split.images.mean(axis=3)
    power = np.abs(np.fft.rfft2(images - images.mean(axis=(1, 2), keepdims=True))) ** 2
    masks = sectors(*images.shape[1:]).astype(float)
    return np.einsum("nvu,kvu->nk", power, masks / masks.sum(axis=(1, 2), keepdims=True)).argmax(1)


@pytest.mark.parametrize("size", [(64, 64), (45, 70), (128, 31)])
def test_the_energy_in_the_sectors_tells_the_classes(size):
    test = gratings(train=8, validation=8, test=400, image_size=size).test
    assert np.mean(most_energetic(test) == test.labels) > 0.9


def test_an_angle_is_the_direction_in_which_the_texture_varies():
    train = gratings(train=64, validation=8, test=8, noise=0).train
    images = train.images[..., 0].astype(float)
    along_x = np.abs(np.diff(images, axis=2)).mean(axis=(1, 2))
    along_y = np.abs(np.diff(images, axis=1)).mean(axis=(1, 2))
    names = np.array(CLASSES)[train.labels]
    assert np.all((along_x > 2 * along_y)[names == "low 0°"])
    assert np.all((along_y > 2 * along_x)[names == "high 90°"])


@pytest.mark.parametrize("size", [(8, 8), (9, 8), (8, 100), (33, 17)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_has_contrast_and_is_not_clipped(size, channels):
    images = gratings(
        train=300, validation=1, test=1, image_size=size, channels=channels
    ).train.images
    assert images.shape == (300, *size, channels)
    assert 120 < images.mean() < 135
    assert 25 < images.std() < 40
    assert np.mean((images == 0) | (images == 255)) < 0.001


def test_without_noise_only_the_sector_has_energy():
    train = gratings(train=16, validation=1, test=1, noise=0).train
    power = np.abs(np.fft.rfft2(train.images[..., 0] - 127.5)) ** 2
    inside = (power * sectors(64, 64)[train.labels]).sum(axis=(1, 2))
    assert np.all(inside > 0.95 * power.sum(axis=(1, 2)))
