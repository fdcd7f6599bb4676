"""Extents and averages, against closed forms."""

import numpy as np
import pytest
from scipy.special import erfinv

from specnet.analysis import angular_average, extent, frequencies, half_power_radii, radial_average


def distances(size):
    rows, columns = (np.arange(length) - length // 2 for length in size)
    return np.hypot(rows[:, None], columns)


def radii_and_angles(size):
    vertical, horizontal = frequencies(size)
    return np.hypot(vertical[:, None], horizontal), np.arctan2(vertical[:, None], horizontal)


@pytest.mark.parametrize("size", [(65, 65), (64, 81)])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_extent_of_a_gaussian_is_its_closed_form(size, share):
    deviation = np.array([3.0, 6.0, 8.0])
    impulses = np.exp(-(distances(size) ** 2) / (2 * deviation[:, None, None] ** 2))
    # Its energy within r is 1 - exp(-r² / deviation²).
    expected = deviation * np.sqrt(-np.log(1 - share))
    np.testing.assert_allclose(extent(impulses, share), expected, atol=0.35)


def test_a_shift_reaches_as_far_as_it_shifts():
    impulses = np.zeros((3, 9, 12))
    impulses[0, 4, 6] = impulses[1, 1, 10] = -2
    np.testing.assert_allclose(extent(impulses), [0, 5, 0])  # the last is 0 everywhere


def test_signals_reach_as_far_as_the_error_function_says():
    deviation, time = np.array([4.0, 9.0]), np.arange(101) - 50
    impulses = np.exp(-((time / deviation[:, None]) ** 2) / 2)
    expected = deviation * erfinv(0.9)  # of the energy, erf(r / deviation) lies within r
    np.testing.assert_allclose(extent(impulses, rank=1), expected, atol=0.6)


def test_all_of_a_flat_filter_reaches_to_the_corner():
    assert extent(np.full((6, 7), 0.1), 1) == pytest.approx(np.hypot(3, 3))


@pytest.mark.parametrize("size", [(7, 7), (12, 10), (6, 9), (31, 44), (1, 4)])
def test_the_radial_average_of_a_radial_line_is_that_line(size):
    radius, _ = radii_and_angles(size)
    radii, found = radial_average(np.stack([2 - radius, 1j * radius]))
    np.testing.assert_allclose(found, [2 - radii, radii], atol=1e-12)
    assert radii[0] == 0
    assert (np.diff(radii) > 0).all()
    assert radii[-1] <= np.sqrt(0.5)


def test_the_angular_average_of_a_function_of_direction_is_that_function():
    _, angle = radii_and_angles((96, 97))
    degrees, found = angular_average(1 + np.cos(2 * angle - 0.7))
    np.testing.assert_allclose(found, 1 + np.cos(2 * np.radians(degrees) - 0.7), atol=0.03)


def test_a_radial_function_passes_alike_in_every_direction():
    radius, _ = radii_and_angles((48, 65))
    band = np.exp(-(((radius - 0.2) / 0.08) ** 2))
    _, found = angular_average(band)
    # The mean of the Gaussian over radii up to 1/2, which cuts nothing off.
    np.testing.assert_allclose(found, 2 * 0.08 * np.sqrt(np.pi), atol=2e-3)


@pytest.mark.parametrize(("row", "column", "direction"), [(0, 3, 0), (3, 0, 90), (2, 2, 45)])
def test_a_wave_passes_in_its_own_direction(row, column, direction):
    wave = np.cos(2 * np.pi * (row * np.arange(16)[:, None] + column * np.arange(16)) / 16)
    plane = np.fft.fftshift(np.fft.fft2(wave))
    degrees, found = angular_average(plane)
    assert degrees[found.argmax()] == pytest.approx(direction)
    assert found.shape == degrees.shape


def test_half_of_the_power_passes_at_the_cut_offs():
    radii = np.linspace(0, 0.7, 200)
    low = 1 / np.sqrt(1 + (radii / 0.2) ** 4)
    np.testing.assert_allclose(half_power_radii(radii, low), [0.2], atol=1e-4)
    band = np.maximum(1 - np.abs(radii - 0.3) / 0.2, 0)
    width = 0.2 * (1 - np.sqrt(0.5))
    np.testing.assert_allclose(half_power_radii(radii, band), [0.3 - width, 0.3 + width], atol=2e-3)
    assert len(half_power_radii(radii, np.ones(200))) == 0
