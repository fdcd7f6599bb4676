"""Laws of resampling by the spectrum, against SciPy and full transforms of NumPy."""

import itertools

import keras
import numpy as np
import pytest
from gradients import assert_gradient_is_right, symbolic_gradient
from keras import ops
from scipy import signal

from specnet.ops.resampling import resample, stride_gains, strided_size, tapers

pytestmark = pytest.mark.backend

# (H, W) -> (h, w): odd, even, N = 2 mod 4, prime; both axes shrink, both grow, one of each.
CHANGES = [
    ((12, 10), (6, 5)), ((15, 13), (8, 6)), ((9, 14), (7, 7)), ((6, 5), (12, 10)),
    ((7, 6), (8, 11)), ((8, 9), (5, 12)), ((10, 7), (13, 2)), ((6, 10), (6, 4)), ((2, 2), (1, 1)),
    ((1, 4), (4, 1)),
]  # fmt: skip
every_change = pytest.mark.parametrize(
    ("size", "to"), CHANGES, ids=lambda size: f"{size[0]}x{size[1]}"
)


def thinned(cases, step):
    """All of them; on JAX, which compiles every operation for every size, each `step`-th."""
    return list(cases)[:: 1 if keras.backend.backend() == "tensorflow" else step]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def by_scipy(x, to):
    return signal.resample(signal.resample(x, to[0], axis=-2), to[1], axis=-1)


