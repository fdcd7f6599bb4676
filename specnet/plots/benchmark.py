"""Time against size, and where one way overtakes another.

S  measured sizes
"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes

from specnet.plots.colours import LINE_BLUE, VERMILION
from specnet.plots.readable import Figure
from specnet.plots.ticks import each_value

# Okabe & Ito, told apart by colour-blind eyes too; marks tell apart what is more than that.
_COLOURS = (LINE_BLUE, VERMILION, "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_MARKS = "osD^vP*X"


def time_against_size(
    curves: Mapping[str, np.ndarray],
    title: str,
    xlabel: str = "image size (pixels along a side)",
    crossovers: Sequence[float] = (),
) -> Figure:
    """Milliseconds of a batch against size, log-log: medians, and bands from quartile to quartile.

    Args:
        curves: label -> (4, S): sizes, lower quartiles, medians, upper quartiles in ms.
        title: what was timed.
        xlabel: what the sizes are.
        crossovers: sizes where two curves meet, marked with a vertical line.
    """
    figure = Figure(figsize=(7.6, 4.6 + 0.2 * len(curves)), layout="constrained")
    axes = figure.subplots()
    for (label, values), colour, mark in zip(
        curves.items(), cycle(_COLOURS), cycle(_MARKS), strict=False
    ):
        size, lower, median, upper = values
        axes.fill_between(size, lower, upper, color=colour, alpha=0.2, lw=0)
        axes.plot(size, median, color=colour, marker=mark, ms=5, lw=1.6, label=label)
    axes.set(xscale="log", yscale="log", xlabel=xlabel, title=title)
    axes.set_ylabel("time of a batch (ms; median, band: quartiles)")
    if len(crossovers):
        _mark(axes, crossovers)
    _plain_ticks(axes, np.unique(np.concatenate([values[0] for values in curves.values()])))
    axes.grid(alpha=0.25, which="both")
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=1, frameon=False, fontsize=9)
    return figure


def _mark(axes: Axes, crossovers: Sequence[float]) -> None:
    """Named below with the curves: at the lines, names could cover points and each other."""
    words = f"equal at {', '.join(f'{size:.3g}' for size in sorted(crossovers))}"
    for number, size in enumerate(crossovers):
        label = None if number else words
        axes.axvline(size, color="#5a6b7b", lw=1, ls="--", zorder=1, label=label)


def _plain_ticks(axes: Axes, sizes: np.ndarray) -> None:
    """The measured sizes below, 0.5 in place of 5 x 10^-1 at the side."""
    each_value(axes, sizes)
    axes.yaxis.set_major_formatter("{x:g}")
    low, high = axes.get_ylim()
    axes.yaxis.set_minor_formatter("{x:g}" if high / low < 30 else "")
    axes.tick_params(axis="y", which="minor", labelsize=8)
