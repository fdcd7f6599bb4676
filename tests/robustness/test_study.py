"""How studies are run and counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from specnet.robustness import Count, Measured, Outcome, run_study, setting_key
from specnet.robustness.measuring import pixels
from specnet.robustness.study import coarse_first


class Parity:
    """Calls even labels right, and keeps the seeds that it was given."""

    name = "parity"

    def __init__(self):
        self.seeds = {}

    def settings(self, size):
        return [{"sign": 1, "rows": size[0]}, {"sign": -1, "rows": size[0]}]

    def measure(self, classifier, images, labels, setting, seed):
        self.seeds.setdefault(setting["sign"], []).append(seed)
        right = labels % 2 == (0 if setting["sign"] > 0 else 1)
        return Outcome(right, {"total": images.sum(axis=0)})


def chunks():
    images = np.arange(7 * 12.0).reshape(7, 2, 2, 3)
    yield images[:4], np.arange(4)
    yield images[4:], np.arange(4, 7)


def test_chunks_are_added_up():
    even, odd = run_study(Parity(), None, chunks, (2, 2))
    assert (even.count, odd.count) == (Count(4, 7), Count(3, 7))
    expected = np.arange(7 * 12.0).reshape(7, 2, 2, 3).mean(axis=0)
    np.testing.assert_allclose(even.means["total"], expected)


def test_chunks_have_seeds_of_their_own_and_settings_share_them():
    first, same, other = Parity(), Parity(), Parity()
    for study, seed in ((first, 5), (same, 5), (other, 6)):
        run_study(study, None, chunks, (2, 2), seed=seed)
    assert first.seeds == same.seeds
    assert first.seeds[1] == first.seeds[-1]
    assert len({*first.seeds[1], *other.seeds[1]}) == 4


def test_what_is_done_is_not_done_again():
    told, study = [], Parity()
    known = Measured({"rows": 2, "sign": 1}, np.ones(1, bool))
    done = {setting_key(known.setting): known}
    found = run_study(study, None, chunks, (2, 2), done=done, on_measured=told.append)
    assert found[0] is known
    assert told == found[1:]
    assert list(study.seeds) == [-1]


@given(items=st.lists(st.integers(), unique=True, max_size=40))
def test_coarse_first_has_every_item_once_beginning_with_the_ends(items):
    found = coarse_first(items)
    assert sorted(found) == sorted(items)
    assert found[:1] == items[:1]
    assert found[1:2] == (items[-1:] if len(items) > 1 else [])


def test_beginnings_of_coarse_first_leave_gaps_of_two_sizes_at_most():
    order = coarse_first(range(65))
    for count in (3, 5, 9, 17, 33):
        assert set(np.diff(sorted(order[:count]))) == {64 // (count - 1)}


def test_intervals_are_wilsons():
    """Newcombe 1998, table I: 81 of 263."""
    low, high = Count(81, 263).interval()
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    for right in (0, 1, 20, 40):
        expected = binomtest(right, 40).proportion_ci(0.9, method="wilson")
        np.testing.assert_allclose(Count(right, 40).interval(0.9), expected, atol=1e-12)
    assert Count(3, 10).share == 0.3
    assert np.isnan(Count(0, 0).share)


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_pixels_are_shares_of_white(dtype):
    grey = np.array([0, 51, 255], "uint8")
    images = grey if dtype == "uint8" else grey / 255
    found = pixels(images.reshape(1, 1, 3, 1))
    assert found.dtype == "float32"
    np.testing.assert_allclose(found.ravel(), [0, 0.2, 1], rtol=1e-6)
