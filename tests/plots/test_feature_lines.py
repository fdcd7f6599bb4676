"""What layers make of signals: the numbers drawn, their units and scales."""

import numpy as np
import pytest

from specnet.plots.feature_lines import channel_lines, line_overview
from specnet.plots.features import Row
from specnet.plots.method import Steps, method


def row_of(signals):
    spectra = np.fft.fftshift(np.fft.fft(signals, norm="ortho"), axes=1)
    return Row("a layer", [f"channel {k}" for k in range(len(signals))], signals, spectra)


@pytest.mark.parametrize("length", [9, 16])
def test_channels_are_lines_in_time_and_their_spectra_in_decibels_of_the_strongest(length):
    wave = np.cos(2 * np.pi * 2 / length * np.arange(length))
    signals = np.stack([wave, wave / 10])
    axes = channel_lines(row_of(signals)).axes
    for number, (above, below) in enumerate(zip(axes[:2], axes[2:], strict=True)):
        np.testing.assert_array_equal(above.lines[-1].get_ydata(), signals[number])
        frequencies, decibels = below.lines[0].get_data()
        np.testing.assert_allclose(frequencies, np.fft.rfftfreq(length))
        strongest = decibels.argmax()
        assert frequencies[strongest] == pytest.approx(2 / length)
        assert decibels[strongest] == pytest.approx(-20 * number)
        assert (above.get_xlabel(), below.get_xlabel()) == ("t (samples)", "u (cycles/sample)")
    assert axes[0].get_ylim() == axes[1].get_ylim()
    assert axes[2].get_ylim() == axes[3].get_ylim()


def test_the_overview_has_a_row_a_layer_and_names_each_channel(rng):
    rows = [row_of(rng.normal(size=(2, 8))), row_of(rng.normal(size=(3, 1)))]
    axes = line_overview(rows, "all").axes
    assert [len(each.lines) for each in axes[1::2]] == [2, 3]
    for row, right in zip(rows, axes[1::2], strict=True):
        assert [text.get_text() for text in right.get_legend().get_texts()] == row.labels
    assert axes[3].lines[0].get_marker() == "."  # one number is seen


@pytest.mark.parametrize("shape", [(9,), (6, 5)], ids=["signal", "image"])
def test_rounding_errors_are_drawn_flat_and_faint_structure_is_not(rng, shape):
    image, noise = np.full(shape, 0.7), rng.normal(size=shape)
    spectrum = np.fft.fftshift(np.fft.fftn(image, norm="ortho"))
    for amount, flat in ((1e-8, True), (1e-3, False)):
        for constant in (0.7, 0.0):  # what is left may be rounding errors alone
            result = constant + amount * noise
            steps = Steps(image, spectrum, np.ones(shape, complex), spectrum, result)
            axes = method(steps, "image", "H", "title").axes[4]
            low, high = axes.images[0].get_clim() if axes.images else axes.get_ylim()
            assert (np.ptp(result) < 1e-6 * (high - low)) == flat


def test_the_method_of_signals_shows_the_half_of_the_spectra_that_the_other_mirrors(rng):
    signal, response = rng.normal(size=9), np.fft.fft(rng.normal(size=9))
    spectrum = np.fft.fft(signal, norm="ortho")
    whole = [np.fft.fftshift(each) for each in (spectrum, response, spectrum * response)]
    steps = Steps(signal, *whole, signal)
    panels = method(steps, "signal", "filter 0", "title", "sample").axes
    np.testing.assert_allclose(panels[0].lines[-1].get_ydata(), signal)
    np.testing.assert_allclose(panels[2].lines[-2].get_ydata(), response[:5].real)
    np.testing.assert_allclose(panels[2].lines[-1].get_ydata(), response[:5].imag)
    strongest = max(np.abs(spectrum).max(), np.abs(spectrum * response).max())
    expected = 20 * np.log10(np.abs(spectrum[:5]) / strongest)
    np.testing.assert_allclose(panels[1].lines[0].get_ydata(), expected)
