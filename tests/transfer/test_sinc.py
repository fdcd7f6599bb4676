"""The family `sinc`: means over boxes of pixels, against numerical integration."""

import numpy as np
import pytest
from keras import ops
from scipy.integrate import quad

from specnet.transfer.polar import raw
from specnet.transfer.sinc import sinc

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]


def response(centre, extents, grid):
    parameters = {"centre": centre, "extents": raw(np.array(extents)), "scale": 1.0}
    tensors = {
        name: ops.convert_to_tensor(np.broadcast_to(value, (2, 1, *np.shape(value))))
        for name, value in parameters.items()
    }
    return ops.convert_to_numpy(sinc().response(tensors, *grid))[0, 0]


def mean_of_waves(frequency, extent):
    """The mean of cos(2π f y) over `extent` pixels around 0."""
    return quad(lambda y: np.cos(2 * np.pi * frequency * y), -extent / 2, extent / 2)[0] / extent


def test_it_is_the_mean_of_waves_over_a_box():
    v, u, (height, width) = np.linspace(-0.5, 0.5, 7), np.linspace(0, 0.5, 5), (2.5, 7.0)
    rows = [mean_of_waves(f, height) for f in v]
    columns = [mean_of_waves(f, width) for f in u]
    found = response((0.0, 0.0), (height, width), (v, u))
    np.testing.assert_allclose(found, np.outer(rows, columns), atol=1e-12)


def test_its_centre_is_where_the_mean_would_be():
    found = response((0.25, 0.125), (3.0, 4.0), (np.array([0.25, -0.1]), np.array([0.125, 0.375])))
    assert found[0, 0] == 1
    np.testing.assert_allclose(found[0, 1], 0, atol=1e-15)  # 1/4 cycle/pixel from it, 4 pixels wide
    np.testing.assert_allclose(found[1, 0], mean_of_waves(0.35, 3.0), atol=1e-12)


def test_near_its_centre_it_is_as_exact_as_numpys():
    v = np.array([0, 1e-5, 1e-4, 3e-4, 5e-4])  # cycles/pixel; a series below 4e-4
    found = response((0.0, 0.0), (2.5, 1.0), (v, np.zeros(1)))[:, 0]
    np.testing.assert_allclose(found, np.sinc(2.5 * v), rtol=0, atol=1e-15)
