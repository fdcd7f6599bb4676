"""Curves over the epochs of a training."""

from collections.abc import Mapping, Sequence

from specnet.plots.colours import GREEN, LINE_BLUE, VERMILION
from specnet.plots.lines import fitted
from specnet.plots.readable import Figure
from specnet.plots.ticks import whole_numbers

TRAINING, VALIDATION, ATTACKED = LINE_BLUE, VERMILION, GREEN


def history(rows: Sequence[Mapping[str, float]], metric: str, title: str) -> Figure:
    """Loss and another metric by epoch, training and validation.

    Args:
        rows: one mapping an epoch, with epoch, loss, val_loss, and the same two of the metric;
            perhaps also val_attacked_ and the metric, of validation images under attack.
        metric: its name.
        title: what was trained.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    figure.suptitle(fitted(title, 9, 12))
    epochs = [row["epoch"] for row in rows]
    for axes, key in zip(figure.subplots(1, 2), ("loss", metric), strict=True):
        for prefix, colour, label in (
            ("", TRAINING, "training"),
            ("val_", VALIDATION, "validation"),
            ("val_attacked_", ATTACKED, "validation, attacked"),
        ):
            if prefix + key not in rows[0]:
                continue
            values = [row[prefix + key] for row in rows]
            axes.plot(epochs, values, color=colour, label=label, marker="o", markersize=3)
        axes.set(xlabel="epoch", ylabel=key)
        whole_numbers(axes.xaxis)
        axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure
