"""Transfer functions of signals: lines over the frequency, a panel a filter.

K  filters on the page   U  bins of the half spectrum, from frequency 0 on
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from specnet.plots.colours import BLUE, RED
from specnet.plots.scales import limit_of
from specnet.plots.sheet import Panel, label_edges, sheet


def response_lines(
    responses: np.ndarray,
    length: int,
    labels: Sequence[str],
    captions: Sequence[Sequence[str]],
    title: str,
    limit: float | None = None,
) -> Figure:
    """Re H in blue, Im H in red and |H| in grey behind them, on one scale.

    Args:
        responses: complex (K, U).
        length: T, samples of the signals.
        labels: K names.
        captions: for each filter what it learned, a line a part.
        title: of the page.
        limit: the end of the scale; the largest magnitude if not given.
    """
    panels = [Panel(label, lines) for label, lines in zip(labels, captions, strict=True)]
    page = sheet(panels, title)
    limit, frequencies = limit or limit_of(responses), np.fft.rfftfreq(length)
    # A signal of one sample has one bin, which a line does not show.
    marker = "." if len(frequencies) < 8 else None
    for axes, response in zip(page.axes, responses, strict=True):
        axes.axhline(0, color="0.85", linewidth=0.6)
        axes.fill_between(frequencies, -np.abs(response), np.abs(response), color="0.93")
        axes.plot(frequencies, response.real, color=BLUE, linewidth=1.1, marker=marker)
        axes.plot(frequencies, response.imag, color=RED, linewidth=1.1, marker=marker)
        axes.set(xlim=(0, 0.5), ylim=(-1.05 * limit, 1.05 * limit))
        axes.set_xticks((0, 0.25, 0.5), ("0", "0.25", "0.5"))
    label_edges(page, "u (cycles/sample)", "H")
    legend = page.legend(0.7, 0.7)
    legend.axis("off")
    lines = [Line2D([], [], color=colour, linewidth=w) for colour, w in _KEYS.values()]
    legend.legend(lines, list(_KEYS), fontsize=7, frameon=False, loc="upper left", borderpad=0)
    return page.figure


_KEYS = {"Re H": (BLUE, 1.1), "Im H": (RED, 1.1), "|H|": ("0.85", 5)}
