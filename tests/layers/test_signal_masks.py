"""Laws of pass bands and of dropout of frequencies at ranks 1 and 3, against NumPy and SciPy."""

import numpy as np
import pytest
from keras import ops
from scipy import signal, special

from specnet import layers

pytestmark = pytest.mark.backend

SIZES = [(8,), (1,), (3, 4, 5), (3, 1, 6)]
every_size = pytest.mark.parametrize("size", SIZES, ids=str)


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def layer_of(name, size, *arguments, **others):
    """A layer of the rank of `size`, which is told the parity of its width."""
    kind = getattr(layers, f"{name}{len(size)}D")
    return kind(*arguments, odd_width=size[-1] % 2 == 1, **others)


def spectra(signals):
    """(B, ..., C) -> complex (B, C, ..., U)."""
    axes = range(2, signals.ndim)
    return np.fft.rfftn(np.moveaxis(signals, -1, 1), axes=tuple(axes))


def planes(z):
    return np.stack([z.real, z.imag], axis=1)


def radii(size):
    return np.linalg.norm(np.meshgrid(*map(np.fft.fftfreq, size), indexing="ij"), axis=0)


def half(plane, size):
    return plane[..., : size[-1] // 2 + 1]


def butterworth(r, cutoff):
    filter_ = signal.butter(2, cutoff, analog=True)
    return np.abs(signal.freqs(*filter_, worN=r.ravel())[1]).reshape(r.shape)


GAINS = {
    "smooth": lambda r, c: special.betainc(2, 2, np.clip((c + 0.05 - r) / 0.1, 0, 1)),
    "brick": lambda r, c: (r <= c + 1e-9).astype(float),
    "butterworth": butterworth,
    "gaussian": lambda r, c: 2 ** (-((r / c) ** 2) / 2),
}


@every_size
@pytest.mark.parametrize("edge", GAINS)
@pytest.mark.usefixtures("float64")
def test_what_passes_is_what_scipys_gains_leave_of_numpys_spectrum(edge, size, rng):
    signals, axes = rng.normal(size=(2, *size, 2)), tuple(range(1, len(size) + 1))
    gains, r = GAINS[edge], radii(size)

    def filtered(mask):
        return np.fft.ifftn(np.fft.fftn(signals, axes=axes) * mask[..., None], axes=axes).real

    low = filtered(gains(r, 0.2))
    wanted = {
        ("LowPass", 0.2): low,
        ("HighPass", 0.2): signals - low,
        ("BandPass", 0.2, 0.4): filtered(gains(r, 0.4) - gains(r, 0.2)),
    }
    for given, expected in wanted.items():
        name, *cutoffs = given
        layer = layer_of(name, size, *cutoffs, edge=edge, learnable=edge == "butterworth")
        np.testing.assert_allclose(numpy_of(layer(signals)), expected, atol=1e-12)
        assert layer.compute_output_shape(signals.shape) == signals.shape
        again = layer_of(name, size, *cutoffs, edge=edge)(planes(spectra(signals)))
        np.testing.assert_allclose(numpy_of(again), planes(spectra(expected)), atol=1e-11)


@pytest.mark.usefixtures("float64")
def test_an_ideal_low_pass_is_scipys_resampling_there_and_back(rng):
    signals = rng.normal(size=(2, 20, 3))
    shorter = signal.resample(signals, 9, axis=1)  # keeps bins 0 to 4 of 20
    expected = signal.resample(shorter, 20, axis=1)
    found = numpy_of(layers.LowPass1D(4 / 20, edge="brick")(signals))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_corner_of_the_frequencies_of_volumes_can_be_a_cutoff():
    volumes = np.random.default_rng(1).normal(size=(1, 4, 4, 4, 1)).astype("float32")
    kept = layers.LowPass3D(0.75**0.5, edge="brick")(volumes)
    np.testing.assert_allclose(numpy_of(kept), volumes, atol=1e-6)
    dropouts = layers.FrequencyDropout1D(), layers.FrequencyDropout3D()  # may keep all
    assert [each.high for each in dropouts] == [0.5, 0.75**0.5]
    with pytest.raises(
        ValueError, match=r"cutoff: expected cycles/voxel .* at most 0\.8660, found 0\.9"
    ):
        layers.LowPass3D(0.9)
    with pytest.raises(
        ValueError, match=r"cutoff: expected cycles/sample .* at most 0\.5000, found 0\.6"
    ):
        layers.LowPass1D(0.6)


def test_cutoffs_are_told_in_cycles_a_sample():
    layer = layers.LowPass1D(0.2, edge="gaussian")
    layer.build((None, 8, 1))
    (cutoff, told), (attenuation, decibels) = layer.learned().items()
    assert (cutoff, attenuation[:11]) == ("cut-off (cycles/sample)", "attenuation")
    np.testing.assert_allclose([told[0], *decibels], [0.2, 3.01, 12.04], atol=0.01)


DROPOUTS = [
    ("FrequencyDropout", {"low": 0.0, "high": 0.5}),
    ("SpectralDropout", {"rate": 0.4}),
]
every_dropout = pytest.mark.parametrize(("name", "arguments"), DROPOUTS)


@every_size
@every_dropout
def test_signals_lose_what_their_spectra_lose_and_nothing_at_inference(name, arguments, size, rng):
    """NumPy's spectrum of the output is the masked one: so the masks are symmetric."""
    signals = rng.normal(size=(3, *size, 2)).astype("float32")
    spectrum = planes(spectra(signals)).astype("float32")
    in_space, of_spectra = (layer_of(name, size, seed=4, **arguments) for _ in range(2))
    found = spectra(numpy_of(in_space(signals, training=True)).astype("float64"))
    expected = numpy_of(of_spectra(spectrum, training=True))
    np.testing.assert_allclose(planes(found), expected, atol=2e-5)
    np.testing.assert_array_equal(numpy_of(in_space(signals)), signals)


def masks(layer, size, count):
    """The masks (B, C, ..., U) that a layer draws: what it leaves of spectra of ones."""
    ones = np.ones((count, 2, 2, *size[:-1], size[-1] // 2 + 1), "float32")
    return numpy_of(layer(ones, training=True))[:, 0]


REGIONS = [
    ((9,), {}, 2),
    ((3, 4, 6), {"region": "ball"}, 2),
    ((3, 4, 6), {"region": "cube"}, np.inf),
]


@pytest.mark.parametrize(("size", "region", "norm"), REGIONS, ids=str)
def test_a_frequency_is_kept_as_often_as_the_radius_exceeds_it(size, region, norm):
    """Bands of signals, balls and cubes of volumes; the same for all channels."""
    found = masks(layer_of("FrequencyDropout", size, 0.1, 0.45, seed=8, **region), size, 3000)
    assert set(np.unique(found)) <= {0, 1}
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    grid = np.meshgrid(*map(np.fft.fftfreq, size), indexing="ij")
    distances = half(np.linalg.norm(np.stack(grid), ord=norm, axis=0), size)
    expected = np.clip((0.45 - distances) / 0.35, 0, 1)
    # The standard error of a frequency of 3000 draws is at most 0.009.
    np.testing.assert_allclose(found[:, 0].mean(0), expected, atol=0.04)
    order = np.argsort(distances, axis=None)
    assert (np.diff(found[:, 0].reshape(3000, -1)[:, order], axis=1) <= 0).all()


@pytest.mark.parametrize("size", [(8,), (4, 3, 6)], ids=str)
def test_spectral_dropout_keeps_the_expectation_and_drops_bins_with_their_mirror_images(size):
    found = masks(layer_of("SpectralDropout", size, 0.25, seed=7), size, 1500)
    np.testing.assert_allclose(np.unique(found), [0, 1 / 0.75], rtol=1e-6)
    # The standard error of a mean of 3000 is at most 0.011.
    np.testing.assert_allclose(found.mean((0, 1)), 1, atol=0.06)
    rows = [-np.arange(length) % length for length in size[:-1]]
    for column in (0, size[-1] // 2):
        own = found[..., column]
        np.testing.assert_array_equal(own, own[(slice(None), slice(None), *np.ix_(*rows))])
    inner = found[..., 1:-1].reshape(3000, -1)
    if inner.shape[1] > 3:
        correlation = np.corrcoef(inner.T) - np.eye(inner.shape[1])
        assert np.abs(correlation).max() < 0.1  # the standard error is 0.018
