"""Laws of the transfer functions, against NumPy and SciPy."""

from dataclasses import replace

import numpy as np
import pytest
from gradients import assert_gradient_is_right
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scipy.stats import multivariate_normal

from specnet import transfer
from specnet.ops.grids import signed_grid
from specnet.transfer.bspline import bspline
from specnet.transfer.butterworth import butterworth
from specnet.transfer.difference_of_gaussians import difference_of_gaussians
from specnet.transfer.gabor import gabor
from specnet.transfer.gaussian import gaussian, quadratic_form
from specnet.transfer.gaussian_mixture import gaussian_mixture
from specnet.transfer.implicit import implicit
from specnet.transfer.polynomial import polynomial
from specnet.transfer.radial import radial

pytestmark = pytest.mark.backend

# All that are declared, and what arguments make of them.
FAMILIES = {name: make() for name, make in transfer.FAMILIES.items()} | {
    "gaussian": gaussian(),
    "gaussian, unconstrained": gaussian(positive_definite=False),
    "linear": polynomial(1),
    "linear with intercept": polynomial(1, intercept=True),
    "cubic": polynomial(3),
    "gaussian_mixture of 3": gaussian_mixture(3),
    "butterworth high": butterworth("high", order=1.5),
    "butterworth band": butterworth("band", order=3),
    "bspline of few points": bspline(1, 2),
    "radial without harmonics": radial(3, 0),
    "implicit of higher harmonics": implicit(4, 2),
    "polar gaussian": replace(gaussian(), form="polar"),
    "polar gabor": replace(gabor(), form="polar"),
    "polar difference of Gaussians": replace(difference_of_gaussians(), form="polar"),
}
# Few shapes in this file: JAX compiles every operation anew for each.
K = 4
GRID = signed_grid(27, 30)
every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())


def tensors_of(parameters):
    return {name: ops.convert_to_tensor(value) for name, value in parameters.items()}


def values(family, parameters, height, width):
    response = family.response(tensors_of(parameters), *signed_grid(height, width))
    return np.asarray(ops.convert_to_numpy(response))


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("gaussian", 12),
        ("linear", 4),
        ("linear with intercept", 8),
        ("cubic", 12),
        ("gaussian_mixture of 3", 36),
        ("gabor", 10),
        ("log_gabor", 10),
        ("difference_of_gaussians", 8),
        ("butterworth", 6),
        ("butterworth band", 8),
        ("lorentzian", 10),
        ("chebyshev", 32),
        ("bspline", 48),
        ("radial", 50),
        ("implicit of higher harmonics", 2 * 4 * (24 + 2)),
        ("polar gabor", 10),
    ],
)
def test_parameters_a_filter_are_those_of_the_literature(name, count):
    assert FAMILIES[name].parameters_per_filter == count


@every_family
def test_the_same_filter_at_two_sizes_is_one_function_sampled_twice(family, rng):
    """Every third bin of 27 x 30 lies on a bin of 9 x 10."""
    parameters = family.unit_gain(rng, K, 1, GRID)
    coarse, fine = values(family, parameters, 9, 10), values(family, parameters, 27, 30)
    rows = np.rint(signed_grid(9, 10)[0] * 27).astype(int)
    # The Nyquist column is at +1/2 in both; rows of an odd height have no bin there.
    np.testing.assert_allclose(fine[..., rows, ::3], coarse, rtol=1e-5, atol=1e-6)


@every_family
def test_filters_are_independent_of_each_other(family, rng):
    """The response of many filters is the stack of the responses of each alone."""
    parameters = family.unit_gain(rng, K, 1, GRID)
    together = values(family, parameters, 9, 10)
    alone = [
        values(family, {name: p[:, k : k + 1] for name, p in parameters.items()}, 9, 10)
        for k in range(K)
    ]
    np.testing.assert_allclose(together, np.concatenate(alone, axis=1), rtol=1e-6, atol=1e-7)


@every_family
@pytest.mark.parametrize("channels", [1, 3])
def test_unit_gain_keeps_the_variance_of_white_noise(family, channels, rng):
    """A sum of `channels` white images, filtered, has the variance of one of them."""
    response = values(family, family.unit_gain(rng, K, channels, GRID), 27, 30)
    power = np.square(response).sum(0).mean((-2, -1))
    np.testing.assert_allclose(channels * power, 1, rtol=1e-5)


@every_family
@pytest.mark.usefixtures("float64")
def test_polar_form_is_a_magnitude_and_a_phase(family, rng):
    parameters = family.initial(rng, K)
    parts = family.parts(tensors_of(parameters), *signed_grid(9, 10))
    magnitude, phase = ops.convert_to_numpy(parts)
    expected = magnitude * np.exp(1j * phase)
    real, imaginary = values(replace(family, form="polar"), parameters, 9, 10)
    np.testing.assert_allclose(real + 1j * imaginary, expected, rtol=1e-12, atol=1e-14)


@every_family
@pytest.mark.usefixtures("float64")
def test_gradients_of_every_parameter_are_those_of_finite_differences(family, rng):
    parameters = family.initial(rng, K)
    assert parameters.keys() == family.shapes.keys()
    tensors = tensors_of(parameters)
    weights = ops.convert_to_tensor(rng.normal(size=(2, K, 9, 6)))
    for name, value in parameters.items():
        assert value.shape == (2, K, *family.shapes[name])

        def loss(parameter, name=name):
            response = family.response(tensors | {name: parameter}, *signed_grid(9, 10))
            return ops.sum(weights * response)

        assert_gradient_is_right(loss, value)


@every_family
@pytest.mark.usefixtures("float64")
def test_the_amplitude_makes_filters_stronger_and_nothing_else(family, rng):
    parameters = family.unit_gain(rng, K, 1, GRID)
    gain = np.array([3.0, 0.5, 1.0, 20.0])
    louder = parameters | family.amplified(parameters, gain)
    expected = values(family, parameters, 9, 10) * gain[:, None, None]
    np.testing.assert_allclose(values(family, louder, 9, 10), expected, rtol=1e-12, atol=1e-14)


@every_family
def test_what_was_learned_is_described_for_each_filter(family, rng):
    for name, described in family.describe(family.initial(rng, K)).items():
        assert described.shape[:2] == (2, K), name
        assert np.isfinite(described).all(), name


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
@settings(max_examples=50)
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
