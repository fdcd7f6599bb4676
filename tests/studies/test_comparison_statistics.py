"""Is a difference real, and how soon is it there? Against closed forms and counts by hand."""

import statistics
from itertools import combinations_with_replacement, product
from math import inf, isinf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from specnet.studies.compare.results import convergence, reach
from specnet.studies.engine.statistics import (
    describe,
    holm,
    least_p,
    mean_interval,
    paired,
    rank_biserial,
    signed_rank_p,
    trials_needed,
)


def test_a_summary_is_that_of_table_iii(rng):
    values = rng.random(7).tolist()
    found = describe(values)
    assert found.count == 7
    assert found.mean == pytest.approx(statistics.fmean(values))
    assert found.std == pytest.approx(statistics.stdev(values))
    assert found.median == pytest.approx(statistics.median(values))
    assert found.max == max(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_the_interval_of_shares_holds_shares_alone():
    low, high = mean_interval(np.array([0.0, 0.27]))
    assert low < 0 < high
    found, opposite = describe([0.0, 0.27]), describe([1.0, 0.73])
    assert (found.low, opposite.high) == (0, 1)
    assert (found.high, opposite.low) == pytest.approx((min(high, 1), max(1 - high, 0)))


def test_the_interval_of_many_numbers_is_that_of_the_normal_distribution(rng):
    values = rng.normal(3, 2, 2000)
    half = 1.96 * values.std() / sqrt(2000)
    expected = values.mean() - half, values.mean() + half
    np.testing.assert_allclose(mean_interval(values), expected, atol=0.1 * half)


def test_one_number_has_no_interval_and_equal_ones_have_none_around_them():
    assert mean_interval(np.array([0.5])) == (None, None)
    assert describe([0.5]).std is None
    assert mean_interval(np.full(4, 0.7)) == (0.7, 0.7)


@pytest.mark.parametrize("pairs", [2, 5, 9])
def test_the_least_p_is_two_over_all_sign_patterns(pairs, rng):
    theirs = rng.random(pairs)
    found = paired(theirs + 0.01 * (1 + np.arange(pairs)), theirs)
    assert found.p == pytest.approx(2 / 2**pairs)
    assert least_p(pairs) == pytest.approx(2 / 2**pairs)
    assert found.effect == 1


def test_trials_needed_are_the_fewest_that_can_show_anything():
    for comparisons in (1, 3, 13):
        pairs = trials_needed(comparisons)
        assert comparisons * 2 / 2**pairs < 0.05 <= comparisons * 2 / 2 ** (pairs - 1)


def test_equal_trials_differ_in_nothing():
    found = paired([0.5, 0.6, 0.7], [0.5, 0.6, 0.7])
    assert (found.difference, found.p, found.effect) == (0, 1, 0)


def test_rank_correlation_counts_walsh_averages(rng):
    differences = rng.normal(0.3, 1, 11)
    averages = [a + b for a, b in combinations_with_replacement(differences, 2)]
    expected = sum(np.sign(averages)) / len(averages)
    assert rank_biserial(differences) == pytest.approx(expected)
    assert rank_biserial(-differences) == pytest.approx(-expected)


def test_holm_steps_down_and_never_back():
    corrected = holm([0.01, None, 0.04, 0.03, 0.005])
    assert corrected[1] is None
    np.testing.assert_allclose([p for p in corrected if p is not None], [0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_a_target_is_reached_in_the_first_epoch_that_has_it():
    curve = [0.2, 0.5, 0.4, 0.6], [4.0, 1.0, 1.0, 2.0]
    assert reach(curve, 0.5) == (2, 5)
    assert reach(curve, 0.55) == (4, 8)
    assert reach(curve, 0.7) == (inf, inf)


def test_speed_ups_are_of_epochs_and_of_seconds():
    theirs = [([0.2, 0.4, 0.5, 0.6], [1.0] * 4)] * 3
    ours = [([0.3, 0.6], [4.0, 4.0])] * 3
    found = convergence(ours, theirs)
    assert (found.epochs, found.seconds) == (2, 8)
    assert (found.epoch_factor, found.second_factor) == (2, 0.5)
    assert convergence(theirs, theirs).epoch_factor == 1


def test_not_reached_by_most_trials_is_an_answer():
    theirs = [([0.6], [1.0])] * 3
    ours = [([0.7], [1.0]), ([0.5], [1.0]), ([0.5], [1.0])]
    found = convergence(ours, theirs)
    assert (found.reached, found.of) == (1, 3)
    assert found.epochs is found.seconds is found.epoch_factor is None
    assert not isinf(convergence(ours[:2] + ours[:1], theirs).epochs)


@settings(max_examples=80)
@given(differences=st.lists(st.integers(-4, 4), min_size=1, max_size=11))
def test_the_signed_rank_test_is_exact_with_ties_and_zeros(differences):
    """Against every pattern of signs, one by one."""
    signed = np.array([each for each in differences if each], float)
    ranks = stats.rankdata(np.abs(signed))
    sums = [np.dot(ranks, signs) for signs in product((-1, 1), repeat=len(signed))]
    found = abs(np.dot(ranks, np.sign(signed)))
    expected = np.mean([abs(each) > found - 1e-9 for each in sums])
    assert signed_rank_p(np.array(differences, float)) == pytest.approx(expected)


@settings(max_examples=30)
@given(pairs=st.integers(2, 50), seed=st.integers(0, 99))
def test_without_ties_it_is_scipys_exact_one(pairs, seed):
    values = np.random.default_rng(seed).normal(0.3, 1, pairs)
    expected = stats.wilcoxon(values, method="exact").pvalue
    assert signed_rank_p(values) == pytest.approx(expected, rel=1e-9)


def test_twenty_tied_pairs_are_not_left_to_the_normal_distribution():
    """15 of 20 equal differences are a sign test: 2 P(X <= 5) of 20 tosses."""
    found = paired([0.6] * 15 + [0.5] * 5, [0.5] * 15 + [0.6] * 5)
    assert found.p == pytest.approx(stats.binomtest(5, 20).pvalue)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_intervals_of_few_numbers_hold_the_mean_19_times_in_20(count):
    rng = np.random.default_rng(count)
    ends = [mean_interval(rng.normal(1, 2, count)) for _ in range(2000)]
    assert np.mean([low < 1 < high for low, high in ends]) == pytest.approx(0.95, abs=0.015)


@given(values=st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=8))
def test_holm_is_the_largest_of_the_steps_before_it(values):
    known = sorted(p for p in values if p is not None)
    for p, corrected in zip(values, holm(values), strict=True):
        if p is None:
            assert corrected is None
        else:
            steps = [(len(known) - k) * q for k, q in enumerate(known) if q <= p]
            equal = [(len(known) - k) * q for k, q in enumerate(known) if q < p]
            first = (len(known) - sum(q < p for q in known)) * p
            assert corrected == pytest.approx(min(1, max([*equal, first])))
            assert corrected <= min(1, max(steps)) + 1e-12
