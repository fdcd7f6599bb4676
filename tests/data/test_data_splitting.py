"""Cutting splits: a partition, stratified, always the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.data.splitting import cut
from specnet.errors import DataError

SHARES = {"validation": 0.2, "test": 0.1}


@given(st.lists(st.integers(3, 60), min_size=1, max_size=6), st.randoms())
def test_every_image_is_in_one_split_and_every_class_in_each(counts, random):
    labels = np.repeat(np.arange(len(counts)), counts)
    random.shuffle(labels)
    parts = cut(labels, SHARES)
    np.testing.assert_array_equal(np.sort(np.concatenate(list(parts.values()))), range(sum(counts)))
    for name, share in SHARES.items():
        taken = np.bincount(labels[parts[name]], minlength=len(counts))
        wanted = np.maximum(1, np.array(counts) * share)
        assert np.all(np.abs(taken - wanted) <= 0.5)
    again = cut(labels, SHARES)
    assert all(np.array_equal(parts[name], again[name]) for name in parts)


def test_a_share_of_nothing_takes_nothing():
    parts = cut(np.zeros(5, int), {"validation": 0.0, "test": 0.4})
    assert [len(parts[name]) for name in ("train", "validation", "test")] == [3, 0, 2]


def test_the_cut_does_not_follow_the_order_of_files():
    taken = cut(np.zeros(1000, int), {"test": 0.5})["test"]
    assert 200 < np.sum(taken < 500) < 300


def test_a_class_without_training_images_is_refused():
    with pytest.raises(DataError, match="class 1 has 2 images, too few"):
        cut(np.array([0, 0, 0, 0, 1, 1]), SHARES)
