"""Ticks of axes that are not linear: plain numbers on logarithms, radii on square roots."""

from collections.abc import Sequence
from math import floor, inf, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

_DENSE = 3  # times from end to end, beyond which not every tenth is written
_DIGITS = 3  # of a number, or more where that many leave two ticks alike
_SMALLEST = 1e-4  # in plain digits
_ROOM = 0.55  # inches along x, of a number of four digits and a gap


def plain_numbers(axis: Axis) -> None:
    """Writes 0.07 and 2,000 on a logarithmic axis, whose limits must be final.

    Args:
        axis: x or y of axes.
    """
    low, high = axis.get_view_interval()
    if high / low > _DENSE:
        axis.set_minor_locator(LogLocator(subs=(2, 5)))
    digits = max(_DIGITS, 2 - floor(log10(1 - low / high)))
    for set_formatter in (axis.set_major_formatter, axis.set_minor_formatter):
        set_formatter(FuncFormatter(lambda value, place: plain_number(value, digits)))


def plain_number(value: float, digits: int = _DIGITS) -> str:
    """A positive number rounded to some digits, without those that are 0 at its end."""
    if value < _SMALLEST:
        return f"{value:.{digits}g}"
    whole, _, part = f"{value:,.{max(0, digits - 1 - floor(log10(value)))}f}".partition(".")
    return f"{whole}.{part.rstrip('0')}".rstrip(".")


def whole_numbers(axis: Axis) -> None:
    """Ticks that count: epochs, trials; Matplotlib alone wants two of them, if need be by parts."""
    axis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))


def each_value(axes: Axes, values: np.ndarray) -> None:
    """A tick of x at each value, with its number where the next one above leaves room for it.

    Args:
        axes: whose scale, limits and points must be final.
        values: in ascending order.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes are always drawn in one
    top = axes.get_ylim()[1]
    places = axes.transData.transform([(value, top) for value in values])
    across = figure.get_figwidth() * axes.transAxes.inverted().transform(places)[:, 0]
    named: list[float] = []
    above = inf
    for value, place in zip(values[::-1], across[::-1], strict=True):
        if above - place > _ROOM:
            named, above = [value, *named], place
    others = [value for value in values if value not in named]
    axes.set_xticks(named, [f"{value:g}" for value in named])
    axes.set_xticks(others, [""] * len(others), minor=True)


def radii(axes: Axes, ticks: Sequence[float]) -> None:
    """Makes x a radius, widest near 0, where most of what is in images is.

    Args:
        axes: whose x is in cycles/pixel, from 0 to a little more than the corner of the spectrum.
        ticks: radii that are written.
    """
    axes.set_xlabel("radius (cycles/pixel, square-root scale)")
    axes.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_xlim(0, 0.74)  # whose margin would be below 0
    axes.set_xticks(ticks, [f"{radius:g}" for radius in ticks])
