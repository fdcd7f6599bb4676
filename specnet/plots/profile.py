"""What the filters of a layer pass, by radius and by direction.

Curves of |H|, all filters of a layer in one plot.

    K  filters   R  radii   A  directions
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from specnet.plots.colours import BLUE, RED
from specnet.plots.lines import fitted
from specnet.plots.readable import Figure

_FEW = 6  # cut-offs that can have a name each


@dataclass(frozen=True)
class Curves:
    """Averages of |H|: `values` (K, n) over `at` (n,), radii in cycles/pixel or degrees."""

    at: np.ndarray
    values: np.ndarray


def profile(
    radial: Curves,
    angular: Curves,
    half_power: Sequence[float],
    cutoffs: Sequence[float],
    title: str,
) -> Figure:
    """Thin lines for each filter, a bold one for their mean, cut-offs marked.

    Args:
        radial: by radial frequency, up to the corner of the plane.
        angular: by direction of the wave, [0, 180) degrees.
        half_power: where the mean of the radial curves is 3 dB below its peak, in cycles/pixel.
        cutoffs: learned or given cut-offs, in cycles/pixel.
        title: of the figure.
    """
    title = fitted(title, 9.4, 10.5)
    figure = Figure(figsize=(9.6, 4.1 + 0.2 * title.count("\n")), layout="constrained")
    figure.suptitle(title, fontsize=10.5, weight="bold", x=0.01, ha="left")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
    mean = _lines(left, radial)
    left.axvline(0.5, color="0.6", linewidth=0.8, linestyle=":")
    marks = _cutoffs(left, half_power, cutoffs, mean is None)
    left.set(xlim=(0, radial.at.max()), xlabel="radial frequency (cycles/pixel)", ylabel="mean |H|")
    _lines(right, _round(angular))
    right.set(xlim=(0, 180), xticks=range(0, 181, 45), xlabel="direction of the wave (degrees)")
    left.set_ylim(bottom=0)
    thin = Line2D([], [], color=BLUE, linewidth=0.8, alpha=0.5)
    nyquist = Line2D([], [], color="0.6", linewidth=0.8, linestyle=":")
    known = {"Nyquist frequency along the axes": nyquist} | marks
    if mean is not None:
        known = {f"each of {len(radial.values):,} filters": thin, "their mean": mean} | known
    figure.legend(
        list(known.values()), list(known), loc="outside lower center", ncols=3,
        frameon=False, fontsize=8,
    )  # fmt: skip
    for axes in (left, right):
        axes.grid(alpha=0.25, linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _lines(axes: Axes, curves: Curves) -> Line2D | None:
    """All curves, and their mean if there are several."""
    count = len(curves.values)
    alpha = float(np.clip(6 / count, 0.04, 0.6))
    single = count == 1
    axes.plot(
        curves.at, curves.values.T, color=BLUE,
        linewidth=2 if single else 0.8, alpha=1 if single else alpha,
    )  # fmt: skip
    if single:
        return None
    return axes.plot(curves.at, curves.values.mean(axis=0), color="black", linewidth=2.2)[0]


def _cutoffs(
    axes: Axes, half_power: Sequence[float], cutoffs: Sequence[float], single: bool
) -> dict[str, Line2D]:
    """Marks for cut-offs, with what the legend calls them."""
    marks = {}
    if len(half_power):
        for radius in half_power:
            line = axes.axvline(radius, color=RED, linewidth=1.2, linestyle="--")
        of = "" if single else " of the mean"
        marks[f"\N{MINUS SIGN}3 dB{of}: {_told(half_power)} c/px"] = line
    if len(cutoffs):
        few = len(cutoffs) <= _FEW
        (line,) = axes.plot(
            cutoffs, np.zeros(len(cutoffs)), "|", color="#d98200", markersize=14,
            markeredgewidth=2 if few else 0.8, clip_on=False,
        )  # fmt: skip
        marks[f"cut-off: {_told(cutoffs)} c/px" if few else "learned cut-offs"] = line
    return marks


def _told(frequencies: Sequence[float]) -> str:
    return ", ".join(f"{frequency:.2f}" for frequency in frequencies)


def _round(curves: Curves) -> Curves:
    """The first direction again at 180 degrees: a wave has no front."""
    values = np.concatenate([curves.values, curves.values[:, :1]], axis=1)
    return Curves(np.append(curves.at, 180.0), values)
