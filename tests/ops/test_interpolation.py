"""Transfer functions at the bins of other sizes, against Keys's formula and Gaussians."""

import numpy as np
import pytest
from keras import ops

from specnet.ops.grids import signed_grid
from specnet.ops.interpolation import cubic_matrix, interpolate

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

PAIRS = [
    *(((8, 8), (13, 12)), ((7, 9), (14, 5)), ((6, 5), (1, 1)), ((1, 1), (4, 3))),
    ((5, 6), (5, 6)),
]


def numpy_of(planes):
    return [np.asarray(ops.convert_to_numpy(each)) for each in planes]


def bump(size, centre=(0.12, 0.2), width=0.15):
    """A Gaussian and its mirror image, with their periods: the filter of a real image."""
    v, u = signed_grid(*size)
    v, u = v[:, None], u[None]
    turns = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]

    def at(sign):
        radii = (
            np.hypot(v - sign * centre[0] + i, u - sign * centre[1] + j) / width for i, j in turns
        )
        return sum(np.exp(-(each**2)) for each in radii)

    return at(1) + at(-1), at(1) - at(-1)


def keys(x):
    x = abs(x)
    if x < 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


@pytest.mark.parametrize(("length", "to"), [(7, 12), (8, 5), (1, 3), (2, 2), (3, 9)])
def test_the_matrix_is_the_sum_over_all_turns_of_the_circle(length, to):
    expected = [
        [sum(keys(k * length / to - n - t * length) for t in range(-4, 5)) for n in range(length)]
        for k in range(to)
    ]
    np.testing.assert_allclose(cubic_matrix(length, to), expected, atol=1e-12)


@pytest.mark.parametrize(("size", "to"), PAIRS)
def test_constants_stay_and_real_filters_stay_real(size, to, rng):
    shape = (2, size[0], size[1] // 2 + 1)
    one, zero = numpy_of(interpolate(np.ones(shape), np.zeros(shape), size, to))
    np.testing.assert_allclose(one, 1, atol=1e-12)
    np.testing.assert_allclose(zero, 0, atol=1e-12)
    planes = interpolate(rng.normal(size=shape), rng.normal(size=shape), size, to)
    real, imaginary = map(ops.convert_to_numpy, planes)
    assert real.shape == (2, to[0], to[1] // 2 + 1)
    found = real + 1j * imaginary
    np.testing.assert_allclose(np.fft.rfft2(np.fft.irfft2(found, to)), found, atol=1e-6)


@pytest.mark.parametrize("to", [(40, 41), (27, 64), (16, 17)])
def test_smooth_functions_are_met_between_the_bins(to):
    found = numpy_of(interpolate(*bump((32, 33)), (32, 33), to))
    for one, expected in zip(found, bump(to), strict=True):
        np.testing.assert_allclose(one, expected, atol=6e-3)


def test_bins_that_both_sizes_have_keep_their_values():
    found = numpy_of(interpolate(*bump((6, 8)), (6, 8), (18, 16)))
    for one, known in zip(found, bump((6, 8)), strict=True):
        np.testing.assert_allclose(one[::3, ::2], known, atol=1e-14)
