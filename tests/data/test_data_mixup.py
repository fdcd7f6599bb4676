"""Mixed images and labels: what was mixed is read from the labels, and checked in the pixels."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from specnet.data import Normalization, Split
from specnet.data.mixup import Mix, draw_mix
from specnet.data.pipeline import Batches
from specnet.data.sharding import Share
from specnet.recipe.schema import Augment

GREY_LEVELS = Normalization((0.0,), (1.0,))
ALPHAS = st.floats(0.01, 1000) | st.sampled_from([5e-324, 1e-300, 1e-7])


def split_of(count, height, width):
    """No two images have a pixel in common, and each is a class."""
    inside = np.arange(height * width, dtype=np.uint8).reshape(height, width, 1)
    first = (np.arange(count) * height * width).astype(np.uint8)
    return Split(inside + first[:, None, None, None], np.arange(count, dtype=np.int32))


def epoch_of(split, augment, size, **options):
    return Batches(split, len(split), GREY_LEVELS, size, shuffle=True, augment=augment, **options)


SIZES = {"count": st.integers(1, 9), "height": st.integers(1, 5), "width": st.integers(1, 5)}


@given(**SIZES, batch=st.integers(1, 9), alpha=ALPHAS, seed=st.integers(0, 99))
def test_mixup_weighs_pixels_as_labels(count, height, width, batch, alpha, seed):
    split = split_of(count, height, width)
    epoch = epoch_of(split, Augment(mixup=alpha), batch, seed=seed)
    for x, y in epoch:
        np.testing.assert_array_equal(y.sum(1), 1)
        assert y.min() >= 0
        expected = np.einsum("bk,khwc->bhwc", y.astype(float), split.images.astype(float))
        np.testing.assert_allclose(x, expected, atol=1e-4)
    assert_each_is_mixed_with_one(epoch, batch)


@given(**SIZES, batch=st.integers(1, 9), alpha=ALPHAS, seed=st.integers(0, 99))
@example(count=4, height=4, width=1, batch=2, alpha=3.0, seed=0)  # the middle two rows
def test_cutmix_labels_are_the_areas_of_whose_pixels_they_are(
    count, height, width, batch, alpha, seed
):
    split = split_of(count, height, width)
    epoch = epoch_of(split, Augment(cutmix=alpha), batch, seed=seed)
    for x, y in epoch:
        np.testing.assert_array_equal(y.sum(1), 1)
        # whose pixel it is: at its place no two images have the same
        whose = x[:, None] == split.images[None]
        assert (whose.sum(1) == 1).all()
        areas = whose.sum((2, 3, 4)) / np.float32(height * width)
        np.testing.assert_allclose(y, areas, rtol=1e-6)
        for mask in whose.reshape(-1, height, width):
            assert is_a_box(mask) or is_a_box(~mask)
    assert_each_is_mixed_with_one(epoch, batch)


def is_a_box(mask):
    """Whether these pixels, if there are any, are all between the first and the last."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return not len(rows) or mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()


def assert_each_is_mixed_with_one(epoch, batch):
    """Images with labels of two classes, which make one ring through the batch."""
    for number, (_, y) in enumerate(epoch):
        rows = epoch.order[number * batch : (number + 1) * batch]
        present = np.flatnonzero(y.any(0))
        assert set(present) <= set(rows)
        assert ((y > 0).sum(1) <= 2).all()
        np.testing.assert_allclose(y.sum(0)[rows], 1, rtol=1e-5)  # as often in as out


def test_shares_of_mixup_are_a_beta_distribution():
    random = np.random.default_rng(2)
    for alpha in (0.2, 1, 8):
        shares = [draw_mix(Augment(mixup=alpha), (9, 9), random).share for _ in range(3000)]
        assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 0.01


