"""Single numbers that are made of curves and spectra."""

import numpy as np
import pytest

from specnet.studies.robustness.pruning_curve import knee
from specnet.studies.robustness.spectra import median_radius


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ([0.5, 0.9, 0.9, 0.9], 1),
        ([0.5, 0.5, 0.9, 0.9, 0.9], 2),
        ([0.5, 0.8, 0.7, 0.82, 0.9], 1),
        ([0.9, 0.8, 0.7], None),
        ([0.5, 0.5, 0.5, 0.9], None),
        ([0.5, 0.9], None),
    ],
)
def test_a_knee_is_where_a_curve_stops_to_rise(values, place):
    assert knee(np.linspace(0, 1, len(values)), np.array(values)) == place


@pytest.mark.parametrize("size", [(8, 8), (9, 12), (12, 7)])
def test_half_of_the_power_of_a_plane_is_below_its_median_radius(size, rng):
    power = rng.random((size[0], size[1] // 2 + 1))
    power[(-np.arange(size[0])) % size[0], 0] = power[:, 0]
    whole = np.fft.fft2(np.fft.irfft2(power, s=size)).real  # numpy fills in the other half
    radii = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, size), indexing="ij"))
    found = median_radius(power, size)
    assert whole[radii < found - 1e-9].sum() < whole.sum() / 2
    assert whole[radii <= found + 1e-9].sum() >= whole.sum() / 2 - 1e-9
    assert median_radius(0 * power, size) is None
