"""Families with a place, a width or a band, against NumPy and SciPy."""

import numpy as np
import pytest
from gradients import symbolic_gradient
from keras import ops
from scipy.signal import butter, freqs
from scipy.stats import multivariate_normal

from specnet.ops.grids import signed_grid
from specnet.transfer.butterworth import butterworth
from specnet.transfer.difference_of_gaussians import difference_of_gaussians
from specnet.transfer.gabor import gabor
from specnet.transfer.gaussian import gaussian
from specnet.transfer.gaussian_mixture import gaussian_mixture
from specnet.transfer.log_gabor import log_gabor
from specnet.transfer.lorentzian import lorentzian
from specnet.transfer.polar import positive, raw
from specnet.transfer.sinc import sinc

pytestmark = [pytest.mark.backend, pytest.mark.usefixtures("float64")]

# The shapes of test_families.py: JAX compiles every operation anew for each.
K = 4
GRID = signed_grid(9, 10)
V, U = np.meshgrid(*GRID, indexing="ij")
R, ANGLE = np.hypot(V, U), np.arctan2(V, U)
FAMILIES = {
    "gaussian mixture": gaussian_mixture(2),
    "gabor": gabor(),
    "log-Gabor": log_gabor(),
    "difference of Gaussians": difference_of_gaussians(),
    "Butterworth": butterworth("band"),
    "Lorentzian": lorentzian(),
}
every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())


def values(family, parameters, grid=GRID):
    tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
    return np.asarray(ops.convert_to_numpy(family.response(tensors, *grid)))


def assert_close(found, expected):
    """Relative L2 error of 1e-12."""
    assert found.shape == expected.shape
    assert np.linalg.norm(found - expected) <= 1e-12 * np.linalg.norm(expected)


def each(function, *parameters):
    """The function of every filter of both parts, one at a time: (2, K, ...)."""
    return np.array(
        [[function(*(p[part, k] for p in parameters)) for k in range(K)] for part in range(2)]
    )


def normal(centre, covariance):
    """SciPy's normal density, 1 at its centre."""
    density = multivariate_normal(centre, covariance)
    return density.pdf(np.stack([V, U], axis=-1)) / density.pdf(centre)


def test_a_mixture_is_the_sum_of_normal_densities(rng):
    family = gaussian_mixture(2)
    parameters = family.initial(rng, K)
    # Unequal numbers for every bump.
    parameters["scale"] *= rng.uniform(1, 2, (2, K, 2))
    found = family.describe(parameters)

    def by_hand(centre, widths, correlation, scale):
        off = correlation * widths.prod(-1)
        covariance = [np.diag(w**2) + o * (1 - np.eye(2)) for w, o in zip(widths, off, strict=True)]
        return sum(s * normal(c, m) for s, c, m in zip(scale, centre, covariance, strict=True))

    names = ("centre v, u (cycles/pixel)", "width v, u (cycles/pixel)", "correlation", "scale")
    assert_close(values(family, parameters), each(by_hand, *(found[name] for name in names)))


def test_a_gabor_filter_is_a_wave_under_a_gaussian_window(rng):
    """The FFT of sampled waves, a cosine and a sine; neither window nor spectrum is cut off."""
    height, width = 80, 71
    y = np.fft.fftfreq(height, 1 / height)[:, None]
    x = np.fft.fftfreq(width, 1 / width)
    parameters = gabor().initial(rng, K)
    parameters |= {
        "frequency": raw(rng.uniform(0.06, 0.1, (2, K))),
        "widths": raw(rng.uniform(0.04, 0.05, (2, K, 2))),
        "orientation": rng.uniform(-np.pi, np.pi, (2, K)),
    }

    def window_and_wave(frequency, angle, widths, scale):
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        sigma = 1 / (2 * np.pi * positive(widths))
        window = np.exp(-((along / sigma[0]) ** 2 + (across / sigma[1]) ** 2) / 2)
        phase = 2 * np.pi * positive(frequency) * along
        return scale * window / (np.pi * sigma.prod()) * np.array([np.cos(phase), -np.sin(phase)])

    names = ("frequency", "orientation", "widths", "scale")
    waves = each(window_and_wave, *(parameters[name] for name in names))
    spectrum = np.fft.rfft2(waves[0, :, 0] + waves[1, :, 1])
    response = values(gabor(), parameters, signed_grid(height, width))
    assert_close(response, np.stack([spectrum.real, spectrum.imag]))


