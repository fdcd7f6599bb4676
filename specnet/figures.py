"""Plain arrays -> Matplotlib figures. Callers save them; nothing here knows Keras or files."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

# Blue and vermilion of Okabe & Ito, told apart by colour-blind eyes too.
TRAINING, VALIDATION = "#0072b2", "#d55e00"


def history(rows: Sequence[Mapping[str, float]], title: str) -> Figure:
    """Loss and accuracy by epoch, training and validation.

    Args:
        rows: one mapping an epoch, with epoch, loss, accuracy, val_loss and val_accuracy.
        title: what was trained.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(title)
    epochs = [row["epoch"] for row in rows]
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for prefix, colour, label in (
            ("", TRAINING, "training"),
            ("val_", VALIDATION, "validation"),
        ):
            values = [row[prefix + key] for row in rows]
            axes.plot(epochs, values, color=colour, label=label, marker="o", markersize=3)
        axes.set(xlabel="epoch", ylabel=key)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


def confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str], title: str) -> Figure:
    """A confusion matrix: shade is the share of the true class, numbers are images.

    Args:
        matrix: K x K images, rows true and columns predicted.
        classes: K names.
        title: which run and split.
    """
    counts = np.asarray(matrix)
    side = 2.2 + 0.6 * len(classes)
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    axes = figure.subplots()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(shades, label="share of the true class", shrink=0.8)
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, classes)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    for row, column in np.ndindex(counts.shape):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    return figure
