"""Filters of signals through the epochs of a training: lines over the frequency, on one scale.

E  moments   K  filters   U  bins of the half spectrum, from frequency 0 on
"""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specnet.plots.filter_lines import response_lines
from specnet.plots.scales import limit_of
from specnet.plots.sheet import Panel, label_edges, sheet


def line_strip(
    responses: np.ndarray, length: int, labels: Sequence[str], moments: Sequence[str], title: str
) -> Figure:
    """A panel for each filter, |H| at each moment: the later, the darker.

    Args:
        responses: complex (E, K, U).
        length: T, samples of the signals.
        labels: K names of the filters.
        moments: E names, such as `start` and `epoch 3`.
        title: of the picture.
    """
    page = sheet([Panel(label) for label in labels], title)
    shades = matplotlib.colormaps["viridis_r"](np.linspace(0.05, 1, len(moments)))
    frequencies, limit = np.fft.rfftfreq(length), limit_of(responses)
    for axes, over_time in zip(page.axes, np.abs(responses).swapaxes(0, 1), strict=True):
        for shade, response in zip(shades, over_time, strict=True):
            axes.plot(frequencies, response, color=shade, linewidth=1.2)
        axes.set(xlim=(0, 0.5), ylim=(0, 1.05 * limit))
        axes.set_xticks((0, 0.25, 0.5), ("0", "0.25", "0.5"))
    label_edges(page, "u (cycles/sample)", "|H|")
    legend = page.legend(0.7, 0.7)
    legend.axis("off")
    lines = [Line2D([], [], color=shade, linewidth=1.6) for shade in shades]
    legend.legend(lines, moments, fontsize=7, frameon=False, loc="upper left", borderpad=0)
    return page.figure


def line_frames(
    responses: np.ndarray, length: int, labels: Sequence[str], moments: Sequence[str], title: str
) -> tuple[Figure, ...]:
    """A picture of all filters for each moment, for an animation; arguments as above."""
    limit = limit_of(responses)
    none = [()] * len(labels)
    return tuple(
        response_lines(each, length, labels, none, f"{title}: {moment}", limit)
        for each, moment in zip(responses, moments, strict=True)
    )
