"""How a classifier fared."""

from collections.abc import Sequence

import numpy as np

from specnet.plots.lines import fitted
from specnet.plots.readable import Figure

_NUMBERED, _NAMED = 30, 60  # classes, beyond which numbers, or all names, cannot be read


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str], title: str) -> Figure:
    """A confusion matrix: shade is the share of the true class, numbers, of 30 classes, are images.

    Args:
        matrix: K x K images, rows true and columns predicted.
        classes: K names.
        title: which run and split.
    """
    counts = np.asarray(matrix)
    side = 2.2 + 0.6 * min(len(classes), _NUMBERED)
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    axes = figure.subplots()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(shades, label="share of the true class", shrink=0.8)
    step = -(-len(classes) // _NAMED)
    ticks, names = range(0, len(classes), step), classes[::step]
    axes.set_xticks(ticks, names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, names)
    axes.set(xlabel="predicted", ylabel="true", title=fitted(title, side, 12))
    for row, column in np.ndindex(counts.shape if len(classes) <= _NUMBERED else (0, 0)):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    return figure
