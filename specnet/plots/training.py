"""Filters through the epochs of a training: side by side, and one after the other.

Transfer functions of one layer at several moments, all on one scale.

    E  moments   K  filters
    H, W  bins of the plane, centred: frequency 0 is at (H // 2, W // 2)
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from specnet.plots.colours import phase_coloured
from specnet.plots.filters import phase_wheel
from specnet.plots.scales import limit_of
from specnet.plots.sheet import (
    Panel,
    Sheet,
    closed,
    frequency_plane,
    label_edges,
    plane_axes,
    sheet,
)


def strip(
    planes: np.ndarray,
    labels: Sequence[str],
    moments: Sequence[str],
    title: str,
    unit: str = "pixel",
) -> Figure:
    """A row for each filter, a column for each moment; |H| as darkness and arg H as hue.

    Args:
        planes: complex (E, K, H, W).
        labels: K names of the filters.
        moments: E names, such as `start` and `epoch 3`.
        title: of the picture.
        unit: pixel, or voxel where they are slices.
    """
    rows = planes.swapaxes(0, 1)
    headings = [*moments, *[""] * (len(moments) * (len(labels) - 1))]
    page = sheet([Panel(heading) for heading in headings], title, len(moments), side=1.25)
    _draw(page, rows.reshape(-1, *rows.shape[2:]), limit_of(planes), unit)
    for axes, label in zip(page.axes[:: len(moments)], labels, strict=True):
        axes.set_ylabel(f"{label}\n{plane_axes(unit)[1]}", fontsize=7, labelpad=2)
    return page.figure


def frames(
    planes: np.ndarray,
    labels: Sequence[str],
    moments: Sequence[str],
    title: str,
    unit: str = "pixel",
) -> tuple[Figure, ...]:
    """A picture of all filters for each moment, for an animation; arguments as above."""
    limit = limit_of(planes)
    return tuple(
        _frame(each, labels, f"{title}: {moment}", limit, unit)
        for each, moment in zip(planes, moments, strict=True)
    )


def _frame(
    planes: np.ndarray, labels: Sequence[str], title: str, limit: float, unit: str
) -> Figure:
    page = sheet([Panel(label) for label in labels], title, columns=min(4, len(labels)), side=1.9)
    _draw(page, planes, limit, unit)
    return page.figure


def _draw(page: Sheet, planes: np.ndarray, limit: float, unit: str) -> None:
    for axes, plane in zip(page.axes, closed(planes), strict=True):
        frequency_plane(axes, phase_coloured(plane, limit), planes.shape[1:])
    label_edges(page, *plane_axes(unit))
    phase_wheel(page, limit)
