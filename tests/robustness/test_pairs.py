"""Two conditions on the same images: tests and intervals of pairs, against those of textbooks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel

from specnet.robustness.pairs import difference, p_value

ALTERNATIVES = st.sampled_from(["two-sided", "less", "greater"])


def pairs(only_first, only_second, both, neither=3):
    first = np.repeat([1, 0, 1, 0], [only_first, only_second, both, neither])
    second = np.repeat([0, 1, 1, 0], [only_first, only_second, both, neither])
    return first.astype(bool), second.astype(bool)


@given(
    discordant=st.tuples(st.integers(0, 13), st.integers(0, 13)).filter(
        lambda each: 2 <= sum(each) <= 13
    ),
    both=st.integers(0, 30),
    alternative=ALTERNATIVES,
)
def test_of_few_pairs_of_right_and_wrong_it_is_mcnemars_exact_test(discordant, both, alternative):
    first, second = pairs(*discordant, both)
    expected = binomtest(discordant[0], sum(discordant), alternative=alternative).pvalue
    assert p_value(first, second, alternative) == pytest.approx(expected)


@pytest.mark.parametrize("discordant", [(20, 8), (60, 40), (40, 30)])
def test_of_many_pairs_it_is_near_mcnemars(discordant):
    expected = binomtest(discordant[0], sum(discordant)).pvalue
    # Four standard deviations of a share among 9,999 draws.
    error = 4 * (expected * (1 - expected) / 9_999) ** 0.5 + 2e-4
    assert p_value(*pairs(*discordant, 100)) == pytest.approx(expected, abs=error)


def test_of_means_it_is_near_the_paired_t_test(rng):
    first = rng.random(300).round(1)
    second = np.clip(first + rng.normal(0.01, 0.1, 300), 0, 1)
    expected = ttest_rel(first, second).pvalue
    assert p_value(first, second) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("discordant", [(0, 0), (1, 0)])
def test_what_differs_in_one_image_at_most_may_be_chance(discordant):
    assert p_value(*pairs(*discordant, 10)) == 1


def test_the_same_is_found_twice():
    assert p_value(*pairs(30, 20, 10)) == p_value(*pairs(30, 20, 10))


@given(counts=st.tuples(st.integers(0, 40), st.integers(0, 40)), both=st.integers(1, 60))
def test_the_interval_of_a_difference_is_that_of_mcnemar_pairs(counts, both):
    """Agresti, Categorical Data Analysis, section 11.1.1, equation of the Wald interval."""
    first, second = pairs(*counts, both)
    n = len(first)
    b, c = counts
    spread = 1.959964 * ((b + c) / n - ((b - c) / n) ** 2) ** 0.5 / n**0.5
    expected = ((b - c) / n, (b - c) / n - spread, (b - c) / n + spread)
    assert difference(first, second) == pytest.approx(expected, abs=1e-6)
