"""One image pooled by several methods and factors, side by side.

H, W  height and width of an image, in pixels; C its channels, 1 or 3
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine

from specnet.plots.lines import fitted
from specnet.plots.readable import Figure

_LABEL = 8.5  # points
_NARROWEST = 4.4  # inches, for the title and the note


@dataclass(frozen=True)
class Pooled:
    """One image after pooling.

    Attributes:
        image: (h, w, C), 0 is black and 1 is white; what lies beyond is cut off.
        error: what is lost, as a share of the image's contrast; 0 if nothing is.
    """

    image: np.ndarray
    error: float


def pooling(
    image: np.ndarray,
    rows: Mapping[str, Sequence[Pooled]],
    factors: Sequence[int],
    title: str,
    note: str,
) -> Figure:
    """Rows are methods, columns are factors; every picture is enlarged to the same size.

    Args:
        image: (H, W, C) as it was, 0 is black and 1 is white; at the left.
        rows: method -> its pictures, one for each factor.
        factors: how many pixels become one.
        title: what the image is.
        note: what the numbers below the pictures mean.
    """
    height, width = image.shape[:2]
    cell = 1.35, min(max(0.5, 1.35 * height / width), 2.7)
    across, down = len(factors) + 1, len(rows)
    width_in = max(0.45 + (cell[0] + 0.06) * across, _NARROWEST)
    title, note = fitted(title, width_in, 11), fitted(note, 1.2 * width_in, _LABEL)
    more = 0.18 * (title.count("\n") + max(note.count("\n") - 1, 0))
    size = (width_in, 1.0 + (cell[1] + 0.24) * down + more)
    tight = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    figure = Figure(figsize=size, layout=tight)
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(down, across, squeeze=False)
    for line, (method, pictures) in zip(grid, rows.items(), strict=True):
        _show(line[0], image)
        line[0].set_ylabel(method, fontsize=10)
        for axes, pooled in zip(line[1:], pictures, strict=True):
            _show(axes, pooled.image)
            axes.set_xlabel(f"error {100 * pooled.error:.0f} %", fontsize=_LABEL, labelpad=2)
    heads = [f"original\n{height} x {width}"]
    first = next(iter(rows.values()))
    heads += [f"{n:,} to 1\n{_size(p.image)}" for n, p in zip(factors, first, strict=True)]
    for axes, head in zip(grid[0], heads, strict=True):
        axes.set_title(head, fontsize=_LABEL + 0.5, pad=4)
    figure.supxlabel(note, fontsize=_LABEL)
    return figure


def _show(axes: Axes, image: np.ndarray) -> None:
    shades = np.clip(image, 0, 1)
    grey = shades.shape[-1] == 1
    axes.imshow(
        shades[..., 0] if grey else shades,
        cmap="gray" if grey else None,
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    axes.set_xticks([])
    axes.set_yticks([])


def _size(image: np.ndarray) -> str:
    return f"{image.shape[0]} x {image.shape[1]}"
