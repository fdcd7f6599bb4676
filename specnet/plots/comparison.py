"""Many trials of some networks side by side: how they scatter, and what they cost.

N  trials   S  image sizes
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from specnet.plots.curve_sheet import LETTER, WIDTH, entitle, looks, sheet, wrapped
from specnet.plots.flexibility import draw_front, front, front_words
from specnet.plots.readable import Figure
from specnet.plots.ticks import each_value

_GREY = "#5a6b7b"
_DENSITY = 5  # trials that say something about their density
_GOLDEN = (5**0.5 - 1) / 2
_MEAN = 0.36  # below the middle of a row, of rows that are 1 apart


def violins(
    accuracies: Mapping[str, np.ndarray],
    published: Mapping[str, tuple[float, ...]] | None = None,
    width: float = WIDTH,
) -> Figure:
    """How the test accuracy of trials scatters: a row for each network, a point for each trial.

    Points of one row stand at heights of their own, so that equal trials are all seen; the mean is
    marked below them, where it hides none.

    Args:
        accuracies: name -> (N,), shares from 0 to 1. Of five or more the density is drawn too.
        published: name -> mean and standard deviation in a paper; more is not looked at.
        width: of the picture in inches.
    """
    height = 1.2 + 0.5 * len(accuracies)
    figure = Figure(figsize=(width, height))
    named = [wrapped(name, 0.4 * width) for name in accuracies]
    longest = max(len(line) for name in named for line in name.splitlines())
    left = (LETTER * longest + 0.25) / width
    axes = figure.add_axes((left, 0.75 / height, 0.97 - left, 1 - 1.1 / height))
    looked = looks([*accuracies])
    for place, (name, values) in enumerate(accuracies.items()):
        _violin(axes, place, 100 * np.asarray(values), looked[name]["color"])
        if published and name in published:
            mean, std = (100 * number for number in published[name][:2])
            axes.errorbar(mean, place - 0.33, xerr=std, fmt="x", color=_GREY, ms=6, capsize=2, lw=1)
    axes.set_yticks(range(len(accuracies)), named)
    axes.set_ylim(len(accuracies) - 0.4, -0.6)
    axes.set_xlabel("test accuracy (%)")
    entitle(axes, "Each trial, and how they scatter", width)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    words = "triangle: mean" + ("; grey cross: published mean and std" if published else "")
    figure.text(left, 0.08 / height, words, fontsize=8, color=_GREY)
    return figure


def _violin(axes: Axes, place: int, values: np.ndarray, colour: str) -> None:
    if len(values) >= _DENSITY and np.ptp(values) > 0:
        drawn: Any = axes.violinplot(
            values, [place], orientation="horizontal", widths=0.75, showextrema=False
        )
        drawn["bodies"][0].set(facecolor=colour, alpha=0.28, edgecolor=colour)
    axes.scatter(values, place + _heights(values), s=14, color=colour, alpha=0.75, lw=0, zorder=3)
    axes.plot(values.mean(), place + _MEAN, "^", color=colour, ms=7, mec="black", mew=0.8, zorder=2)


def _heights(values: np.ndarray) -> np.ndarray:
    """Where the points of a row stand, between -0.2 and 0.2: far apart where values are near.

    Multiples of the golden section, in the order of the values: any few of them in a row are spread
    over all of the interval (Weyl).
    """
    if len(values) == 1:
        return np.zeros(1)
    heights = np.empty(len(values))
    heights[np.argsort(values, kind="stable")] = 0.4 * (_GOLDEN * np.arange(len(values)) % 1) - 0.2
    return heights


def accuracy_against_parameters(
    costs: Mapping[str, tuple[int, float, float | None]], width: float = WIDTH
) -> Figure:
    """Mean test accuracy against parameters, with the front of the best.

    Args:
        costs: name -> parameters, mean accuracy as a share, and its standard deviation if known.
        width: of the picture in inches.
    """
    height = max(0.62 * width, 3.6)
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.72 / width, 0.85 / height, 1 - 0.9 / width, 1 - 1.3 / height))
    points = np.array([(parameters, 100 * mean) for parameters, mean, _ in costs.values()])
    spread = np.array([100 * (std or 0) for _, _, std in costs.values()])
    best = front(points)
    low, high = points[:, 0].min(), points[:, 0].max()
    margin = max((high / low) ** 0.25, 1.35)
    axes.set(xscale="log", xlim=(low / margin, high * margin), xlabel="parameters")
    axes.set_ylabel("test accuracy (%; mean, bar: std)")
    entitle(axes, "Accuracy for its parameters (upper left is better)", width)
    _few_ticks(axes, low / margin, high * margin)
    axes.margins(y=0.12)
    axes.grid(alpha=0.3)
    draw_front(axes, points, spread, best, list(costs))
    words = wrapped(front_words(best), 0.85 * width)
    figure.text(0.72 / width, 0.05 / height, words, fontsize=8, color=_GREY)
    return figure


def _few_ticks(axes: Axes, low: float, high: float) -> None:
    """1, 2 or 5 times powers of ten, written out; four evenly spread where that gives too few."""
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        ticks = np.sort(np.outer(powers, steps).ravel())
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if len(ticks) >= 3:
            break
    else:
        ticks = np.geomspace(low, high, 6)[1:-1]
        ticks = np.array([float(f"{tick:.2g}") for tick in ticks])
    axes.set_xticks(ticks, [_written(tick) for tick in ticks])
    axes.set_xticks([], minor=True)


def _written(number: float) -> str:
    """1,000, 300k, 1.2M."""
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if number >= size:
            return f"{number / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{number:,.0f}"


def accuracy_against_size(
    curves: Mapping[str, np.ndarray],
    trained: Mapping[str, float],
    width: float = WIDTH,
) -> Figure:
    """Test accuracy at other image sizes than the one trained at, which is ringed.

    Args:
        curves: name -> (3, S): sizes in pixels along a side, means as shares, deviations.
        trained: name -> the size trained at.
        width: of the picture in inches.
    """
    title = "At other sizes than the one trained at (ringed)"
    figure, axes, finish = sheet(width, title, [*curves])
    looked = looks([*curves])
    for name, (sizes, means, deviations) in curves.items():
        look = looked[name]
        axes.fill_between(
            sizes, 100 * (means - deviations), 100 * (means + deviations),
            color=look["color"], alpha=0.12, lw=0,
        )  # fmt: skip
        axes.plot(sizes, 100 * means, ms=5, lw=1.6, label=name, **look)
        at = sizes == trained[name]
        ring: dict[str, Any] = {"s": 110, "facecolors": "none", "edgecolors": look["color"]}
        axes.scatter(sizes[at], 100 * means[at], zorder=4, **ring)
    axes.set(xlabel="image size (pixels along a side)", ylabel="test accuracy (%; band: std)")
    each_value(axes, np.unique(np.concatenate([values[0] for values in curves.values()])))
    finish()
    return figure
