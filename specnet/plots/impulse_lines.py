"""Filters of signals as they act in time: impulse responses as lines, a panel a filter.

K  filters on the page   T  samples of the signals; the origin is at T // 2
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from specnet.plots.colours import BLUE
from specnet.plots.scales import limit_of
from specnet.plots.sheet import Panel, label_edges, sheet


def impulse_lines(
    impulses: np.ndarray, extents: np.ndarray, labels: Sequence[str], title: str
) -> Figure:
    """What each filter makes of a sample of 1, and the span that holds 90 % of its energy.

    Args:
        impulses: real (K, T), centred.
        extents: how far the spans reach from the origin, in samples, (K,).
        labels: K names.
        title: of the page.
    """
    panels = [
        Panel(label, (f"90 % of the energy within {reach:.0f} samples",))
        for label, reach in zip(labels, extents, strict=True)
    ]
    page = sheet(panels, title)
    length, limit = impulses.shape[1], limit_of(impulses)
    times = np.arange(length) - length // 2
    window = max(1, min(ceil(1.3 * extents.max()) + 1, length // 2))
    for axes, impulse, reach in zip(page.axes, impulses, extents, strict=True):
        axes.axhline(0, color="0.85", linewidth=0.6)
        axes.axvspan(-reach, reach, color="0.93")
        axes.plot(times, impulse, color=BLUE, linewidth=1.1, marker=".", markersize=3)
        axes.set(xlim=(-window, window), ylim=(-1.05 * limit, 1.05 * limit))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    label_edges(page, "t (samples)", "h")
    return page.figure
