"""Numbers of each frequency, of several networks: the planes, and their means by radius.

Maps of numbers that are not negative; transfer functions have files of their own.

    H, W  frequencies of a plane      R  radii
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.layout_engine import ConstrainedLayoutEngine

from specnet.plots.curve_sheet import LETTER, WIDTH, looks
from specnet.plots.lines import fitted
from specnet.plots.readable import Figure
from specnet.plots.sheet import U_AXIS, V_AXIS

_COLOURS = "magma"
_MARKS = 16  # of a curve
_SIDE, _LEAST = 2.6, 1.5  # inches of a plane
_GAP = 0.1  # inches above and below axes: the layout leaves none under the title of all parts


class Plane(NamedTuple):
    """Numbers of frequencies that are evenly spaced, in rising order.

    Attributes:
        vertical, horizontal: (H,) and (W,), in cycles/pixel; more than one of each.
        values: (H, W).
    """

    vertical: np.ndarray
    horizontal: np.ndarray
    values: np.ndarray


def frequency_maps(
    planes: Mapping[str, Plane],
    radial: Mapping[str, np.ndarray],
    title: str,
    quantity: str,
    levels: Mapping[str, float] | None = None,
    width: float = WIDTH,
) -> Figure:
    """Planes on one scale, and below or next to them their means by radius, with names.

    Args:
        planes: by name.
        radial: name -> (2, R): radii in cycles/pixel, means.
        title: of the picture.
        quantity: what is drawn, with its unit.
        levels: name -> what there is without a change, drawn as a line at the side of the curves.
        width: of the picture in inches.
    """
    columns, rows, beside = _layout(len(planes), width)
    side = min(_SIDE, (width - 1.2) / columns)
    longest = LETTER * max(map(len, planes)) + 0.65
    lines = ceil(len(planes) / max(1, int(width / longest))) if len(planes) > 1 else 0
    below = 0 if beside else 2.5 + 0.2 * lines  # inches of the curves and their names
    height = 0.7 + (side + 0.5) * rows + below
    figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=_GAP))
    figure.suptitle(title, fontsize=11 if width > 6 else 9.5)
    parts: Any  # Matplotlib does not tell that they are an array
    if beside:
        parts = figure.subfigures(1, 2, width_ratios=(side + 1.4, width - side - 1.4))
    else:
        parts = figure.subfigures(2, 1, height_ratios=(height - below, below))
    left, right = parts
    scale = _scale(planes.values())
    _planes(left, planes, scale, quantity, (rows, columns), side)
    _radial(right.subplots(), radial, quantity, levels or {}, beside)
    if lines:
        columns = ceil(len(planes) / lines)
        right.legend(loc="outside lower center", ncols=columns, fontsize=8, frameon=False)
    return figure


def _layout(count: int, width: float) -> tuple[int, int, bool]:
    """Columns and rows of the planes, and whether the curves stand next to them."""
    columns = min(count, max(1, int((width - 1.2) / _LEAST)))
    return columns, ceil(count / columns), count == 1 and width > 6


def _scale(planes: Iterable[Plane]) -> Normalize:
    ends = [(float(plane.values.min()), float(plane.values.max())) for plane in planes]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return Normalize(low, high if high > low else low + 1)


def _planes(
    figure: Any,
    planes: Mapping[str, Plane],
    scale: Normalize,
    quantity: str,
    shape: tuple[int, int],
    side: float,
) -> None:
    grid = figure.subplots(*shape, squeeze=False, sharey=True).ravel()
    drawn: Any = None
    for axes, (name, plane) in zip(grid, planes.items(), strict=False):
        drawn = axes.imshow(plane.values, cmap=_COLOURS, norm=scale, extent=_extent(plane))
        axes.set_title(fitted(name, side, 8), fontsize=9 if len(name) < 15 else 7.5)
        axes.set(xticks=(-0.4, -0.2, 0, 0.2, 0.4), yticks=(-0.4, -0.2, 0, 0.2, 0.4))
        axes.tick_params(labelsize=7.5)
        axes.set_xlabel(U_AXIS, fontsize=8.5)
    for axes in grid[: len(planes) : shape[1]]:
        axes.set_ylabel(V_AXIS, fontsize=8.5)
    for axes in grid[len(planes) :]:
        axes.remove()
    bar = figure.colorbar(drawn, ax=[*grid[: len(planes)]], shrink=0.9, pad=0.02)
    bar.set_label(quantity, fontsize=8.5)
    bar.ax.tick_params(labelsize=7.5)


def _extent(plane: Plane) -> tuple[float, float, float, float]:
    """Edges in cycles/pixel, half a step outside of the outermost; v points down."""
    left, right, top, bottom = (
        edge
        for axis in (plane.horizontal, plane.vertical)
        for edge in (axis[0] - (axis[1] - axis[0]) / 2, axis[-1] + (axis[1] - axis[0]) / 2)
    )
    return left, right, bottom, top


def _radial(
    axes: Axes,
    radial: Mapping[str, np.ndarray],
    quantity: str,
    levels: Mapping[str, float],
    narrow: bool,
) -> None:
    for name, look in looks([*radial]).items():
        radii, means = radial[name]
        every = max(1, len(radii) // _MARKS)
        axes.plot(radii, means, lw=1.6, ms=4, markevery=every, label=name, **look)
        if name in levels:
            axes.axhline(levels[name], color=look["color"], lw=0.9, ls=":")
    axes.axvline(0.5, color="0.6", linewidth=0.8)
    axes.set(xlabel="radius (cycles/pixel)", ylabel=quantity, xlim=(0, None))
    lines = "(grey: Nyquist" + ("; dotted: no noise)" if levels else ")")
    axes.set_title(("\n" if narrow else " ").join(("mean by radius", lines)), fontsize=9)
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
