"""Pages of equal square panels with a legend next to them: the layout of pictures of filters.

Where panels, titles and legends stand, in inches. What is drawn into them is in the file of each
kind of picture.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from specnet.plots.lines import fitted
from specnet.plots.readable import Figure

Size = tuple[int, int]


def plane_axes(unit: str) -> tuple[str, str]:
    """Names of the axes of a frequency plane, horizontal and vertical; `unit`: pixel or voxel."""
    return f"u (cycles/{unit})", f"v (cycles/{unit})"


U_AXIS, V_AXIS = plane_axes("pixel")

# Inches.
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.62, 1.15, 0.45, 0.5
_ACROSS, _DOWN = 0.22, 0.16  # between panels
_LINE = 0.118  # of small print
_HEADING = 0.2
_TITLE_LINE = 0.19
_SMALL, _NORMAL, _LARGE = 6.0, 8.0, 10.5  # points


@dataclass(frozen=True)
class Panel:
    """One square: its heading, in bold, and its small print, one item a line if need be."""

    heading: str
    caption: Sequence[str] = ()


@dataclass(frozen=True)
class Sheet:
    """A figure with an empty axes for each panel, in reading order, and room on the right.

    Attributes:
        figure: to draw on.
        axes: one a panel; those at the edges are to have labels.
        side: of a panel, in inches.
    """

    figure: Figure
    axes: list[Axes]
    side: float

    def legend(self, width: float, height: float, inset: float = 0.28) -> Axes:
        """An axes of so many inches to the right of the panels, at their top."""
        whole_width, whole_height = self.figure.get_size_inches()
        top = self.axes[0].get_position().y1 * whole_height
        left = whole_width - _RIGHT + inset
        return self.figure.add_axes(
            (left / whole_width, (top - height) / whole_height, width / whole_width,
             height / whole_height)
        )  # fmt: skip


def sheet(
    panels: Sequence[Panel], title: str, columns: int | None = None, side: float = 2.3
) -> Sheet:
    """A page of panels, `columns` to a row; by default 4, or 3 where that leaves fewer gaps."""
    count = len(panels)
    columns = min(columns or (3 if count in (5, 6, 9) else 4), count)
    prints = [_print(panel.caption, side) for panel in panels]
    above = _HEADING + _LINE * max(map(len, prints))
    rows = ceil(count / columns)
    width = _LEFT + columns * side + (columns - 1) * _ACROSS + _RIGHT
    heading = fitted(title, width - _LEFT, _LARGE).splitlines() or [""]
    top = _TOP + _TITLE_LINE * (len(heading) - 1)
    height = top + rows * (above + side) + (rows - 1) * _DOWN + _BOTTOM
    figure = Figure(figsize=(width, height))
    figure.text(
        _LEFT / width, 1 - 0.12 / height, "\n".join(heading),
        fontsize=_LARGE, weight="bold", va="top",
    )  # fmt: skip
    axes = []
    for number, (panel, lines) in enumerate(zip(panels, prints, strict=True)):
        row, column = divmod(number, columns)
        left = _LEFT + column * (side + _ACROSS)
        bottom = height - top - (row + 1) * (above + side) - row * _DOWN
        place = left / width, bottom / height, side / width, side / height
        drawn = _panel(figure, place, column == 0, number + columns >= count)
        _caption(drawn, panel.heading, lines, above, side)
        axes.append(drawn)
    return Sheet(figure, axes, side)


def _panel(
    figure: Figure, place: tuple[float, float, float, float], leftmost: bool, lowest: bool
) -> Axes:
    axes = figure.add_axes(place)
    axes.tick_params(labelsize=_SMALL, length=2, pad=2, labelleft=leftmost, labelbottom=lowest)
    return axes


def label_edges(page: Sheet, horizontal: str, vertical: str) -> None:
    """Names the axes of the panels whose ticks are labelled."""
    for axes in page.axes:
        shown = axes.xaxis.get_tick_params()
        if shown["labelbottom"]:
            axes.set_xlabel(horizontal, fontsize=_NORMAL - 1, labelpad=2)
        if axes.yaxis.get_tick_params()["labelleft"]:
            axes.set_ylabel(vertical, fontsize=_NORMAL - 1, labelpad=2)


def frequency_plane(
    axes: Axes, image: np.ndarray, size: Size | None = None, **options: Any
) -> AxesImage:
    """Shows a centred plane, (H, W) or (H, W, 3), over its frequencies.

    A plane that is closed already comes with the `size` (H, W) that it had before.
    """
    if size is None:
        size = image.shape[0], image.shape[1]
        ends = [(0, 1 - length % 2) for length in size]
        image = np.pad(image, [*ends, (0, 0)][: image.ndim], mode="wrap")
    bottom, right = (
        (bins // 2 + 0.5) / length for bins, length in zip(image.shape, size, strict=False)
    )
    drawn = axes.imshow(image, extent=(-right, right, bottom, -bottom), **options)
    axes.set(xlim=(-0.5, 0.5), ylim=(0.5, -0.5), xticks=(-0.5, 0, 0.5), yticks=(-0.5, 0, 0.5))
    return drawn


def closed(planes: np.ndarray) -> np.ndarray:
    """Centred planes with frequency 1/2 at both ends of axes of even length, where -1/2 is.

    On the left stands the mirror image of the right, which is the same if the plane is Hermitian.

    Args:
        planes: complex (..., H, W).

    Returns:
        (..., H', W') with H' and W' odd.
    """
    height, width = planes.shape[-2:]
    leading = [(0, 0)] * (planes.ndim - 2)
    whole = np.pad(planes, [*leading, (0, 1 - height % 2), (0, 1 - width % 2)], mode="wrap")
    if width % 2 == 0:
        whole[..., 0] = whole[..., ::-1, -1].conj()
    return whole


def scale_bar(page: Sheet, drawn: AxesImage, name: str) -> None:
    """The colour scale of a page, as high as a panel."""
    bar = page.figure.colorbar(drawn, cax=page.legend(0.13, page.side))
    bar.ax.tick_params(labelsize=_SMALL, length=2, pad=2)
    bar.ax.set_title(name, fontsize=_NORMAL - 1, loc="left", pad=4)


def _caption(axes: Axes, heading: str, lines: Sequence[str], room: float, side: float) -> None:
    """Writes the heading at the top of the `room` in inches above a panel, and the lines below."""
    for number, line in enumerate((heading, *lines)):
        height = room - _HEADING + 0.06 - number * _LINE
        style: dict[str, Any] = {"fontsize": _SMALL, "color": "0.25"}
        if number == 0:
            style = {"fontsize": _NORMAL, "weight": "bold"}
        axes.text(0, 1 + height / side, line, transform=axes.transAxes, **style)


def _print(caption: Sequence[str], side: float) -> list[str]:
    """Lines that are as long as a panel is wide, broken between items where possible."""
    longest = int(side * 72 / (0.47 * _SMALL))
    lines: list[str] = []
    for part in caption:
        line = ""
        for item in part.split("; "):
            joined = f"{line}; {item}" if line else item
            if line and len(joined) > longest:
                lines.append(line)
                joined = item
            *full, line = textwrap.wrap(joined, longest) or [""]
            lines += full
        lines.append(line)
    return lines
