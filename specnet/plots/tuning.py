"""A search for the best settings: how it went on, and what the metric depends on.

T  trials   P  settings
"""

from collections.abc import Mapping, Sequence

import numpy as np

from specnet.plots.colours import LINE_BLUE, VERMILION
from specnet.plots.curve_sheet import LETTER, WIDTH, sheet
from specnet.plots.readable import Figure
from specnet.plots.ticks import whole_numbers

_GREY = "#5a6b7b"
_NAMES = ("trained to the end", "ended early", "the best so far")
_DIVERGED = "diverged: counts as the worst"


def history(
    trials: Sequence[tuple[int, float | None, bool]],
    metric: str,
    maximise: bool,
    width: float = WIDTH,
) -> Figure:
    """The metric of each trial, and the best so far of those that were trained to the end.

    Args:
        trials: T times number, metric at the best epoch, and whether it was trained to the end;
            None of one that diverged, which is marked at the edge where the worst are.
        metric: `accuracy`, as a share, or another of the validation split.
        maximise: whether more is better.
        width: of the picture in inches.
    """
    diverged = [number for number, value, _ in trials if value is None]
    names = [*_NAMES, _DIVERGED] if diverged else _NAMES
    figure, axes, finish = sheet(width, "Each trial, and the best so far", names)
    factor = 100 if metric.endswith("accuracy") else 1
    known = [(number, factor * value, full) for number, value, full in trials if value is not None]
    done = np.array([(number, value) for number, value, full in known if full])
    early = np.array([(number, value) for number, value, full in known if not full])
    last = max(number for number, _, _ in trials)
    if len(done):
        best = (np.maximum if maximise else np.minimum).accumulate(done[:, 1])
        line = np.append(done[:, 0], last), np.append(best, best[-1])
        axes.step(*line, where="post", color=VERMILION, lw=1.6, label=_NAMES[2], zorder=1)
        axes.scatter(done[:, 0], done[:, 1], s=28, color=LINE_BLUE, lw=0, label=_NAMES[0], zorder=3)
    if len(early):
        axes.scatter(
            early[:, 0],
            early[:, 1],
            s=28,
            marker="x",
            color=_GREY,
            lw=1.4,
            label=_NAMES[1],
            zorder=2,
        )
    if diverged:
        edge, mark = (0.03, "v") if maximise else (0.97, "^")
        axes.scatter(
            diverged,
            [edge] * len(diverged),
            s=36,
            marker=mark,
            color="black",
            lw=0,
            label=_DIVERGED,
            transform=axes.get_xaxis_transform(),
        )
    axes.set(xlabel="trial", ylabel=f"validation {metric}{_unit(metric)}")
    whole_numbers(axes.xaxis)
    axes.margins(y=0.08)
    axes.set_xlim(1 - 0.04 * last - 0.4, last + 0.04 * last + 0.4)
    finish()
    return figure


def importance(shares: Mapping[str, float], metric: str, width: float = WIDTH) -> Figure:
    """How much of the variance of the metric each setting explains, the most above.

    Args:
        shares: P names -> share from 0 to 1.
        metric: as above.
        width: of the picture in inches.
    """
    figure = Figure(figsize=(width, 1.2 + 0.42 * len(shares)), layout="constrained")
    axes = figure.subplots()
    values = 100 * np.array([*shares.values()])
    bars = axes.barh(range(len(values)), values, height=0.6, color=LINE_BLUE)
    axes.bar_label(bars, [f"{value:.0f} %" for value in values], padding=4, fontsize=9)
    axes.set_yticks(range(len(values)), [_tail(name, int(0.4 * width / LETTER)) for name in shares])
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.set_xlim(0, 1.3 * max(values.max(), 1))  # room for the numbers
    axes.set_xlabel("share of its variance (%)")
    figure.suptitle(f"What the validation {metric} depends on", fontsize=11 if width > 6 else 9.5)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    return figure


def _unit(metric: str) -> str:
    return " (%)" if metric.endswith("accuracy") else ""


def _tail(name: str, letters: int) -> str:
    """The end of a name, which tells settings apart."""
    return name if len(name) <= letters else f"...{name[3 - letters :]}"