def resampled(x, to, norm="backward"):
    spectrum = np.fft.rfft2(x, norm=norm)
    real, imaginary = resample(spectrum.real, spectrum.imag, x.shape[-2:], to, norm)
    return np.fft.irfft2(numpy_of(real) + 1j * numpy_of(imaginary), to, norm=norm)


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def low_pass(x, length, axis):
    """What `length` pixels can tell: of the two bins at an even length's Nyquist frequency, their
    mean."""
    spectrum = np.moveaxis(np.fft.fft(x, axis=axis), axis, 0)
    if length < len(spectrum):
        frequency = np.rint(np.fft.fftfreq(len(spectrum)) * len(spectrum)).astype(int)
        spectrum[2 * abs(frequency) > length] = 0
        if length % 2 == 0:
            edge = [length // 2, -length // 2]
            spectrum[edge] = spectrum[edge].mean(0)
    return np.fft.ifft(np.moveaxis(spectrum, 0, axis), axis=axis).real


def test_all_sizes_agree_with_scipy(rng):
    """Every pair of heights up to 16, and with them widths that differ."""
    for height, to in thinned(itertools.product(range(1, 17), range(1, 17)), 43):
        size = height, (7 * height + 5 * to) % 16 + 1
        after = to, (11 * height + 3 * to) % 16 + 1
        x = rng.normal(size=size)
        assert relative(resampled(x, after), by_scipy(x, after)) < 1e-12, (size, after)


def test_means_and_constants_survive_at_every_smaller_size(rng):
    """From every size of 2 to 32, each axis to another smaller one."""
    for number, (to, height) in enumerate(thinned(itertools.combinations(range(2, 33), 2), 100)):
        width = 2 + (height + number) % 31
        after = to, 2 + number % (width - 1)
        x = np.stack([rng.normal(size=(height, width)), np.full((height, width), 3.0)])
        random, constant = resampled(x, after)
        assert random.mean() == pytest.approx(x[0].mean(), abs=1e-12), (height, width, after)
        np.testing.assert_allclose(constant, 3, atol=1e-12)


@pytest.mark.parametrize(("size", "to"), CHANGES[3:5])
@pytest.mark.parametrize("norm", ["ortho", "forward"])
def test_spectra_of_every_norm_belong_to_the_same_image(size, to, norm, rng):
    x = rng.normal(size=(2, *size))
    assert relative(resampled(x, to, norm), by_scipy(x, to)) < 1e-12


@every_change
def test_the_result_belongs_to_a_real_image(size, to, rng):
    spectrum = np.fft.rfft2(rng.normal(size=size))
    real, imaginary = map(numpy_of, resample(spectrum.real, spectrum.imag, size, to))
    found = real + 1j * imaginary
    np.testing.assert_allclose(np.fft.rfft2(np.fft.irfft2(found, to)), found, atol=1e-12)


@every_change
def test_there_and_back_is_an_ideal_low_pass(size, to, rng):
    x = rng.normal(size=size)
    expected = low_pass(low_pass(x, to[0], 0), to[1], 1)
    np.testing.assert_allclose(resampled(resampled(x, to), size), expected, atol=1e-12)


@every_change
def test_a_band_limited_image_loses_nothing(size, to, rng):
    """Its power a pixel stays (Parseval), and it comes back."""
    # Odd, so that no bin is at a Nyquist frequency of either size.
    band = [min(pair) - 1 + min(pair) % 2 for pair in zip(size, to, strict=True)]
    x = low_pass(low_pass(rng.normal(size=size), band[0], 0), band[1], 1)
    small = resampled(x, to)
    assert np.square(small).mean() == pytest.approx(np.square(x).mean(), rel=1e-12)
    np.testing.assert_allclose(resampled(small, size), x, atol=1e-12)


@pytest.mark.parametrize(("size", "to"), [((15, 13), (7, 5)), ((9, 11), (5, 7))])
def test_growing_is_the_adjoint_of_shrinking(size, to, rng):
    """At odd sizes, up to the ratio of the numbers of pixels."""
    x, y = rng.normal(size=size), rng.normal(size=to)
    shrunk, grown = np.sum(resampled(x, to) * y), np.sum(x * resampled(y, size))
    assert shrunk == pytest.approx(grown * np.prod(to) / np.prod(size), rel=1e-12)


@pytest.mark.parametrize(("size", "to"), [((12, 15), (6, 5)), ((12, 14), (4, 7))])
def test_a_shift_by_whole_pixels_of_the_result_shifts_it(size, to, rng):
    x = rng.normal(size=size)
    steps = size[0] // to[0], size[1] // to[1]
    shifted = resampled(np.roll(x, (2 * steps[0], -steps[1]), (0, 1)), to)
    np.testing.assert_allclose(shifted, np.roll(resampled(x, to), (2, -1), (0, 1)), atol=1e-12)


def test_tapers_are_what_they_are_called():
    """At r = 0, 1/2 and 1 of the band of 8 x 8 pixels."""
    for gains in zip(
        *(tapers(edge, (16, 20), (8, 8)) for edge in ("hamming", "cosine")), strict=True
    ):
        np.testing.assert_allclose(gains[0][::2], [1, 0.54, 0.08], atol=1e-12)
        np.testing.assert_allclose(gains[1], [1, 1, 1, 0.5, 0], atol=1e-12)


def test_an_axis_that_keeps_its_size_has_no_taper():
    assert tapers("brick", (16, 20), (8, 8)) == (None, None)
    for edge in ("hamming", "cosine"):
        assert tapers(edge, (7, 7), (7, 9)) == (None, None)
        rows, columns = tapers(edge, (9, 8), (7, 8))
        assert (len(rows), columns) == (4, None)
        rows, columns = tapers(edge, (8, 9), (11, 7))
        assert (rows, len(columns)) == (None, 4)


def mask_of_the_paper(stride, length, smoothness):
    """{n: gain} of the bins of one axis (Riad et al. 2022, eq. 2)."""
    bins = range(-((length - 1) // 2), length // 2 + 1)
    return {
        n: min(max((smoothness + length / (2 * stride) - abs(n)) / smoothness, 0), 1) for n in bins
    }


@pytest.mark.parametrize(
    ("size", "strides", "smoothness"),
    [((16, 13), (2.3, 1.7), 2.0), ((9, 20), (4.0, 2.5), 1.0), ((12, 7), (1.0, 1.9), 4.0),
     ((7, 8), (0.5, 99.0), 0.7)],
)  # fmt: skip
def test_the_mask_is_that_of_the_paper(size, strides, smoothness):
    to = strided_size(strides, size, smoothness)
    gains = stride_gains(ops.convert_to_tensor(np.array(strides)), size, to, smoothness)
    axes = [
        mask_of_the_paper(min(max(stride, 1), length), length, smoothness)
        for stride, length in zip(strides, size, strict=True)
    ]
    for length, axis, gain in zip(to, axes, gains, strict=True):
        assert length == sum(gain > 0 for gain in axis.values())
        expected = [axis[n] for n in range(length // 2 + 1)]
        np.testing.assert_allclose(numpy_of(gain), expected, atol=1e-12)


@pytest.mark.usefixtures("float64")
def test_gradients_of_the_mask_are_those_of_finite_differences(rng):
    weights = [ops.convert_to_tensor(rng.normal(size=n)) for n in (7, 5)]

    def loss(strides):
        gains = stride_gains(strides, (20, 9), (13, 9), 2.0)
        return sum(ops.sum(w * gain) for w, gain in zip(weights, gains, strict=True))

    assert_gradient_is_right(loss, np.array([2.3, 1.7]))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("stride", "smoothness", "bins"),
    [(1, 4, (0, 0)), (1, 0.7, (0, 0)), (0.9, 4, (0, 0)), (2, 4, (3, 3)), (12, 4, (4, 4))],
)
def test_only_bins_on_the_ramp_have_a_slope(stride, smoothness, bins):
    """-N / (2 S^2 R) each: none where the ramp begins, at bins 4 and 3 for a stride of 2."""
    size, strides = np.array([16, 12]), np.full(2, float(stride))
    to = strided_size(strides, size, smoothness)
    found = symbolic_gradient(
        lambda s: sum(map(ops.sum, stride_gains(s, size, to, smoothness))), strides
    )
    expected = -size / (2 * strides**2 * smoothness) * bins
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)
