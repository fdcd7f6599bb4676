"""Pass bands and basis noises, against whole spectra of NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_classifier import grey_images, linear_classifier

from specnet.robustness import Bands, Heatmap, Measured, bands, error_map, radial_errors
from specnet.robustness.band_study import low_passed
from specnet.robustness.heatmap_study import basis_noise

SIDES = st.integers(1, 14)


def radii_of(height, width):
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))


@settings(max_examples=30)
@given(height=SIDES, width=SIDES, radius=st.floats(0, 0.75))
def test_low_and_high_frequencies_add_up_to_the_image_and_do_not_overlap(height, width, radius):
    images = np.random.default_rng(0).random((2, height, width, 3))
    low = low_passed(images, radius)
    kept = (radii_of(height, width) <= radius + 1e-6)[:, :, None]
    whole, found = (np.fft.fft2(each, axes=(1, 2)) for each in (images, low))
    np.testing.assert_allclose(found, whole * kept, atol=1e-9)
    np.testing.assert_allclose(np.fft.fft2(images - low, axes=(1, 2)), whole * ~kept, atol=1e-9)


@pytest.mark.backend
def test_the_widest_band_shows_the_image_and_the_narrowest_its_mean():
    classifier, _, _ = linear_classifier((9, 8, 3), 3)
    images = grey_images(20, (9, 8, 3))
    labels = classifier.predict(images)
    found = bands(classifier, images, labels, radii=(0, 0.8))
    counts = {(m.setting["band"], m.setting["radius"]): m.count.right for m in found}
    means = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    assert counts["low", 0.8] == 20
    assert counts["low", 0] == np.sum(classifier.predict(means) == labels)
    assert counts["high", 0] == np.sum(classifier.predict(images - means) == labels)
    assert counts["high", 0.8] == np.sum(classifier.predict(0 * images) == labels)


@settings(max_examples=30)
@given(height=SIDES, width=SIDES, row=st.integers(-7, 7), column=st.integers(0, 7))
def test_basis_noise_is_one_real_wave_of_norm_1(height, width, row, column):
    noise = basis_noise((height, width), (row / height, column / width))
    spectrum = np.fft.fft2(noise)
    places = {(row % height, column % width), (-row % height, -column % width)}
    expected = np.zeros((height, width))
    for place in places:
        expected[place] = np.sqrt(height * width / len(places))
    assert np.isrealobj(noise)
    np.testing.assert_allclose(np.linalg.norm(noise), 1)
    np.testing.assert_allclose(spectrum, expected, atol=1e-9)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (6, 5)])
def test_the_finest_heat_map_has_each_pair_of_bins_once(size):
    settings = Heatmap(levels=4).settings(size)
    bins = [(round(s["vertical"] * size[0]), round(s["horizontal"] * size[1])) for s in settings]
    pairs = {frozenset([(v % size[0], u % size[1]), (-v % size[0], -u % size[1])]) for v, u in bins}
    every = {
        frozenset([(v, u), (-v % size[0], -u % size[1])])
        for v in range(size[0])
        for u in range(size[1])
    }
    assert len(bins) == len(pairs)
    assert pairs == every


def test_a_heat_map_begins_with_a_coarse_one():
    coarse, fine = (Heatmap(levels=levels).settings((150, 150)) for levels in (2, 4))
    assert fine[: len(coarse)] == coarse
    assert len(fine) > 10 * len(coarse)
    assert coarse[0]["norm"] == pytest.approx(15.7 * 150 / 224, rel=1e-6)


@pytest.mark.backend
def test_a_wave_fools_a_linear_model_where_its_filter_is():
    classifier, weights, _ = linear_classifier((8, 8, 1))
    rows, columns = np.mgrid[:8, :8]
    wave = np.cos(2 * np.pi * (2 * rows + columns) / 8)
    weights = np.stack([wave, -wave], axis=-1).reshape(64, 2)
    classifier.model.layers[-1].set_weights([weights, np.zeros(2)])
    images = grey_images(30, (8, 8, 1))
    labels = classifier.predict(images)
    study = Heatmap(norm=4.0)
    shares = {}
    for setting in study.settings((8, 8)):
        place = round(8 * setting["vertical"]), round(8 * setting["horizontal"])
        shares[place] = study.measure(classifier, images, labels, setting, 0).right.mean()
    assert shares.pop((2, 1)) < 0.8
    assert set(shares.values()) == {1.0}


def test_a_heat_map_is_drawn_where_it_was_measured_and_at_the_mirrored_edges():
    def result(vertical, horizontal, right):
        setting = {"vertical": vertical, "horizontal": horizontal, "norm": 1.0}
        return Measured(setting, np.arange(10) < right)

    measured = [result(0, 0, 9), result(0.25, 0, 8), result(-0.25, 0.3, 7), result(0.5, 0.3, 6)]
    found = error_map(measured)
    nan = np.nan
    expected = [[nan, 0.4], [0.2, 0.3], [0.1, nan], [0.2, nan], [nan, 0.4]]
    np.testing.assert_array_equal(found.vertical, [-0.5, -0.25, 0, 0.25, 0.5])
    np.testing.assert_array_equal(found.horizontal, [0, 0.3])
    np.testing.assert_allclose(found.errors, expected)


def test_radial_errors_are_means_over_the_whole_plane():
    size = (8, 6)
    study = Heatmap(levels=4)
    rng = np.random.default_rng(0)
    measured = [Measured(s, rng.random(50) < 0.5) for s in study.settings(size)]
    whole = np.zeros(size)
    for m in measured:
        v, u = (
            round(m.setting[n] * k) for n, k in zip(("vertical", "horizontal"), size, strict=True)
        )
        whole[v % 8, u % 6] = whole[-v % 8, -u % 6] = 1 - m.count.share
    rings = (radii_of(*size) / 0.1).round()
    radii, errors = radial_errors(measured, 0.1)
    np.testing.assert_allclose(radii, np.unique(rings) * 0.1)
    np.testing.assert_allclose(errors, [whole[rings == ring].mean() for ring in np.unique(rings)])


def test_every_radius_is_measured_with_both_bands():
    settings = Bands(radii=(0.1, 0.2, 0.3)).settings((8, 8))
    assert sorted((s["radius"], s["band"]) for s in settings) == [
        (radius, band) for radius in (0.1, 0.2, 0.3) for band in ("high", "low")
    ]
