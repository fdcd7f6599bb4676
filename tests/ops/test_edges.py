"""Edges of pass bands, against filters and windows of SciPy."""

import numpy as np
import pytest
from gradients import assert_gradient_is_right
from keras import ops
from scipy import integrate, signal, special

from specnet.ops.edges import Edge

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

RADII = np.array([0, 0.01, 0.11, 0.19, 0.21, 0.31, 0.5, 0.7, 0.86])


def gains(edge, cutoff, radii=RADII):
    return np.asarray(ops.convert_to_numpy(edge.gains(ops.convert_to_tensor(radii), cutoff)))


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("cutoff", [0.03, 0.2, 0.6])
def test_butterworth_is_scipys_analog_filter(order, cutoff):
    filter_ = signal.butter(order, cutoff, analog=True)
    expected = np.abs(signal.freqs(*filter_, worN=RADII)[1])
    found = gains(Edge("butterworth", order=order), cutoff)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_gaussian_loses_3_db_at_the_cutoff_and_four_times_that_an_octave_above():
    found = -20 * np.log10(gains(Edge("gaussian"), 0.2, np.array([0, 0.2, 0.4])))
    np.testing.assert_allclose(found, 10 * np.log10([1, 2, 16]), atol=1e-12)


@pytest.mark.parametrize(("transition", "attenuation"), [(0.1, 60), (0.05, 30), (0.3, 90)])
def test_kaiser_is_the_transform_of_a_windowed_sinc(transition, attenuation):
    length = (attenuation - signal.kaiser_atten(1, 0)) / (
        signal.kaiser_atten(2, 2 * transition) - signal.kaiser_atten(1, 0)
    )
    beta = signal.kaiser_beta(attenuation)

    def transform(radius, cutoff):
        def windowed(t):
            window = special.i0(beta * np.sqrt(1 - (2 * t / length) ** 2)) / special.i0(beta)
            return 4 * cutoff * np.sinc(2 * cutoff * t) * window * np.cos(2 * np.pi * radius * t)

        return integrate.quad(windowed, 0, length / 2, limit=500, epsabs=1e-13)[0]

    expected = np.array([transform(radius, 0.2) for radius in RADII]) / transform(0, 0.2)
    found = gains(Edge("kaiser", transition, attenuation=attenuation), 0.2)
    np.testing.assert_allclose(found, expected, atol=1e-11)


@pytest.mark.parametrize(
    ("transition", "attenuation"), [(0.1, 30), (0.1, 60), (0.1, 90), (0.01, 90)]
)
def test_kaiser_keeps_its_promise_beyond_the_edge(transition, attenuation):
    """To 1.5 dB: Kaiser's formulas are of long windows, and that of 30 dB is 15 pixels long."""
    radii = np.linspace(0.2 + transition / 2, 0.7, 400)
    found = gains(Edge("kaiser", transition, attenuation=attenuation), 0.2, radii)
    assert attenuation - 1.5 < -20 * np.log10(np.abs(found).max()) < attenuation + 3
    np.testing.assert_allclose(gains(Edge("kaiser", 0.1), 0.2, np.array([0.2])), 0.5, atol=2e-3)


@pytest.mark.parametrize(
    "edge", [Edge("butterworth", order=3), Edge("gaussian"), Edge("kaiser", 0.1)], ids=str
)
def test_gradients_by_the_cutoff_are_those_of_finite_differences(edge):
    radii = ops.convert_to_tensor(RADII)
    assert_gradient_is_right(lambda c: ops.sum(ops.square(edge.gains(radii, c))), np.array(0.17))


def test_the_steepest_butterworth_has_gradients_in_float32():
    """Where (r / c)^2n is no number: no NaN."""
    from gradients import symbolic_gradient

    radii = ops.convert_to_tensor(RADII, "float32")
    edge = Edge("butterworth", order=256)
    slope = symbolic_gradient(
        lambda c: ops.sum(edge.gains(radii, ops.cast(c, "float32"))), np.array(0.05, "float32")
    )
    assert np.isfinite(slope)
