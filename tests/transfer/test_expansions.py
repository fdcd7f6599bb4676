"""Families that are sums over fixed functions, against NumPy's polynomials and SciPy's splines."""

import keras
import numpy as np
import pytest
from keras import ops
from numpy.polynomial.chebyshev import chebval2d
from scipy.interpolate import BSpline

from specnet.layers import (
    BSplineConvolution,
    ChebyshevConvolution,
    ImplicitConvolution,
    RadialConvolution,
)
from specnet.ops.grids import signed_grid
from specnet.transfer.bspline import bspline
from specnet.transfer.chebyshev import chebyshev
from specnet.transfer.implicit import implicit
from specnet.transfer.radial import radial
from specnet.transfer.splines import clamped_basis, periodic_basis

pytestmark = pytest.mark.backend
SIZES = [(7, 12), (8, 9), (1, 4)]


def parts_of(family, parameters, vertical, horizontal):
    tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
    return np.asarray(ops.convert_to_numpy(family.parts(tensors, vertical, horizontal)))


def assert_close(found, expected, relative=1e-12):
    """Relative L2; the default is for float64."""
    assert np.linalg.norm(found - expected) <= relative * np.linalg.norm(expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("order", [0, 1, 4])
@pytest.mark.usefixtures("float64")
def test_chebyshev_agrees_with_numpy(order, size, rng):
    vertical, horizontal = signed_grid(*size)
    parameters = chebyshev(order).initial(rng, 3)
    x, y = np.meshgrid(2 * vertical, 4 * horizontal - 1, indexing="ij")
    expected = [[chebval2d(x, y, c) for c in part] for part in parameters["coefficients"]]
    assert_close(parts_of(chebyshev(order), parameters, vertical, horizontal), np.array(expected))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_clamped_basis_is_scipys(count, rng):
    """Both ends included, where the first and the last function are 1."""
    places = np.array([0, *rng.uniform(0, 0.7, 20), 0.7 / 2, 0.7])
    degree = min(3, count - 1)
    inner = np.linspace(0, 0.7, count - degree + 1)
    knots = np.r_[[0] * degree, inner, [0.7] * degree]
    basis = clamped_basis(places, 0.7, count)
    assert basis.shape == (len(places), count)
    for column, unit in zip(basis.T, np.eye(count), strict=True):
        np.testing.assert_allclose(column, BSpline(knots, unit, degree)(places), atol=1e-14)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_periodic_basis_is_scipys_on_a_long_axis(count, rng):
    """Seven periods of control points, of which the middle one is compared."""
    places = np.array([-0.5, 0.0, *rng.uniform(-0.5, 0.5, 20)])
    knots = (np.arange(7 * count + 4) - 2) / count - 3
    for column, unit in zip(periodic_basis(places, count).T, np.eye(count), strict=True):
        expected = BSpline(knots, np.tile(unit, 7), 3)(places)
        np.testing.assert_allclose(column, expected, atol=1e-13)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("float64")
def test_bspline_is_the_tensor_product_of_scipys_splines(size, rng):
    vertical, horizontal = signed_grid(*size)
    parameters = bspline(6, 5).initial(rng, 2)
    points = parameters["points"]
    across = np.r_[[0] * 3, np.linspace(0, 0.5, 3), [0.5] * 3]
    along_columns = BSpline(across, np.moveaxis(points, -1, 0), 3)(horizontal)  # (U, 2, K, 6)
    around = (np.arange(3 * 6 + 4) - 2) / 6 - 1
    periods = np.concatenate([np.moveaxis(along_columns, -1, 0)] * 3)
    expected = np.moveaxis(BSpline(around, periods, 3)(vertical), (0, 1), (-2, -1))
    assert_close(parts_of(bspline(6, 5), parameters, vertical, horizontal), expected)


@pytest.mark.usefixtures("float64")
def test_bspline_and_implicit_have_the_period_of_a_spectrum(rng):
    vertical, horizontal = signed_grid(5, 6)
    for family in (bspline(4, 4), implicit(3, 2)):
        parameters = family.initial(rng, 2)
        here = parts_of(family, parameters, vertical, horizontal)
        assert_close(parts_of(family, parameters, vertical + 1, horizontal), here)


@pytest.mark.parametrize(("rows", "columns"), [(8, 5), (1, 1), (3, 2)])
@pytest.mark.usefixtures("float64")
def test_equal_control_points_make_a_flat_filter(rows, columns):
    parameters = {"points": np.full((2, 1, rows, columns), 1.5)}
    found = parts_of(bspline(rows, columns), parameters, *signed_grid(6, 7))
    np.testing.assert_allclose(found, 1.5, rtol=1e-13)


@pytest.mark.usefixtures("float64")
def test_radial_agrees_with_its_formula(rng):
    vertical, horizontal = signed_grid(7, 12)
    coefficients = radial(5, 2).initial(rng, 2)["coefficients"]
    knots = np.r_[[0] * 3, np.linspace(0, 0.5**0.5, 3), [0.5**0.5] * 3]
    expected = np.zeros((2, 2, 7, 7))
    for place in np.ndindex(7, 7):
        v, u = vertical[place[0]], horizontal[place[1]]
        splines = BSpline(knots, np.eye(5), 3)(np.hypot(v, u))
        theta = np.arctan2(v, u)
        waves = [np.cos(theta), np.sin(theta), np.cos(2 * theta), np.sin(2 * theta)]
        angles = np.array([1, *waves]) if place != (0, 0) else np.eye(5)[0]
        expected[:, :, place[0], place[1]] = np.einsum(
            "pkma,m,a->pk", coefficients, splines, angles
        )
    assert_close(
        parts_of(radial(5, 2), {"coefficients": coefficients}, vertical, horizontal), expected
    )


@pytest.mark.usefixtures("float64")
def test_radial_is_steered_by_its_coefficients(rng):
    """Turning each harmonic k by k times 90 degrees turns the filter by 90 degrees."""
    axis = np.linspace(-0.4, 0.4, 9)  # the whole plane, so that it can be turned
    coefficients = radial(4, 3).initial(rng, 2)["coefficients"]
    turned = coefficients.copy()
    for k in (1, 2, 3):
        cosine, sine = np.moveaxis(coefficients[..., 2 * k - 1 : 2 * k + 1], -1, 0)
        rotor = (cosine - 1j * sine) * np.exp(-1j * k * np.pi / 2)
        turned[..., 2 * k - 1], turned[..., 2 * k] = rotor.real, -rotor.imag
    before = parts_of(radial(4, 3), {"coefficients": coefficients}, axis, axis)
    after = parts_of(radial(4, 3), {"coefficients": turned}, axis, axis)
    # From (v, u) to (u, -v): rows are v, and np.rot90 turns from columns to rows.
    assert_close(after, np.rot90(before, -1, axes=(-2, -1)))


def test_radial_orientation_is_where_the_harmonic_is_largest(rng):
    described = radial(1, 2).describe(
        {"coefficients": np.array([[[[0, 0, 2.0, 0, 0]]], [[[0, 0, 0, 0, -1.0]]]])}
    )
    assert described["orientation of harmonic 1 (degrees)"][0, 0] == pytest.approx(90)
    assert described["orientation of harmonic 2 (degrees)"][1, 0] == pytest.approx(135)


def test_radial_orientation_is_below_its_period():
    almost_none = np.tile([1, 1, -1e-20, 1, -1e-20], (2, 1, 1, 1))
    described = radial(1, 2).describe({"coefficients": almost_none})
    assert not described["orientation of harmonic 1 (degrees)"].any()  # not 360
    assert not described["orientation of harmonic 2 (degrees)"].any()


@pytest.mark.usefixtures("float64")
def test_implicit_agrees_with_a_loop_over_frequencies(rng):
    vertical, horizontal = signed_grid(5, 6)
    parameters = implicit(3, 1).initial(rng, 2)
    shifts = [(1, 0), (-1, 1), (0, 1), (1, 1)]
    expected = np.zeros((2, 2, 5, 4))
    for row, v in enumerate(vertical):
        for column, u in enumerate(horizontal):
            phases = 2 * np.pi * np.array([a * v + b * u for a, b in shifts])
            x = parameters["hidden_kernel"] @ np.r_[np.cos(phases), np.sin(phases)]
            x = x + parameters["hidden_bias"]
            units = x / (1 + np.exp(-x))
            expected[:, :, row, column] = (units * parameters["output_kernel"]).sum(-1)
    assert_close(parts_of(implicit(3, 1), parameters, vertical, horizontal), expected)


@pytest.mark.parametrize(
    ("kind", "arguments", "family"),
    [
        (ChebyshevConvolution, {"order": 4}, chebyshev(4)),
        (BSplineConvolution, {"rows": 7, "columns": 5}, bspline(7, 5)),
        (RadialConvolution, {"radii": 4, "harmonics": 3}, radial(4, 3)),
        (ImplicitConvolution, {"hidden": 5, "harmonics": 2}, implicit(5, 2)),
    ],
)
def test_layers_multiply_by_their_family_in_float32(kind, arguments, family, rng):
    spectrum = rng.normal(size=(2, 2, 3, 8, 5)).astype("float32")
    layer = kind(4, seed=3, odd_width=True, **arguments)
    real, imaginary = np.moveaxis(ops.convert_to_numpy(layer(spectrum)), 1, 0)

    keras.config.set_floatx("float64")
    weights = {
        name: ops.convert_to_numpy(getattr(layer, name)).astype("float64") for name in family.shapes
    }
    function = parts_of(family, weights, *signed_grid(8, 9))
    total = (spectrum[:, :1] + 1j * spectrum[:, 1:]).sum(2)
    assert_close(real + 1j * imaginary, total * (function[0] + 1j * function[1]), 1e-6)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (ChebyshevConvolution, "order", -1),
        (BSplineConvolution, "rows", 0),
        (BSplineConvolution, "columns", 0),
        (RadialConvolution, "radii", 0),
        (RadialConvolution, "harmonics", -1),
        (ImplicitConvolution, "hidden", 0),
        (ImplicitConvolution, "harmonics", 0),
    ],
)
def test_a_size_that_has_no_basis_is_refused(kind, name, value):
    with pytest.raises(ValueError, match=rf"{name}: must be greater than .*found {value}"):
        kind(2, **{name: value})
