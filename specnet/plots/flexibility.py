"""What families of filters can be, against what they cost.

N  families, each of one size
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from specnet.plots.colours import LINE_BLUE, VERMILION
from specnet.plots.labels import label_points
from specnet.plots.readable import Figure

FRONT, OTHER = VERMILION, "#5a6b7b"  # points on a front, and those behind it
_LEAST, _MOST = 0.02, 0.999  # shares beyond are drawn there
_LEGEND = "front: nothing with as few parameters explains more"
_SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, _MOST)
_SPENT = (1, 2, 4, 6, 9, 12, 18, 24, 36, 50, *(80 * 2**n for n in range(12)))


def flexibility(rows: Sequence[Mapping[str, Any]], kernel: tuple[int, int] = (3, 3)) -> Figure:
    """Explained energy of trained kernels against parameters a filter, with the front of the best.

    Points are medians over kernels, bars reach from quartile to quartile, thin lines join the sizes
    of a family. The vertical axis is stretched towards 0 and 100 % (a logit scale).

    Args:
        rows: one mapping a family and size, with label, family, parameters, median, lower_quartile,
            upper_quartile (shares from 0 to 1), kernels and of (how many of how many were fitted).
        kernel: their height and width in pixels: as many numbers explain all of it.
    """
    figure = Figure(figsize=(9.6, 7.2))
    # Not a constrained layout, which would move the axes under the labels.
    axes = figure.add_axes((0.1, 0.09, 0.885, 0.855))
    count = f"{rows[0]['kernels']} of the {rows[0]['of']} kernels"
    count = "the only kernel" if rows[0]["of"] == 1 else count
    axes.set_title(f"How flexible are parametric filters? Best fits to {count} of a trained Conv2D")
    spent = np.array([row["parameters"] for row in rows], "float64")
    columns = ("lower_quartile", "median", "upper_quartile")
    shares = np.clip([[row[name] for name in columns] for row in rows], _LEAST, _MOST)
    _scales(axes, np.append(spent, prod(kernel)), shares.min())
    points = np.stack([spent, shares[:, 1]], axis=1)
    best = front(points)
    _sizes(axes, points, [row["family"] for row in rows])
    steps = _steps(points[best])
    corners = np.stack([steps[:-1], steps[1:]], axis=1)
    axes.plot(*steps.T, color=FRONT, lw=1.2, alpha=0.6, zorder=1, label=_LEGEND)
    bars = np.stack([np.stack([spent, shares[:, i]], axis=1) for i in (0, 2)], axis=1)
    colours = [FRONT if on_front else OTHER for on_front in best]
    _points(axes, points, bars, colours)
    _reference(axes, kernel)
    axes.legend(frameon=False, loc="lower right")
    label_points(
        axes, points, [row["label"] for row in rows], colours, np.concatenate([bars, corners])
    )
    return figure


def front(points: np.ndarray) -> np.ndarray:
    """Which points (parameters, share) no other point beats in one and equals in the other.

    Args:
        points: (N, 2).

    Returns:
        (N,), boolean.
    """
    costs = points * (1, -1)
    ahead = (costs[:, None] <= costs).all(-1) & (costs[:, None] < costs).any(-1)
    return np.logical_not(ahead.any(axis=0))


def draw_front(
    axes: Axes, points: np.ndarray, spread: np.ndarray, best: np.ndarray, labels: Sequence[str]
) -> None:
    """Draws points with their bars and labels, and stairs along the best of them.

    The scales, limits and place of `axes` must be final.

    Args:
        points: (N, 2).
        spread: (N,), half the length of each bar.
        best: (N,), boolean, as `front` gives it.
        labels: N of them.
    """
    colours = [FRONT if on_front else OTHER for on_front in best]
    axes.errorbar(points[:, 0], points[:, 1], spread, fmt="none", ecolor=OTHER, capsize=3)
    axes.scatter(points[:, 0], points[:, 1], c=colours, s=30, zorder=3)
    stairs = _steps(points[best])
    # Dotted, since the bars are solid and have ends like its corners.
    axes.plot(*stairs.T, color=FRONT, lw=1.6, ls=":", zorder=1)
    bars = np.stack([points - spread[:, None] * (0, 1), points + spread[:, None] * (0, 1)], axis=1)
    treads = np.stack([stairs[:-1], stairs[1:]], axis=1)
    label_points(axes, points, labels, colours, np.concatenate([bars, treads]))


def front_words(best: np.ndarray) -> str:
    """What the colours and the stairs of `draw_front` mean; `best` as there."""
    stairs = " and dotted stairs" if best.sum() > 1 else ""
    return f"orange{stairs}: nothing with as few parameters is better on average (the front)"


def _scales(axes: Axes, spent: np.ndarray, lowest: float) -> None:
    axes.set(xscale="log", xlim=(spent.min() / 1.4, spent.max() * 1.6))
    axes.set(yscale="logit", ylim=(lowest / 1.15, 1 - (1 - _MOST) / 1.6))
    ticks = [tick for tick in _SPENT if spent.min() <= tick <= spent.max()]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    shown = [share for share in _SHARES if share >= lowest / 1.15]
    more = {_MOST: "\nor more"}
    axes.set_yticks(shown, [f"{100 * share:g} %{more.get(share, '')}" for share in shown])
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.set_xlabel("parameters a filter (real numbers)")
    axes.set_ylabel("explained energy of a kernel (median and quartiles)")


def _sizes(axes: Axes, points: np.ndarray, families: Sequence[str]) -> None:
    """Thin lines along the sizes of a family."""
    for family in dict.fromkeys(families):
        sizes = points[np.array(families) == family]
        axes.plot(*sizes[np.argsort(sizes[:, 0])].T, color=OTHER, lw=0.7, alpha=0.35, zorder=1)


def _steps(best: np.ndarray) -> np.ndarray:
    """The front's corners, (2N - 1, 2): what is explained rises where parameters suffice."""
    spent, share = best[np.argsort(best[:, 0])].T
    return np.stack([np.repeat(spent, 2)[1:], np.repeat(share, 2)[:-1]], axis=1)


def _points(axes: Axes, points: np.ndarray, bars: np.ndarray, colours: list[str]) -> None:
    low, high = bars[..., 1].T
    axes.vlines(points[:, 0], low, high, colors=colours, lw=1.2, alpha=0.5)
    axes.scatter(points[:, 0], points[:, 1], color=colours, s=28, zorder=3)


def _reference(axes: Axes, kernel: tuple[int, int]) -> None:
    """The kernel itself, which explains all of itself."""
    numbers, name = prod(kernel), f"the {kernel[0]} x {kernel[1]} kernel itself"
    axes.axvline(numbers, color=LINE_BLUE, lw=0.8, ls=":", zorder=1)
    axes.scatter(numbers, _MOST, marker="*", s=130, color=LINE_BLUE, zorder=4, label=name)
