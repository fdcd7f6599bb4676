"""What networks make of images that something was done to: shares against its strength.

Curves with their intervals. Frequency planes are in `frequency_maps`.

    S  strengths; curves are (4, S): the strength, the share in [0, 1], and its interval's ends
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from specnet.plots.curve_sheet import DASHES, LETTER, MARKS, WIDTH, looks, sheet, wrapped
from specnet.plots.readable import Figure
from specnet.plots.ticks import radii

Curves = Mapping[str, np.ndarray]
Looks = Mapping[str, dict[str, Any]]
_GREY = "#5a6b7b"
_RADII = (0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.5, 0.7)
_GUESSING = "guessing"
_GUESS: dict[str, Any] = {"color": _GREY, "lw": 1, "ls": ":"}
_PAD = 13  # points between a panel and its heading, for what a mark is called
_WIDE = 6  # inches, from which there is room for two panels next to each other


def accuracy_by_radius(
    low: Curves, high: Curves, chance: float | None = None, width: float = WIDTH
) -> Figure:
    """Accuracy on images that keep the frequencies below a radius, and above it.

    Args:
        low, high: name of a network -> (4, S), strengths are radii in cycles/pixel.
        chance: accuracy of guessing, drawn as a line.
        width: of the picture in inches.
    """
    kinds = {"only below the radius (LFC)": "-", "only above it (HFC)": "--"}
    title = "What is left of an image, and is it enough?"
    guessing = [] if chance is None else [_GUESSING]
    figure, axes, finish = sheet(width, title, [*low, *kinds, *guessing])
    for name, look in looks([*low]).items():
        for curves, dashes in zip((low, high), kinds.values(), strict=True):
            if name in curves:
                label = name if curves is low else None
                _curve(axes, curves[name], look | {"linestyle": dashes}, label)
    _guessing(axes, chance, label=_GUESSING)
    axes.set_ylabel("accuracy (%; band: 95 %)")
    radii(axes, _RADII)
    for kind, dashes in kinds.items():
        look = {"color": _GREY, "linestyle": dashes}
        axes.plot([], [], label=kind, **look)
    finish()
    return figure


def panels(
    curves: Mapping[str, Mapping[str, np.ndarray]],
    title: str,
    xlabel: str,
    look: Looks | None = None,
    marked: Mapping[str, tuple[float, str]] | None = None,
    chance: float | None = None,
    crowded: bool = False,
    ylabel: str = "accuracy (%)",
    width: float = WIDTH,
) -> Figure:
    """A panel for each kind of strength, with the same curves in all; one vertical scale.

    Args:
        curves: title of a panel -> name -> (4, S).
        title: of all of them.
        xlabel: what the strengths are.
        look: how each name is drawn; all differently if not given.
        marked: title -> a strength, drawn as a vertical line, and what it is.
        chance: accuracy of guessing, drawn as a line.
        crowded: strengths are 0 and powers of something: each twice as far as the last.
        ylabel: what the shares are.
        width: of the picture in inches.
    """
    names = list(dict.fromkeys(name for each in curves.values() for name in each))
    figure, grid, columns = _grid(len(curves), width, names)
    looked = look or looks(names)
    for number, (heading, drawn) in enumerate(curves.items()):
        axes = grid[number]
        for name, curve in drawn.items():
            _curve(axes, curve, looked[name], name)
        _guessing(axes, chance)
        if crowded:
            _uncrowd(axes, np.concatenate([curve[0] for curve in drawn.values()]))
        if marked and heading in marked:
            _mark(axes, *marked[heading])
        axes.set_title(wrapped(heading, 1.05 * width / columns - 0.4), fontsize=9.5, pad=_PAD)
        axes.set_xlabel(xlabel, fontsize=9)
        if number % columns == 0:
            axes.set_ylabel(ylabel, fontsize=9)
    figure.suptitle(f"{title} (band: 95 %)", fontsize=11 if width > _WIDE else 9.5)
    guessing = {} if chance is None else {_GUESSING: _GUESS}
    _names_below(figure, {name: looked[name] for name in names} | guessing, width)
    return figure


def looks_of_pairs(firsts: Sequence[str], seconds: Sequence[str]) -> Looks:
    """Looks of "first, second": the colour tells the first, dashes and mark the second."""
    colours = [look["color"] for look in looks(firsts).values()]
    kinds = [{"linestyle": d, "marker": m} for d, m in zip(cycle(DASHES), MARKS, strict=False)]
    return {
        f"{first}, {second}": {"color": colour} | kind
        for first, colour in zip(firsts, colours, strict=True)
        for second, kind in zip(seconds, kinds, strict=False)
    }


def _grid(count: int, width: float, names: Sequence[str]) -> tuple[Figure, list[Axes], int]:
    """Panels, up to four in a row, and how many that is; those of no use are taken away."""
    most = (1 if count < 3 else 2) if width < _WIDE else (3 if count < 7 else 4)
    columns = min(count, most)
    rows = ceil(count / columns)
    below = 0.2 * ceil(len(names) / _columns(names, width)) + 0.75
    height = max(2.1, 0.85 * width / columns if columns > 1 else 0.5 * width) * rows + below
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes in grid[:count]:
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
    for axes in grid[count:]:
        axes.remove()
    return figure, [*grid[:count]], columns


def _curve(axes: Axes, curve: np.ndarray, look: Mapping[str, Any], label: str | None) -> None:
    strengths, shares, low, high = curve[:, np.argsort(curve[0], kind="stable")]
    if len(strengths) > 2:
        axes.fill_between(strengths, 100 * low, 100 * high, color=look["color"], alpha=0.13, lw=0)
    else:  # too few for a band
        axes.vlines(strengths, 100 * low, 100 * high, color=look["color"], lw=1)
    axes.plot(strengths, 100 * shares, ms=4, lw=1.6, label=label, **look)


def _uncrowd(axes: Axes, strengths: np.ndarray) -> None:
    """A logarithmic scale that has 0 on it."""
    ticks = np.unique(strengths)
    least = float(ticks[ticks > 0].min())
    axes.set_xscale("symlog", base=2, linthresh=least, linscale=1)
    shown = ticks[:: ceil(len(ticks) / 8)]
    axes.set_xlim(-0.3 * least, 1.3 * ticks[-1])
    axes.set_xticks(shown, [_written(tick) for tick in shown], fontsize=8)
    axes.set_xticks([], minor=True)


def _written(number: float) -> str:
    """1/16 of something as 1/16, all else with two digits."""
    whole = 1 / number if 0 < number < 1 else 0.0
    return f"1/{whole:.0f}" if whole and abs(whole - round(whole)) < 1e-6 else f"{number:.2g}"


def _guessing(axes: Axes, chance: float | None, label: str | None = None) -> None:
    if chance is not None:
        axes.axhline(100 * chance, label=label, zorder=1, **_GUESS)


def _mark(axes: Axes, strength: float, words: str) -> None:
    """A line, and what it is above the axes, where it covers no point."""
    axes.axvline(strength, color=_GREY, lw=1.2, ls="--", zorder=1)
    axes.annotate(
        words, (strength, 1), (0, 1), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="center", va="bottom", fontsize=8, color=_GREY,
    )  # fmt: skip


def _names_below(figure: Figure, looked: Looks, width: float) -> None:
    usual: dict[str, Any] = {"lw": 1.6, "ms": 4}
    lines = [Line2D([], [], **usual | look) for look in looked.values()]
    options: dict[str, Any] = {"frameon": False, "fontsize": 8, "loc": "outside lower center"}
    figure.legend(lines, [*looked], ncols=_columns([*looked], width), **options)


def _columns(names: Iterable[str], width: float) -> int:
    names = list(names)
    return max(1, min(len(names), int(width / (LETTER * max(map(len, names)) + 0.65))))