def test_boxes_of_cutmix_have_the_shape_of_the_image_and_the_area_of_the_paper():
    random, (height, width) = np.random.default_rng(3), (1000, 700)
    found = [draw_mix(Augment(cutmix=1), (height, width), random) for _ in range(4000)]
    for mix in found:
        (top, bottom), (left, right) = ((each.start, each.stop) for each in mix.box)
        assert 0 <= top <= bottom <= height
        assert 0 <= left <= right <= width
        assert mix.share == (bottom - top) * (right - left) / (height * width)
        if top > 0 and left > 0 and bottom < height and right < width:
            assert (bottom - top) / height == pytest.approx((right - left) / width, abs=2e-3)
    # sides f = sqrt(u) of the image, of which f - f^2 / 4 is inside: the mean of its square over u
    assert np.mean([mix.share for mix in found]) == pytest.approx(1 / 2 - 1 / 5 + 1 / 48, abs=0.015)


def test_of_both_each_batch_takes_one_with_equal_chance():
    split, augment = split_of(1200, 2, 2), Augment(mixup=1, cutmix=1)
    random = np.random.default_rng(1)
    boxes = [draw_mix(augment, (2, 2), random).box is not None for _ in range(600)]
    assert 240 < sum(boxes) < 360
    shares = [y.max() for _, y in epoch_of(split, augment, 2)]
    assert len(set(shares)) > 200  # every batch draws anew


def test_another_epoch_or_seed_mixes_otherwise():
    split, augment = split_of(8, 3, 3), Augment(mixup=1)
    first, *others = (
        np.sort(epoch_of(split, augment, 8, **change)[0][1].max(1))
        for change in ({}, {"epoch": 1}, {"seed": 1})
    )
    assert all(np.abs(first - other).max() > 1e-3 for other in others)


@given(
    processes=st.integers(1, 3),
    each=st.integers(1, 2),
    count=st.integers(1, 25),
    rows=st.integers(1, 3),
    kind=st.sampled_from([{"mixup": 1}, {"cutmix": 1}, {"mixup": 1, "cutmix": 1, "cutout": 2}]),
)
def test_all_shares_of_a_batch_are_the_batch_of_one_device(processes, each, count, rows, kind):
    devices = processes * each
    split, augment = split_of(count, 4, 3), Augment(crop=1, flip="alternating", **kind)
    whole = epoch_of(split, augment, rows * devices)
    parts = [
        epoch_of(split, augment, rows * devices, share=Share(process, processes, devices))
        for process in range(processes)
    ]
    for batch, *shares in zip(whole, *parts, strict=True):
        for place, array in enumerate(batch):
            together = np.concatenate([share[place] for share in shares])
            np.testing.assert_array_equal(together[: len(array)], array)


def test_a_batch_of_one_image_stays_as_it_is():
    split = split_of(3, 4, 5)
    for augment in (Augment(mixup=1), Augment(cutmix=1)):
        for x, y in epoch_of(split, augment, 1):
            np.testing.assert_allclose(x[0], split.images[y[0].argmax()], rtol=1e-6)
            assert y.max() == 1


@given(share=st.floats(0, 1))
def test_weights_of_a_label_are_1_together_in_float32(share):
    chain = np.eye(2, dtype=np.float32)[[0, 1, 1]]
    np.testing.assert_array_equal(Mix(share).means(chain).sum(1), 1)
    np.testing.assert_array_equal(Mix(share).means(np.ones((4, 1), np.float32)), 1)


@pytest.mark.parametrize("kind", [{"mixup": 1}, {"cutmix": 1}])
def test_an_autoencoder_is_to_give_the_mixed_image_without_the_hole(kind):
    split, unit = split_of(6, 5, 5), Normalization((0.0,), (1 / 255,))
    holes = [
        Batches(split, 6, unit, 6, augment=Augment(cutout=side, **kind), task="reconstruction")[0]
        for side in (0, 2)
    ]
    (inputs, targets), (with_holes, same_targets) = holes
    np.testing.assert_allclose(inputs, targets, atol=1e-6)
    np.testing.assert_array_equal(targets, same_targets)
    assert np.abs(targets - split.images / 255).max() > 0.01
    assert not np.array_equal(with_holes, inputs)
    assert (with_holes <= inputs + 1e-6).all()