def log_gabor_by_hand(frequency, angle, bandwidth, spread, scale):
    with np.errstate(divide="ignore"):
        radial = np.exp(-(np.log(R / frequency) ** 2) / (2 * bandwidth**2))
    return scale * radial * np.exp((np.cos(2 * (ANGLE - angle)) - 1) / (4 * spread**2))


def test_log_gabor_is_gaussian_in_log_frequency_and_von_mises_in_angle(rng):
    parameters = log_gabor().initial(rng, K)
    by_hand = each(
        log_gabor_by_hand,
        positive(parameters["frequency"]),
        parameters["orientation"],
        positive(parameters["bandwidth"]),
        positive(parameters["spread"]),
        parameters["scale"],
    )
    assert_close(values(log_gabor(), parameters), by_hand)


def one(**parameters):
    """Parameters of a single function, the same in both parts."""
    return {name: np.array([[value], [value]]) for name, value in parameters.items()}


def test_log_gabor_is_exactly_0_at_dc_however_wide(rng):
    parameters = log_gabor().initial(rng, K)
    parameters["bandwidth"] = raw(np.array([[0.1, 1, 5, 20], [20, 0.05, 3, 100]]))
    response = values(log_gabor(), parameters)
    assert (response[..., 0, 0] == 0).all()
    assert np.isfinite(response).all()
    assert (response != 0).any((-2, -1)).all()


def test_log_gabor_falls_to_half_at_the_ends_of_its_bandwidth_and_narrow_angles_are_gaussian():
    parameters = one(
        frequency=raw(0.2), orientation=0.3, bandwidth=raw(0.4), spread=raw(0.02), scale=1.0
    )
    (octaves,) = log_gabor().describe(parameters)["bandwidth (octaves)"][0]
    (degrees,) = log_gabor().describe(parameters)["spread (degrees)"][0]

    def at(octave, turn):
        frequency, angle = 0.2 * 2**octave, 0.3 + np.radians(turn)
        place = np.array([frequency * np.sin(angle)]), np.array([frequency * np.cos(angle)])
        return values(log_gabor(), parameters, place)[0, 0, 0, 0]

    for side in (-1, 1):
        assert at(side * octaves / 2, 0) == pytest.approx(0.5, rel=1e-9)
        assert at(0, side * degrees) == pytest.approx(np.exp(-0.5), rel=1e-3)
    assert at(0, 180) == pytest.approx(1, rel=1e-9)


def test_difference_of_gaussians_is_centre_less_surround(rng):
    family = difference_of_gaussians()
    parameters = family.initial(rng, K)
    found = family.describe(parameters)

    def by_hand(widths, heights):
        centre, surround = (normal([0, 0], w**2 * np.eye(2)) for w in widths)
        return heights[0] * centre - heights[1] * surround

    names = ("width centre, surround (cycles/pixel)", "height centre, surround")
    assert_close(values(family, parameters), each(by_hand, *(found[name] for name in names)))


def test_equal_heights_of_centre_and_surround_pass_a_band_whatever_the_widths(rng):
    parameters = {"widths": rng.uniform(-8, 8, (2, K, 2)), "heights": np.full((2, K, 2), 1.5)}
    response = values(difference_of_gaussians(), parameters)
    assert (response[..., 0, 0] == 0).all()
    assert (response >= 0).all()


@pytest.mark.parametrize("band", ["low", "high", "band"])
def test_butterworth_has_the_magnitude_of_the_analogue_filter(band, rng):
    """Of whole orders; where the radius is the angular frequency, a band is low times high."""
    family = butterworth(band)
    parameters = family.initial(rng, K)
    orders = np.array([[1, 2, 5, 6], [4, 3, 1, 2]])
    parameters["order"] = raw(orders.astype(float))
    cutoffs = positive(parameters["cutoff"])
    upper = cutoffs + positive(parameters.get("bandwidth", np.zeros((2, K))))

    def magnitude(order, cutoff, kind):
        filtered = freqs(*butter(order, cutoff, kind, analog=True), R.ravel())[1]
        return np.abs(filtered).reshape(R.shape)

    def by_hand(order, cutoff, upper, scale):
        if band == "band":
            return scale * magnitude(order, cutoff, "high") * magnitude(order, upper, "low")
        return scale * magnitude(order, cutoff, band)

    expected = each(by_hand, orders, cutoffs, upper, parameters["scale"])
    assert_close(values(family, parameters), expected)


