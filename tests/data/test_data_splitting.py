"""Cutting splits: a partition, about stratified, in which no image moves for another's sake."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specnet.data.splitting import cut, cut_by_order
from specnet.errors import DataError

SHARES = {"validation": 0.2, "test": 0.1}


def named(labels):
    return [b"%d" % i for i in range(len(labels))]


def split_of(labels, names, shares=SHARES):
    """name -> split"""
    parts = cut(np.asarray(labels), shares, names)
    return {names[i]: split for split, rows in parts.items() for i in rows}


@given(st.lists(st.integers(3, 60), min_size=1, max_size=6), st.randoms())
def test_every_image_is_in_one_split_and_every_class_in_each(counts, random):
    labels = np.repeat(np.arange(len(counts)), counts)
    random.shuffle(labels)
    for parts in (cut(labels, SHARES, named(labels)), cut_by_order(labels, SHARES)):
        rows = np.concatenate(list(parts.values()))
        np.testing.assert_array_equal(np.sort(rows), range(sum(counts)))
        for chosen in parts.values():
            assert set(labels[chosen]) == set(labels)


def test_shares_are_kept_as_closely_as_chance_keeps_them():
    labels = np.arange(20000) % 2
    parts = cut(labels, SHARES, named(labels))
    for name, share in {**SHARES, "train": 0.7}.items():
        taken = np.bincount(labels[parts[name]])
        assert np.all(np.abs(taken - 10000 * share) < 4 * np.sqrt(10000 * share * (1 - share)))


@pytest.mark.parametrize("removed", [b"0", b"777", b"1999"])
def test_an_image_more_or_less_moves_no_other(removed):
    labels = np.arange(2000) % 2
    names = named(labels)
    before = split_of(labels, names)
    kept = [i for i in range(2000) if names[i] != removed]
    after = split_of(labels[kept], [names[i] for i in kept])
    assert after == {name: split for name, split in before.items() if name != removed}


def test_of_small_classes_an_image_more_moves_one_other_at_most():
    labels, names = [0] * 12, named(range(12))
    before = split_of(labels, names)
    for new in range(100):
        after = split_of([*labels, 0], [*names, b"new %d" % new])
        moved = [name for name in names if after[name] != before[name]]
        assert len(moved) <= 2  # one for each split that chance would leave empty
        assert all(after[name] == "train" for name in moved)


def test_where_an_image_goes_depends_on_its_name_and_not_on_order_or_other_shares():
    labels = np.zeros(1000, int)
    names = named(labels)
    before = split_of(labels, names)
    assert split_of(labels, names[::-1]) == before
    without = split_of(labels, names, {"test": 0.1})
    assert {n for n, s in without.items() if s == "test"} == {
        n for n, s in before.items() if s == "test"
    }


def test_the_place_of_a_name_is_its_sha256_so_that_it_stays_for_good():
    labels = np.zeros(1000, int)
    names = named(labels)
    places = [int(hashlib.sha256(name).hexdigest(), 16) / 2**256 for name in names]
    expected = [
        "test" if place < 0.1 else "validation" if place >= 0.8 else "train" for place in places
    ]
    assert split_of(labels, names) == dict(zip(names, expected, strict=True))


def test_a_share_of_nothing_takes_nothing():
    labels = np.zeros(5, int)
    parts = cut(labels, {"validation": 0.0, "test": 0.4}, named(labels))
    assert len(parts["validation"]) == 0
    assert len(parts["train"]) + len(parts["test"]) == 5
    assert list(cut(labels, {}, named(labels))["train"]) == [0, 1, 2, 3, 4]


def test_a_class_without_training_images_is_refused():
    labels = np.array([0, 0, 0, 0, 1, 1])
    with pytest.raises(DataError, match="class 1 has 2 images, too few"):
        cut(labels, SHARES, named(labels))
    with pytest.raises(DataError, match="class 1 has 2 images, too few"):
        cut_by_order(labels, SHARES)


@pytest.mark.parametrize(
    "shares", [{"validation": 0.5, "test": 0.5}, {"validation": 0.6, "test": 0.7}]
)
def test_shares_that_leave_nothing_are_refused(shares):
    labels = np.arange(200) % 2
    with pytest.raises(DataError, match="leave nothing to train on"):
        cut(labels, shares, named(labels))
