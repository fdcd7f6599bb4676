"""Two conditions on the same images: tests and intervals of pairs, against those of textbooks."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel

from specnet.robustness.paired_tests import difference, p_value

ALTERNATIVES = st.sampled_from(["two-sided", "less", "greater"])


def pairs(only_first, only_second, both, neither=3):
    first = np.repeat([1, 0, 1, 0], [only_first, only_second, both, neither])
    second = np.repeat([0, 1, 1, 0], [only_first, only_second, both, neither])
    return first.astype(bool), second.astype(bool)


@given(
    discordant=st.tuples(st.integers(0, 300), st.integers(0, 300)).filter(
        lambda each: sum(each) > 0
    ),
    both=st.integers(0, 30),
    alternative=ALTERNATIVES,
)
def test_of_pairs_of_right_and_wrong_it_is_mcnemars_exact_test(discordant, both, alternative):
    first, second = pairs(*discordant, both)
    expected = binomtest(discordant[0], sum(discordant), alternative=alternative).pvalue
    assert p_value(first, second, alternative) == pytest.approx(expected)


def test_of_means_it_is_near_the_paired_t_test(rng):
    first = rng.random(300).round(1)
    second = np.clip(first + rng.normal(0.01, 0.1, 300), 0, 1)
    expected = ttest_rel(first, second).pvalue
    assert p_value(first, second) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("images", [1, 4, 9])
def test_of_several_networks_all_signs_are_counted(rng, images, alternative):
    """However little the least p is: hundreds of comparisons must be able to show something."""
    first, second = rng.integers(0, 2, (2, 3, images)).astype(bool)
    moves = first.mean(axis=0) - second.mean(axis=0)
    sums = np.array([np.dot(signs, np.abs(moves)) for signs in product([-1, 1], repeat=images)])
    less, greater = (sums <= moves.sum() + 1e-9).mean(), (sums >= moves.sum() - 1e-9).mean()
    two_sided = min(1, 2 * min(less, greater))
    expected = {"less": less, "greater": greater, "two-sided": two_sided}[alternative]
    assert p_value(first, second, alternative) == pytest.approx(expected)
    assert p_value(np.ones((5, 400)), np.zeros((5, 400))) < 1e-100


@pytest.mark.parametrize("differing", [0, 1])
def test_what_differs_in_one_image_at_most_may_be_chance(differing):
    assert p_value(*pairs(differing, 0, 10)) == 1


def test_the_same_is_found_twice(rng):
    first, second = rng.random((2, 50))
    assert p_value(first, second) == p_value(first, second)


@given(counts=st.tuples(st.integers(0, 40), st.integers(0, 40)), both=st.integers(1, 60))
def test_the_interval_of_a_difference_is_that_of_mcnemar_pairs(counts, both):
    """Agresti, Categorical Data Analysis, section 11.1.1, equation of the Wald interval."""
    first, second = pairs(*counts, both)
    n = len(first)
    b, c = counts
    spread = 1.959964 * ((b + c) / n - ((b - c) / n) ** 2) ** 0.5 / n**0.5
    expected = ((b - c) / n, (b - c) / n - spread, (b - c) / n + spread)
    assert difference(first, second) == pytest.approx(expected, abs=1e-6)
