"""What layers make of an image: pictures in space, and their spectra below.

Channels of layers as pictures, all of a row on one scale.

    N  channels   H, W  height and width of the image, in pixels; bins of the centred plane
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from specnet.plots.lines import fitted
from specnet.plots.readable import Figure
from specnet.plots.scales import DEPTH, decibels, limit_of
from specnet.plots.sheet import frequency_plane, plane_axes

_SIDE = 1.35  # inches of a panel
_SMALL, _NORMAL = 6.5, 8.0  # points
_NOTE = 5.5  # inches that the note below the overview takes


@dataclass(frozen=True)
class Row:
    """Some channels of one layer.

    Attributes:
        title: of the layer.
        labels: N names.
        pictures: (N, H, W) in space; or the photograph itself, uint8 (1, H, W, C).
        spectra: complex (N, H, W), of the pictures, DC in the middle.
    """

    title: str
    labels: Sequence[str]
    pictures: np.ndarray
    spectra: np.ndarray


def channels(row: Row, unit: str = "pixel") -> Figure:
    """The channels of one layer in space, and the magnitudes of their spectra below or next to.

    All pictures have one scale, and so have all spectra. `unit`: pixel, or voxel of slices.
    """
    count = len(row.pictures)
    shape, size = ((1, 2), (5.4, 2.4)) if count == 1 else ((2, count), (1.2 + _SIDE * count, 3.5))
    title = fitted(row.title, size[0] - 0.2, 10)
    size = size[0], size[1] + 0.17 * title.count("\n")
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title, fontsize=10, weight="bold")
    above, below = figure.subplots(*shape, squeeze=False).reshape(2, count)
    drawn, shades = _pictures(above, row.pictures), _spectra(below, row.spectra)
    for axes, label in zip(above, row.labels, strict=True):
        axes.set_title(label, fontsize=_NORMAL, pad=3)
        axes.set_xlabel(f"column ({unit})", fontsize=_NORMAL)
    above[0].set_ylabel(f"row ({unit})", fontsize=_NORMAL)
    horizontal, vertical = plane_axes(unit)
    below[0].set_ylabel(vertical, fontsize=_NORMAL)
    for axes in below:
        axes.set_xlabel(horizontal, fontsize=_NORMAL)
    if drawn is not None:
        _bar(figure, drawn, above, "value")
    _bar(figure, shades, below, "dB of the strongest")
    return figure


def overview(rows: Sequence[Row], title: str) -> Figure:
    """A row for each layer: some channels in space at the left, their spectra at the right.

    Each layer has scales of its own: strengths of two layers do not compare.
    """
    most = max(len(row.pictures) for row in rows)
    size = (max(1.4 + 2 * most * 0.95, _NOTE), 1.0 + 1.13 * len(rows))
    tight = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.03, wspace=0, hspace=0)
    figure = Figure(figsize=size, layout=tight)
    figure.suptitle(fitted(title, size[0] - 0.2, 10), fontsize=10, weight="bold")
    widths = [1.0] * most + [0.12] + [1.0] * most
    grid = figure.subplots(len(rows), len(widths), squeeze=False, width_ratios=widths)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, row in zip(grid, rows, strict=True):
        _layer(line[:most], line[most + 1 :], row)
    figure.supxlabel(
        "Left: in space; black is 0, or mid-grey where there are negative values.\nRight: "
        "magnitude spectra, frequency 0 in the middle, from the strongest bin to "
        f"\N{MINUS SIGN}{DEPTH} dB.",
        fontsize=_NORMAL,
    )
    return figure


def _layer(left: np.ndarray, right: np.ndarray, row: Row) -> None:
    """One row of the overview."""
    count = len(row.pictures)
    _pictures(left[:count], row.pictures)
    for axes in left[:count]:  # a frame: a channel that is white everywhere is seen too
        axes.set_axis_on()
        axes.tick_params(bottom=False, left=False, labelbottom=False, labelleft=False)
        axes.spines[:].set(color="0.6", linewidth=0.5)
    _spectra(right[:count], row.spectra)
    for axes, label in zip(left, row.labels, strict=False):
        axes.set_title(label, fontsize=_SMALL, pad=2)
    left[0].text(
        -0.08, 0.5, fitted(row.title, 2.2, _NORMAL), transform=left[0].transAxes, fontsize=_NORMAL,
        ha="right", va="center",
    )  # fmt: skip


def _pictures(line: np.ndarray, pictures: np.ndarray) -> AxesImage | None:
    """Draws them on one scale of grey; returns the drawn image, None of a photograph."""
    for place, axes in enumerate(line):
        axes.tick_params(labelsize=_SMALL, length=2, pad=2, labelleft=place == 0)
    if pictures.ndim == 4:
        photograph = pictures[0, ..., 0] if pictures.shape[-1] == 1 else pictures[0]
        line[0].imshow(photograph, cmap="gray", vmin=0, vmax=255)
    else:
        scale = _scale(pictures)
        for axes, picture in zip(line, pictures, strict=True):
            drawn = axes.imshow(picture, cmap="gray", norm=scale, interpolation="nearest")
    for axes in line:
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(3, integer=True))
    return None if pictures.ndim == 4 else drawn


def _scale(values: np.ndarray) -> Normalize:
    """From 0, or around it; a few pixels in a thousand may lie beyond."""
    low, high = np.percentile(values, (0.5, 99.5))
    reach = max(-low, high) or 1.0
    return Normalize(-reach if low < -0.01 * reach else 0, reach)


def _spectra(line: np.ndarray, spectra: np.ndarray) -> AxesImage:
    """Draws their magnitudes in decibels of the strongest bin of all."""
    magnitudes = decibels(spectra, limit_of(spectra))
    for place, (axes, plane) in enumerate(zip(line, magnitudes, strict=True)):
        drawn = frequency_plane(axes, plane, cmap="magma", norm=Normalize(-DEPTH, 0))
        axes.tick_params(labelsize=_SMALL, length=2, pad=2, labelleft=place == 0)
    return drawn


def _bar(figure: Figure, drawn: AxesImage, axes: np.ndarray, name: str) -> None:
    bar = figure.colorbar(drawn, ax=list(axes), pad=0.01, aspect=14)
    bar.set_label(name, fontsize=_NORMAL)
    bar.ax.tick_params(labelsize=_SMALL, length=2, pad=2)
