"""Laws of the transfer functions, against NumPy and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.stats import multivariate_normal

from specnet.grids import signed_grid
from specnet.transfer import gaussian, polynomial
from specnet.transfer.gaussian import quadratic_form

pytestmark = pytest.mark.backend

FAMILIES = {
    "gaussian": gaussian(),
    "gaussian, unconstrained": gaussian(positive_definite=False),
    "linear": polynomial(1),
    "linear with intercept": polynomial(1, intercept=True),
    "cubic": polynomial(3),
}
GRID = signed_grid(32, 32)
every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())


def values(family, parameters, height, width):
    tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
    return np.asarray(ops.convert_to_numpy(family.response(tensors, *signed_grid(height, width))))


@pytest.mark.parametrize(
    ("name", "count"),
    [("gaussian", 12), ("linear", 4), ("linear with intercept", 8), ("cubic", 12)],
)
def test_parameters_a_filter_are_those_of_the_paper(name, count):
    assert FAMILIES[name].parameters_per_filter == count


@every_family
def test_the_same_filter_at_two_sizes_is_one_function_sampled_twice(family, rng):
    """Every third bin of 27 x 30 lies on a bin of 9 x 10."""
    parameters = family.unit_gain(rng, 4, 1, GRID)
    coarse, fine = values(family, parameters, 9, 10), values(family, parameters, 27, 30)
    rows = np.rint(signed_grid(9, 10)[0] * 27).astype(int)
    # The Nyquist column is at +1/2 in both; rows of an odd height have no bin there.
    np.testing.assert_allclose(fine[..., rows, ::3], coarse, rtol=1e-5, atol=1e-6)


@every_family
def test_filters_are_independent_of_each_other(family, rng):
    """The response of many filters is the stack of the responses of each alone."""
    parameters = family.unit_gain(rng, 5, 1, GRID)
    together = values(family, parameters, 7, 6)
    alone = [
        values(family, {name: p[:, k : k + 1] for name, p in parameters.items()}, 7, 6)
        for k in range(5)
    ]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-6, atol=1e-7)


@every_family
@pytest.mark.parametrize("channels", [1, 3])
def test_unit_gain_keeps_the_variance_of_white_noise(family, channels, rng):
    """A sum of `channels` white images, filtered, has the variance of one of them."""
    response = values(family, family.unit_gain(rng, 64, channels, GRID), 32, 32)
    power = np.square(response).sum(0).mean((-2, -1))
    np.testing.assert_allclose(channels * power, 1, rtol=1e-5)


def test_gaussian_is_the_density_of_its_covariance(rng):
    """Up to its height, a bump is SciPy's normal density with the same centre and covariance."""
    centre = rng.uniform(-0.3, 0.3, 2)
    widths, x = rng.uniform(0.1, 0.4, 2), rng.normal()
    correlation = x / np.sqrt(1 + x * x)
    off = correlation * widths.prod()
    normal = multivariate_normal(centre, [[widths[0] ** 2, off], [off, widths[1] ** 2]])
    vertical, horizontal = signed_grid(11, 14)
    density = normal.pdf(np.stack(np.meshgrid(vertical, horizontal, indexing="ij"), axis=-1))

    raw = np.array([*np.log(np.expm1(widths)), x])
    parameters = {
        "centre": np.tile(centre, (2, 1, 1)),
        "covariance": np.tile(raw, (2, 1, 1)),
        "scale": np.array([[2.0], [-3.0]]),
    }
    response = values(gaussian(), parameters, 11, 14)
    shape = density / normal.pdf(centre)
    np.testing.assert_allclose(response[0, 0], 2 * shape, atol=1e-6)
    np.testing.assert_allclose(response[1, 0], -3 * shape, atol=1e-6)


@given(st.lists(st.floats(-6, 6), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_quadratic_form_is_positive_definite_whatever_the_weights(raw):
    uu, vu, vv = np.asarray(
        ops.convert_to_numpy(quadratic_form(ops.convert_to_tensor(np.array(raw))))
    )
    eigenvalues = np.linalg.eigvalsh([[uu, -vu], [-vu, vv]])
    assert eigenvalues.min() > -1e-9 * eigenvalues.max()
    assert uu > 0
    assert vv > 0


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("order", [1, 2, 5])
def test_polynomial_agrees_with_numpy(order, intercept, rng):
    family = polynomial(order, intercept)
    parameters = family.initial(rng, 3)
    vertical, horizontal = signed_grid(7, 12)
    response = values(family, parameters, 7, 12)
    for part in range(2):
        for k in range(3):
            down, across = parameters["coefficients"][part, k]
            if not intercept:
                down, across = np.r_[0, down], np.r_[0, across]
            expected = np.add.outer(
                np.polynomial.polynomial.polyval(vertical, down),
                np.polynomial.polynomial.polyval(horizontal, across),
            )
            np.testing.assert_allclose(response[part, k], expected, atol=1e-6)
