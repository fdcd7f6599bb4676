"""Axes for curves of several networks: how each looks, and where the names stand.

What pictures of curves have in common; no data of any of them.
"""

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from matplotlib.axes import Axes

from specnet.plots.colours import LINE_BLUE, VERMILION
from specnet.plots.lines import fitted
from specnet.plots.readable import Figure

# Okabe & Ito, told apart by colour-blind eyes too; with the marks and dashes, 28 looks in all.
COLOURS = (VERMILION, LINE_BLUE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKS, DASHES = "osD^", ("-", "--", ":", "-.")
WIDTH = 7.6  # inches; of a phone about half
LETTER = 0.078  # inches of a letter of a name


def looks(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour, dashes and mark for each name."""
    marks = [mark for mark in MARKS for _ in COLOURS]
    dashes = [dash for dash in DASHES for _ in COLOURS]
    kinds = zip(names, cycle(COLOURS), cycle(dashes), cycle(marks), strict=False)
    return {name: {"color": c, "linestyle": d, "marker": m} for name, c, d, m in kinds}


def sheet(width: float, title: str, names: Sequence[str]) -> tuple[Figure, Axes, Callable[[], Any]]:
    """A figure with axes, and what writes the names below once they are drawn.

    It is so high that the names take nothing from the axes.
    """
    columns = max(1, min(len(names), int(width / (LETTER * max(map(len, names)) + 0.65))))
    height = max(0.56 * width, 3.0) + 0.18 * -(-len(names) // columns) + 0.1
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    entitle(axes, title, width)
    axes.grid(alpha=0.3, which="both")
    axes.set_axisbelow(True)
    options: dict[str, Any] = {"ncols": columns, "frameon": False, "fontsize": 8}
    return figure, axes, lambda: figure.legend(loc="outside lower center", **options)


def wrapped(name: str, inches: float) -> str:
    """A name in lines of so many inches at most, broken at blanks and hyphens where it has some."""
    return fitted(name, inches, LETTER * 72 / 0.62)


def entitle(axes: Axes, title: str, width: float) -> None:
    """In letters that fit a narrow picture too, and in lines where they do not."""
    large = width > 6
    lines = wrapped(title, (width - 0.9) * (0.9 if large else 1.2)) if width else title
    axes.set_title(lines, fontsize=11 if large else 9.5)