@pytest.mark.parametrize("band", ["low", "high", "band"])
def test_butterworth_describes_where_its_power_is_halved_and_its_order(band, rng):
    """Edges so steep that the other end of a band is far away."""
    family = butterworth(band, order=400.0)
    parameters = family.initial(rng, K) | {"scale": np.ones((2, K))}
    found = family.describe(parameters)
    np.testing.assert_allclose(found["order"], 400, rtol=1e-12)
    name = "cut-off low, high (cycles/pixel)" if band == "band" else "cut-off (cycles/pixel)"
    cutoffs = found[name].reshape(2, K, -1)
    assert (np.diff(cutoffs) > 0).all()
    for part, k, edge in np.ndindex(cutoffs.shape):
        place = np.array([0.0]), cutoffs[part, k, [edge]]
        assert values(family, parameters, place)[part, k] == pytest.approx(np.sqrt(0.5), rel=1e-9)


@pytest.mark.parametrize("band", ["low", "high", "band"])
def test_butterworth_never_overflows(band, rng):
    """Where the power is beyond float64, and its gradient would be infinity times 0."""
    family = butterworth(band)
    parameters = {name: rng.uniform(-30, 90, (2, K)) for name in family.shapes}
    parameters["scale"] = np.ones((2, K))
    response = values(family, parameters)
    assert ((response >= 0) & (response <= 1)).all()

    tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
    for name, value in parameters.items():
        gradient = symbolic_gradient(
            lambda x, name=name: ops.sum(family.response(tensors | {name: x}, *GRID)), value
        )
        assert np.isfinite(gradient).all(), name


def test_lorentzian_is_one_over_one_plus_the_squared_distance(rng):
    family = lorentzian()
    parameters = family.initial(rng, K)
    found = family.describe(parameters)

    def by_hand(centre, half_widths, scale):
        distance = ((V - centre[0]) / half_widths[0]) ** 2 + ((U - centre[1]) / half_widths[1]) ** 2
        return scale / (1 + distance)

    names = ("centre v, u (cycles/pixel)", "half width v, u (cycles/pixel)", "scale")
    assert_close(values(family, parameters), each(by_hand, *(found[name] for name in names)))


def test_lorentzian_is_half_as_high_at_its_half_widths():
    centre, half_widths = np.array([-0.2, 0.3]), np.array([0.05, 0.12])
    parameters = one(centre=centre, half_widths=raw(half_widths), scale=2.0)
    for place, height in [([0, 0], 2), ([1, 0], 1), ([0, -1], 1), ([-1, 1], 2 / 3)]:
        v, u = centre + place * half_widths
        response = values(lorentzian(), parameters, (np.array([v]), np.array([u])))
        np.testing.assert_allclose(response, height, rtol=1e-9)


STARTS = {
    "Gaussian": (gaussian(), "width v, u (cycles/pixel)", [0.1, 0.3]),
    "Lorentzian": (lorentzian(), "half width v, u (cycles/pixel)", [0.05, 0.2]),
    "sinc": (sinc(), "window height, width (pixels)", [1.5, 6]),
}


@pytest.mark.parametrize(("family", "name", "ends"), STARTS.values(), ids=STARTS.keys())
def test_functions_start_all_over_the_half_plane_and_neither_narrow_nor_wide(
    family, name, ends, rng
):
    told = family.describe(family.initial(rng, 500))
    centres = told["centre v, u (cycles/pixel)"]
    np.testing.assert_allclose(centres.min((0, 1)), [-0.5, 0], atol=0.01)
    np.testing.assert_allclose(centres.max((0, 1)), [0.5, 0.5], atol=0.01)
    np.testing.assert_allclose([told[name].min(), told[name].max()], ends, rtol=0.02)


@every_family
def test_single_precision_loses_no_more_than_rounding(family, rng):
    parameters = family.unit_gain(rng, K, 1, GRID)
    single = {name: value.astype("float32") for name, value in parameters.items()}
    expected = values(family, {name: value.astype("float64") for name, value in single.items()})
    found = values(family, single)
    assert found.dtype == "float32"
    assert np.linalg.norm(found - expected) <= 1e-6 * np.linalg.norm(expected)
