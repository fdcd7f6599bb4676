"""Batches: a function of (seed, epoch, index) alone; augmented and normalised as they say."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.data import Normalization, Split
from specnet.data.pipeline import Batches
from specnet.recipe.schema import Augment, NpzData

RANDOM = np.random.default_rng(0)
SPLIT = Split(RANDOM.integers(0, 256, (23, 9, 12, 3), np.uint8), np.arange(23, dtype=np.int32) % 5)
GREY_LEVELS = Normalization((0.0,) * 3, (1.0,) * 3)
AUGMENT = Augment(shift=2, rotate=20, flip=True)
ALL = Augment(shift=2, rotate=9, flip="alternating", crop=2, cutout=3, mixup=0.4, cutmix=1)


def batches(**options):
    chosen = {"batch_size": 4, "seed": 3, "epoch": 2, "shuffle": True, "augment": AUGMENT} | options
    return Batches(SPLIT, 5, GREY_LEVELS, **chosen)


def assert_same(first, second):
    assert len(first) == len(second)
    for (x, y), (other_x, other_y) in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)


def test_batches_are_float32_images_and_one_hot_rows():
    x, y = batches(augment=None, shuffle=False)[1]
    assert (x.dtype, y.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(x, SPLIT.images[4:8])
    np.testing.assert_array_equal(y, np.eye(5)[SPLIT.labels[4:8]])


@given(size=st.integers(1, 30), drop=st.booleans())
def test_an_epoch_holds_each_image_once_but_for_the_remainder(size, drop):
    labels = np.arange(23, dtype=np.int32)
    split = Split(SPLIT.images, labels)
    epoch = Batches(split, 23, GREY_LEVELS, size, shuffle=True, drop_remainder=drop)
    seen = np.concatenate([y.argmax(1) for _, y in epoch] or [labels[:0]])
    assert len(np.unique(seen)) == len(seen)
    assert len(seen) == (23 // size * size if drop else 23)
    for x, y in epoch:
        np.testing.assert_array_equal(x, SPLIT.images[y.argmax(1)])


@given(first=st.integers(0, 6), drop=st.booleans(), augment=st.sampled_from([AUGMENT, ALL]))
def test_a_resumed_epoch_goes_on_with_the_batches_it_would_have_had(first, drop, augment):
    whole = list(batches(drop_remainder=drop, augment=augment))
    rest = batches(drop_remainder=drop, augment=augment, first_step=first)
    assert_same(list(rest), whole[first:])


@pytest.mark.parametrize("augment", [AUGMENT, ALL])
def test_the_order_of_reading_and_threads_do_not_matter(augment):
    epoch = batches(augment=augment)
    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(epoch.__getitem__, reversed(range(len(epoch)))))
    assert_same(backwards[::-1], list(batches(augment=augment)))


@pytest.mark.parametrize("change", [{"seed": 4}, {"epoch": 3}])
def test_another_seed_or_epoch_has_another_order_and_other_augmentation(change):
    assert not np.array_equal(batches().order, batches(**change).order)
    assert not np.any(batches().maps == batches(**change).maps)


def test_an_image_is_augmented_alike_whatever_the_batch_size_and_order():
    split = Split(SPLIT.images, np.arange(23, dtype=np.int32))

    def by_image(**options):
        epoch = Batches(split, 23, GREY_LEVELS, seed=1, epoch=1, augment=AUGMENT, **options)
        x, y = (np.concatenate(parts) for parts in zip(*epoch, strict=True))
        return x[y.argmax(1).argsort()]

    shuffled = by_image(batch_size=7, shuffle=True)
    np.testing.assert_array_equal(shuffled, by_image(batch_size=4))


def test_beyond_the_last_batch_there_is_nothing():
    with pytest.raises(IndexError):
        batches()[6]


def settings(normalize, channels=3):
    return NpzData(source="npz", path="-", image_size=9, channels=channels, normalize=normalize)


@pytest.mark.parametrize(("kind", "low", "high"), [("unit", 0, 1), ("centred", -1, 1)])
def test_black_and_white_are_the_ends_of_the_range(kind, low, high):
    ends = np.array([0, 255], np.uint8).reshape(1, 1, 2, 1)
    found = Normalization.of(settings(kind, 1), SPLIT)(ends)
    np.testing.assert_allclose(found.ravel(), [low, high], atol=1e-7)


def test_standard_gives_every_channel_mean_0_and_deviation_1():
    images = RANDOM.integers(0, 256, (600, 5, 7, 3)) * np.array([1, 0.3, 0]) + [0, 50, 7]
    split = Split(images.astype(np.uint8), np.zeros(600, np.int32))
    normal = Normalization.of(settings("standard"), split)(split.images).astype(float)
    np.testing.assert_allclose(normal.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(normal.std(axis=(0, 1, 2)), [1, 1, 0], atol=1e-5)


def test_a_normalization_survives_json():
    normalization = Normalization.of(settings("standard"), SPLIT)
    assert Normalization.from_dict(normalization.to_dict()) == normalization
