"""Laws of the wavelet transforms, against PyWavelets and NumPy."""

from functools import cache

import keras
import numpy as np
import pytest
import pywt
from gradients import assert_gradient_is_right
from keras import ops

from specnet.ops.wavelets import analyse, check_wavelet, dwt2, idwt2, synthesise

pytestmark = pytest.mark.backend

EVERY = pywt.wavelist(kind="discrete")
# The filters of dmey are cut off: it is neither orthogonal nor inverted but to 0.4 %.
EXACT = [name for name in EVERY if name != "dmey"]
ORTHOGONAL = [name for name in EXACT if pywt.Wavelet(name).orthogonal]
TABLES = 1e-10  # what the tables of PyWavelets are worth; sym20 has 2e-11

# Of 6 x 10 pixels: shorter than most filters, which are wound around it up to seventeen times.
IMAGES, BANDS = (
    np.random.default_rng(3).normal(size=size) for size in [(1, 6, 10, 2), (4, 1, 3, 5, 2)]
)


def thinned(cases, step):
    """All of them; on JAX, which compiles every operation for every size, each `step`-th."""
    return list(cases)[:: 1 if keras.backend.backend() == "tensorflow" else step]


def numpy_of(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def bands_of(images, wavelet):
    """(4, B, h, w, C)"""
    return np.stack([numpy_of(band) for band in dwt2(images, wavelet)])


@cache
def bands_of_the_images(wavelet):
    return bands_of(IMAGES, wavelet)


@cache
def images_of_the_bands(wavelet):
    return numpy_of(idwt2(BANDS, wavelet, (6, 10)))


def bands_by_pywt(images, wavelet):
    low, details = pywt.dwt2(images, wavelet, mode="periodization", axes=(1, 2))
    return np.stack([low, *details])


def images_by_pywt(bands, wavelet, size):
    images = pywt.idwt2((bands[0], bands[1:]), wavelet, mode="periodization", axes=(1, 2))
    return images[:, : size[0], : size[1]]


@pytest.mark.parametrize("wavelet", EVERY)
def test_every_wavelet_agrees_with_pywavelets(wavelet):
    expected = images_by_pywt(BANDS, wavelet, (6, 10))
    assert relative(bands_of_the_images(wavelet), bands_by_pywt(IMAGES, wavelet)) < 1e-12
    assert relative(images_of_the_bands(wavelet), expected) < 1e-12


LONG = ["bior6.8", "sym20", "dmey", "db38", "coif17"]  # 18, 40, 62, 76 and 102 taps


# One pixel, odd, even; shorter and longer than the filters.
@pytest.mark.parametrize(
    ("length", "wavelets"), [(1, EVERY[::5]), (5, EVERY[::2]), (8, EVERY[1::2]), (105, LONG)]
)
def test_an_axis_is_split_and_joined_as_by_pywavelets(length, wavelets, rng):
    x, bands = rng.normal(size=(2, length)), rng.normal(size=(2, 2, (length + 1) // 2))
    for wavelet in thinned(wavelets, 5):
        found = [numpy_of(band) for band in analyse(x, wavelet, axis=1)]
        expected = np.stack(pywt.dwt(x, wavelet, mode="periodization"))
        assert relative(np.stack(found), expected) < 1e-12, wavelet
        joined = numpy_of(synthesise(*bands, wavelet, axis=1, length=length))
        expected = pywt.idwt(*bands, wavelet, mode="periodization")[:, :length]
        assert relative(joined, expected) < 1e-12, wavelet


def test_any_axis_can_be_split_and_joined(rng):
    x = rng.normal(size=(5, 6, 4))
    for axis, length in enumerate(x.shape):
        bands = [numpy_of(band) for band in analyse(x, "bior2.2", axis)]
        expected = pywt.dwt(x, "bior2.2", mode="periodization", axis=axis)
        np.testing.assert_allclose(bands, expected, atol=1e-12)
        joined = synthesise(*bands, "bior2.2", axis, length)
        np.testing.assert_allclose(numpy_of(joined), x, atol=1e-11)


def test_both_ways_keep_single_precision_and_its_accuracy(rng):
    images = rng.normal(size=(2, 13, 13, 3)).astype("float32")
    bands = bands_of(images, "sym3")
    back = numpy_of(idwt2(bands, "sym3", (13, 13)))
    assert bands.dtype == back.dtype == "float32"
    assert relative(bands, bands_by_pywt(images.astype("float64"), "sym3")) < 1e-6
    assert relative(back, images) < 1e-6


def test_images_come_back_from_every_wavelet():
    for wavelet in EVERY:
        back = numpy_of(idwt2(bands_of_the_images(wavelet), wavelet, (6, 10)))
        assert relative(back, IMAGES) < (TABLES if wavelet in EXACT else 0.01), wavelet


def test_images_come_back_at_every_size(rng):
    """Of an orthogonal wavelet, and of one that is not."""
    for height in thinned(range(1, 21), 10):
        size = height, (7 * height + 1) % 20 + 1
        images = rng.normal(size=(1, *size, 2))
        for wavelet in ("db2", "bior2.2"):
            back = numpy_of(idwt2(dwt2(images, wavelet), wavelet, size))
            assert relative(back, images) < TABLES, (wavelet, size)


def test_orthogonal_wavelets_keep_the_energy_at_even_sizes():
    """Parseval."""
    for wavelet in ORTHOGONAL:
        energy = np.square(bands_of_the_images(wavelet)).sum()
        assert energy == pytest.approx(np.square(IMAGES).sum(), rel=TABLES), wavelet


def test_the_inverse_of_an_orthogonal_wavelet_is_its_adjoint():
    for wavelet in ORTHOGONAL:
        there = np.sum(bands_of_the_images(wavelet) * BANDS)
        back = np.sum(IMAGES * images_of_the_bands(wavelet))
        assert there == pytest.approx(back, abs=TABLES), wavelet


def test_a_shift_by_two_pixels_shifts_the_bands_by_one():
    shifted = np.roll(IMAGES, (2, -4), (1, 2))
    for wavelet in ("haar", "db2", "rbio3.1"):
        expected = np.roll(bands_of_the_images(wavelet), (1, -2), (2, 3))
        np.testing.assert_allclose(bands_of(shifted, wavelet), expected, atol=1e-12)


def test_letters_name_the_band_from_left_to_right_and_then_from_top_to_bottom():
    """Vertical stripes change from left to right alone."""
    stripes = np.tile([1.0, -1.0], (1, 4, 2))[..., None]
    ll, lh, hl, hh = bands_of(stripes, "haar")
    np.testing.assert_allclose([ll, lh, hh], 0, atol=1e-12)
    np.testing.assert_allclose(np.abs(hl), 2)


@pytest.mark.parametrize(("wavelet", "length"), [("db2", 7), ("bior2.2", 10), ("rbio2.2", 3)])
@pytest.mark.usefixtures("float64")
def test_gradients_are_those_of_finite_differences(wavelet, length, rng):
    """Of filters that fit the axis, and of one that is wound around it."""
    bands = rng.normal(size=(2, 2, (length + 1) // 2))

    def there(x):
        return ops.sum(ops.power(ops.stack(analyse(x, wavelet, axis=1)), 3))

    def back(bands):
        return ops.sum(ops.power(synthesise(bands[0], bands[1], wavelet, 1, length), 3))

    assert_gradient_is_right(there, rng.normal(size=(2, length)))
    assert_gradient_is_right(back, bands)


@pytest.mark.parametrize("length", [6, 9])
def test_bands_of_another_length_are_refused(length):
    band = np.zeros((1, 4))
    with pytest.raises(ValueError, match=f"bands of 4 belong to 7 or 8 samples, found {length}"):
        synthesise(band, band, "haar", 1, length)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("harr", "unknown wavelet 'harr'; did you mean 'haar'.*wavelist.* lists them all"),
        ("Haar", "did you mean 'haar'"),
        ("xylophone", r"unknown wavelet 'xylophone'\. pywt.wavelist.* lists them all"),
        ("morl", "'morl' is continuous and has no filters; expected a discrete wavelet"),
        (2, "unknown wavelet 2"),
        (["haar"], r"unknown wavelet \['haar'\]"),
    ],
)
def test_names_that_are_no_discrete_wavelets_are_explained(name, message):
    with pytest.raises(ValueError, match=message):
        check_wavelet(name)
