"""What layers make of a signal: lines over time, and their magnitude spectra.

N  channels   T  samples of the signal; bins of its whole spectrum, centred
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from specnet.plots.colours import LINE_BLUE
from specnet.plots.curve_sheet import COLOURS
from specnet.plots.features import Row
from specnet.plots.lines import fitted
from specnet.plots.readable import Figure
from specnet.plots.scales import DEPTH, decibels, limit_of

_SIDE = 1.7  # inches of a panel
_SMALL, _NORMAL = 6.5, 8.0  # points
_TIME, _FREQUENCY, _DECIBELS = "t (samples)", "u (cycles/sample)", "dB of the strongest"


def channel_lines(row: Row) -> Figure:
    """The channels of one layer in time, and the magnitudes of their spectra below.

    All channels have one scale, and so have all spectra. Of `row`, pictures are real (N, T) and
    spectra complex (N, T), frequency 0 in the middle.
    """
    count = len(row.pictures)
    width = 1.0 + max(_SIDE * count, 3.0)
    title = fitted(row.title, width - 0.2, 10)
    figure = Figure(figsize=(width, 3.6 + 0.17 * title.count("\n")), layout="constrained")
    figure.suptitle(title, fontsize=10, weight="bold")
    above, below = figure.subplots(2, count, squeeze=False, sharey="row")
    for axes, label, signal in zip(above, row.labels, row.pictures, strict=True):
        _in_time(axes, signal[None], [LINE_BLUE])
        axes.set_title(label, fontsize=_NORMAL, pad=3)
        axes.set_xlabel(_TIME, fontsize=_NORMAL)
    for axes, line in zip(below, _magnitudes(row.spectra), strict=True):
        _over_frequency(axes, line[None], row.spectra.shape[1], [LINE_BLUE])
        axes.set_xlabel(_FREQUENCY, fontsize=_NORMAL)
    below[0].set_ylim(bottom=max(-DEPTH, _magnitudes(row.spectra).min() - 5))
    above[0].set_ylabel("value", fontsize=_NORMAL)
    below[0].set_ylabel(_DECIBELS, fontsize=_NORMAL)
    return figure


def line_overview(rows: Sequence[Row], title: str) -> Figure:
    """A row for each layer: some channels in time at the left, their spectra at the right.

    Each layer has scales of its own: strengths of two layers do not compare.
    """
    size = 8.6, 1.1 + 1.25 * len(rows)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(fitted(title, size[0] - 0.2, 10), fontsize=10, weight="bold")
    grid = figure.subplots(len(rows), 2, squeeze=False)
    for (left, right), row in zip(grid, rows, strict=True):
        _in_time(left, row.pictures, COLOURS)
        _over_frequency(right, _magnitudes(row.spectra), row.spectra.shape[1], COLOURS)
        left.set_ylabel(fitted(row.title, 1.1, _SMALL), fontsize=_SMALL)
        right.set_ylabel("dB", fontsize=_SMALL)
        right.legend(
            right.lines, row.labels, fontsize=_SMALL, frameon=False, loc="center left",
            bbox_to_anchor=(1.01, 0.5), handlelength=1.2,
        )  # fmt: skip
    grid[-1, 0].set_xlabel(_TIME, fontsize=_NORMAL)
    grid[-1, 1].set_xlabel(f"{_FREQUENCY}; {_DECIBELS}", fontsize=_NORMAL)
    return figure


def _in_time(axes: Axes, signals: np.ndarray, colours: Sequence[str]) -> None:
    axes.axhline(0, color="0.85", linewidth=0.6)
    _lines(axes, np.arange(signals.shape[1]), signals, colours)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _magnitudes(spectra: np.ndarray) -> np.ndarray:
    """Half of centred spectra (N, T) in dB of the strongest bin of all: (N, T // 2 + 1)."""
    bins = spectra.shape[1] // 2 + 1
    half = np.fft.ifftshift(spectra, axes=1)[:, :bins]
    return decibels(half, limit_of(half))


def _over_frequency(
    axes: Axes, magnitudes: np.ndarray, length: int, colours: Sequence[str]
) -> None:
    """Of signals of `length` samples: the other half of a spectrum is the mirror image."""
    _lines(axes, np.fft.rfftfreq(length), magnitudes, colours)
    axes.set(xlim=(0, 0.5), ylim=(max(-DEPTH, magnitudes.min() - 5), 4))
    axes.set_xticks((0, 0.25, 0.5), ("0", "0.25", "0.5"))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _lines(axes: Axes, at: np.ndarray, lines: np.ndarray, colours: Sequence[str]) -> None:
    marker = "." if len(at) < 8 else None  # a line of one number shows nothing
    for line, colour in zip(lines, colours, strict=False):
        axes.plot(at, line, color=colour, linewidth=0.9, marker=marker)
    axes.tick_params(labelsize=_SMALL, length=2, pad=2)
