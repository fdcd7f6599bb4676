"""Transfer functions over the whole frequency plane, in three ways.

Pictures of complex planes. All of one page share one scale.

    K  filters on the page
    H, W  bins of the plane, centred: frequency 0 is at (H // 2, W // 2)
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from specnet.plots.colours import BLUE, DIVERGING, RED, inked, phase_coloured
from specnet.plots.scales import limit_of
from specnet.plots.sheet import (
    U_AXIS,
    V_AXIS,
    Panel,
    Sheet,
    closed,
    frequency_plane,
    label_edges,
    plane_axes,
    scale_bar,
    sheet,
)

Captions = Sequence[Sequence[str]]


def real_and_imaginary_inks(
    planes: np.ndarray,
    labels: Sequence[str],
    captions: Captions,
    title: str,
    unit: str = "pixel",
) -> Figure:
    """|Re H| in blue and |Im H| in red, in one map a filter, as Wood & Larson (2021), Figs. 2-4.

    Args:
        planes: complex (K, H, W).
        labels: K names.
        captions: for each filter what it learned, a line a part.
        title: of the page.
        unit: pixel, or voxel where they are slices.
    """
    page = _page(labels, captions, title)
    limit = limit_of(np.stack([planes.real, planes.imag]))
    for axes, plane in zip(page.axes, closed(planes), strict=True):
        colours = inked(np.abs(plane.real) / limit, np.abs(plane.imag) / limit)
        frequency_plane(axes, colours, planes.shape[1:])
    label_edges(page, *plane_axes(unit))
    _ink_square(page, limit)
    return page.figure


def real_and_imaginary_maps(
    planes: np.ndarray, labels: Sequence[str], captions: Captions, title: str
) -> Figure:
    """Re H and Im H side by side, on one scale with white at 0; arguments as above.

    The line of each part stands over its map.
    """
    panels = [
        Panel(f"{label}, {name}", lines[part : part + 1] if len(lines) == 2 else ())
        for label, lines in zip(labels, captions, strict=True)
        for part, name in enumerate(("Re", "Im"))
    ]
    columns, side = (6, 1.75) if len(planes) > 8 else (4, 2.1)
    page = sheet(panels, title, 2 if len(planes) < 3 else columns, side)
    limit = limit_of(np.stack([planes.real, planes.imag]))
    maps = [part for plane in closed(planes) for part in (plane.real, plane.imag)]
    scale = Normalize(-limit, limit)
    for axes, values in zip(page.axes, maps, strict=True):
        drawn = frequency_plane(axes, values, planes.shape[1:], cmap=DIVERGING, norm=scale)
    label_edges(page, U_AXIS, V_AXIS)
    scale_bar(page, drawn, "Re H, Im H")
    return page.figure


def magnitude_and_phase(
    planes: np.ndarray, labels: Sequence[str], captions: Captions, title: str
) -> Figure:
    """|H| as darkness and arg H as hue, in one map a filter; arguments as above."""
    page = _page(labels, captions, title)
    limit = limit_of(planes)
    for axes, plane in zip(page.axes, closed(planes), strict=True):
        frequency_plane(axes, phase_coloured(plane, limit), planes.shape[1:])
    label_edges(page, U_AXIS, V_AXIS)
    phase_wheel(page, limit)
    return page.figure


def _page(labels: Sequence[str], captions: Captions, title: str) -> Sheet:
    panels = [Panel(label, lines) for label, lines in zip(labels, captions, strict=True)]
    return sheet(panels, title)


def _ink_square(page: Sheet, limit: float) -> None:
    legend = page.legend(0.6, 0.6, inset=0.42)
    ramp = np.linspace(0, 1, 64)
    legend.imshow(inked(*np.meshgrid(ramp, ramp)), extent=(0, limit, 0, limit), origin="lower")
    ends = (0, limit), ("0", f"{limit:.2g}")
    legend.set_xticks(*ends)
    legend.set_yticks(*ends)
    legend.tick_params(labelsize=6.3, length=2, pad=2)
    legend.set_xlabel("|Re H|", fontsize=7, color=BLUE, labelpad=1)
    legend.set_ylabel("|Im H|", fontsize=7, color=RED, labelpad=-4)


def phase_wheel(page: Sheet, limit: float) -> None:
    """The legend of `phase_coloured`: hues around, magnitudes from the middle to the rim."""
    legend = page.legend(0.62, 0.62)
    ramp = np.linspace(-1, 1, 121)
    wheel = ramp - 1j * ramp[:, None]
    colours = phase_coloured(wheel, 1)
    colours[np.abs(wheel) > 1] = 1
    legend.imshow(colours, extent=(-1, 1, -1, 1))
    legend.axis("off")
    for x, y, words in (
        (1.2, 0, "0"),
        (0, 1.22, "π/2"),
        (-1.2, 0, "π"),
        (0, -1.22, "\N{MINUS SIGN}π/2"),
    ):
        legend.text(x, y, words, fontsize=6.3, ha="center", va="center", clip_on=False)
    legend.set_title("arg H", fontsize=7, pad=10)
    legend.text(0, -1.75, f"rim: |H| = {limit:.2g}", fontsize=6.3, ha="center", va="center")
