"""Autoencoders side by side: what comes back of images, how fast, and at what cost.

N images   H, W  height and width in pixels   C  channels
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from specnet.plots.colours import DIVERGING
from specnet.plots.flexibility import OTHER, draw_front, front, front_words
from specnet.plots.readable import Figure
from specnet.plots.ticks import plain_numbers, whole_numbers

_CELL = 0.62  # inches of one small picture
_HEADING = 1.2  # inches of what stands over a row of them
_LETTER, _SCALE = 0.085, 1.05  # inches of a letter in a name, and for the scale at the right
_STYLES = ("-", "--", ":", "-.")


def reconstructions(images: np.ndarray, returned: Mapping[str, np.ndarray]) -> Figure:
    """Images in the first row, and a row for each encoder: what comes back, and how it is off.

    Args:
        images: (N, H, W, C), in [0, 1].
        returned: encoder -> (N, H, W, C), in [0, 1].
    """
    count = len(images)
    errors = {label: _signed(back - images) for label, back in returned.items()}
    limit = max(np.abs(error).max() for error in errors.values()) or 1
    figure, grid = _grid(count, ["test image", *returned])
    grey: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1}
    signed: dict[str, Any] = {"cmap": DIVERGING, "vmin": -limit, "vmax": limit}
    for line, (label, pictures) in enumerate({"test image": images, **returned}.items()):
        for column, picture in enumerate(pictures):
            grey_levels = picture[..., 0] if picture.shape[-1] == 1 else picture
            axes = _tile(figure, grid[line, column], grey_levels, grey)
            if column == 0:
                axes.set_ylabel(label, rotation=0, ha="right", va="center", labelpad=6, fontsize=9)
        for column, error in enumerate(errors.get(label, ())):
            axes = _tile(figure, grid[line, count + 1 + column], error, signed)
    _titles(figure, grid, count)
    inch = 1 / figure.get_size_inches()[0]
    bar = figure.add_axes((axes.get_position().x1 + 0.15 * inch, 0.12, 0.12 * inch, 0.6))
    scale = figure.colorbar(axes.images[0], cax=bar, label="share of white")
    scale.ax.tick_params(labelsize=8)
    return figure


def _signed(changes: np.ndarray) -> np.ndarray:
    """The root mean square over channels (N, H, W), negative where it is darker on the whole."""
    size = np.sqrt(np.square(changes).mean(axis=-1))
    return np.where(changes.mean(axis=-1) < 0, -size, size)


def _grid(count: int, names: Sequence[str]) -> tuple[Figure, Any]:
    """A row for each name, twice `count` cells with a gap between, and room for a scale."""
    left = _LETTER * max(map(len, names)) + 0.2
    cell = max(_CELL, _HEADING / count)
    width, height = left + (2 * count + 0.4) * cell + _SCALE, (len(names) + 0.9) * cell
    figure = Figure(figsize=(width, height))
    return figure, figure.add_gridspec(
        len(names),
        2 * count + 1,
        left=left / width,
        right=1 - _SCALE / width,
        top=1 - 0.5 * cell / height,
        bottom=0.1 * cell / height,
        wspace=0.06,
        hspace=0.06,
        width_ratios=[1] * count + [0.4] + [1] * count,
    )


def loss_curves(losses: Mapping[str, np.ndarray]) -> Figure:
    """Validation loss by epoch, a line for each encoder; the legend is in the order given."""
    figure = Figure(figsize=(8.2, 4.6), layout="constrained")
    axes = figure.subplots()
    for (label, values), style in zip(_coloured(losses), cycle(_STYLES), strict=False):
        name, colour = label
        mark = "o" if len(values) == 1 else ""  # a single epoch is no line
        epochs = np.arange(1, len(values) + 1)
        axes.plot(epochs, values, style, color=colour, label=name, lw=1.4, marker=mark)
    axes.set(xlabel="epoch", ylabel="validation loss", yscale="log", title="How fast each learns")
    whole_numbers(axes.xaxis)
    plain_numbers(axes.yaxis)
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def loss_against_parameters(
    costs: Mapping[str, tuple[int, float, float | None]],
) -> Figure:
    """Validation loss against the parameters of the encoder, with the front of the best.

    Args:
        costs: encoder -> parameters, mean loss, and its standard deviation over seeds if known.
    """
    figure = Figure(figsize=(9.6, 6.4))
    axes = figure.add_axes((0.09, 0.13, 0.895, 0.81))
    points = np.array([(parameters, loss) for parameters, loss, _ in costs.values()])
    spread = np.array([spread or 0 for _, _, spread in costs.values()])
    best = front(points * (1, -1))
    axes.set(
        xlabel="parameters of the encoder",
        ylabel="validation loss",
        xscale="log",
        title="What an encoder costs, and what it reaches (lower left is better)",
        xlim=(points[:, 0].min() / 1.6, points[:, 0].max() * 2.2),
    )
    plain_numbers(axes.xaxis)
    axes.margins(y=0.08)
    axes.grid(alpha=0.3, which="both")
    draw_front(axes, points, spread, best, list(costs))
    bars = "; bars: std over seeds" if spread.any() else ""
    figure.text(0.09, 0.02, front_words(best) + bars, fontsize=8, color=OTHER)
    return figure


def _tile(figure: Figure, place: Any, picture: np.ndarray, options: dict[str, Any]) -> Axes:
    axes = figure.add_subplot(place)
    axes.imshow(picture, **options)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def _titles(figure: Figure, grid: Any, count: int) -> None:
    top = figure.axes[0].get_position()
    for first, words in ((0, "what comes back"), (count + 1, "less the image")):
        left = grid[0, first].get_position(figure).x0
        figure.text(left, top.y1 + 0.01, words, fontsize=10, weight="bold", va="bottom")


def _coloured(values: Mapping[str, Any]) -> list[tuple[tuple[str, Any], Any]]:
    """((name, colour), value) for each, colours spread over a map."""
    colours = colormaps["turbo"](np.linspace(0.05, 0.95, len(values)))
    named = zip(values, colours, strict=True)
    return list(zip(named, values.values(), strict=True))
