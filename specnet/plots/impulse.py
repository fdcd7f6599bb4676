"""Filters as they act in space.

Pictures of impulse responses. All of one page share one scale and one window.

    K  filters on the page
    H, W  height and width of the images, in pixels; the origin is at (H // 2, W // 2)
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from specnet.plots.colours import DIVERGING
from specnet.plots.scales import limit_of
from specnet.plots.sheet import Panel, label_edges, scale_bar, sheet


def impulse_responses(
    impulses: np.ndarray, extents: np.ndarray, labels: Sequence[str], title: str
) -> Figure:
    """What each filter makes of one bright pixel, and the circle that holds 90 % of its energy.

    Args:
        impulses: real (K, H, W), centred.
        extents: radii of the circles in pixels, (K,).
        labels: K names.
        title: of the page.
    """
    panels = [
        Panel(label, (f"90 % of the energy within {radius:.1f} px",))
        for label, radius in zip(labels, extents, strict=True)
    ]
    page = sheet(panels, title)
    limit = limit_of(impulses)
    reach = _window(extents, impulses.shape[1:]) + 0.5
    for axes, impulse, radius in zip(page.axes, impulses, extents, strict=True):
        drawn = _plane(axes, impulse, limit)
        axes.add_patch(Circle((0, 0), radius, fill=False, color="0.15", linewidth=0.8, ls="--"))
        axes.set(xlim=(-reach, reach), ylim=(reach, -reach))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    label_edges(page, "x (pixels)", "y (pixels)")
    scale_bar(page, drawn, "h")
    return page.figure


def impulse_slices(
    impulses: np.ndarray, extents: np.ndarray, labels: Sequence[str], title: str
) -> Figure:
    """What each filter makes of one bright voxel, in the three planes through it.

    Args:
        impulses: real (K, D, H, W), centred.
        extents: radii of the spheres that hold 90 % of the energy, in voxels, (K,).
        labels: K names.
        title: of the page.
    """
    panels = [
        Panel(f"{label}, {axis} = 0", (f"90 % of the energy within {radius:.1f} voxels",))
        for label, radius in zip(labels, extents, strict=True)
        for axis in "zyx"
    ]
    columns = 3 if len(labels) < 3 else 6
    page = sheet(panels, title, columns, side=2.1 if columns == 3 else 1.75)
    limit = limit_of(impulses)
    reach = _window(extents, impulses.shape[1:]) + 0.5
    for number, axes in enumerate(page.axes):
        which, across = divmod(number, 3)
        plane = impulses[which].take(impulses.shape[1 + across] // 2, axis=across)
        drawn = _plane(axes, plane, limit)
        circle = Circle((0, 0), extents[which], fill=False, color="0.15", linewidth=0.8, ls="--")
        axes.add_patch(circle)
        axes.set(xlim=(-reach, reach), ylim=(reach, -reach))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, integer=True))
        vertical, horizontal = [name for name in "zyx" if name != "zyx"[across]]
        if axes.xaxis.get_tick_params()["labelbottom"]:
            axes.set_xlabel(f"{horizontal} (voxels)", fontsize=7, labelpad=2)
        axes.set_ylabel(f"{vertical} (voxels)", fontsize=7, labelpad=0)
    scale_bar(page, drawn, "h")
    return page.figure


def _plane(axes: Axes, plane: np.ndarray, limit: float) -> AxesImage:
    """One centred plane (H, W), from -limit to limit, the origin at 0."""
    height, width = plane.shape
    left, top = -(width // 2) - 0.5, -(height // 2) - 0.5
    return axes.imshow(
        plane, extent=(left, left + width, top + height, top),
        cmap=DIVERGING, norm=Normalize(-limit, limit),
    )  # fmt: skip


def _window(extents: np.ndarray, size: tuple[int, ...]) -> int:
    """Pixels to show on each side of the origin: a margin about the circles, within the image."""
    return min(ceil(1.3 * extents.max()) + 1, max(size) // 2)
