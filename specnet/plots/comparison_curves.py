"""Trainings of some networks side by side, over their steps, their seconds and their epochs.

T  trials   S  steps   E  epochs
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from specnet.plots.curve_sheet import WIDTH, looks, sheet
from specnet.plots.ticks import plain_numbers, whole_numbers

_POINTS = 200  # of a curve of losses: each a mean over so many steps that there are about as many
_FEW = 20  # points of a curve that have marks: a single one is no line


def loss_against_step(losses: Mapping[str, np.ndarray], width: float = WIDTH) -> Figure:
    """Training loss against the step: mean over trials, and a band over all of them.

    Args:
        losses: name -> (T, S), the loss of each step of each trial.
        width: of the picture in inches.
    """
    figure, axes, finish = sheet(width, "How fast each learns", [*losses])
    for name, look in looks([*losses]).items():
        steps, smooth = smoothed(losses[name])
        line = {"color": look["color"], "linestyle": look["linestyle"]}
        low, high = smooth.min(0), smooth.max(0)
        axes.fill_between(steps, low, high, color=look["color"], alpha=0.15, lw=0)
        mark = look["marker"] if len(steps) < _FEW else ""
        axes.plot(steps, smooth.mean(0), lw=1.6, ms=4, marker=mark, label=name, **line)
    axes.set(xlabel="step", ylabel="training loss (mean; band: all trials)", yscale="log")
    plain_numbers(axes.yaxis)
    axes.tick_params(axis="y", which="minor", labelsize=8)
    finish()
    return figure


def smoothed(losses: np.ndarray, points: int = _POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Means over stretches of steps: the middle of each stretch, (P,), and the means, (T, P).

    Args:
        losses: (T, S).
        points: P at most is about twice that.
    """
    trials, steps = losses.shape
    length = max(1, steps // points)
    count = steps // length
    means = losses[:, : count * length].reshape(trials, count, length).mean(-1)
    return 1 + np.arange(count) * length + (length - 1) / 2, means


def accuracy_against_seconds(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    targets: Mapping[str, float],
    width: float = WIDTH,
) -> Figure:
    """Validation accuracy against seconds of training, a mark an epoch; means over trials.

    Args:
        curves: name -> seconds from the start to the end of each epoch, and accuracies as shares,
            (T, E) both.
        targets: name of a baseline -> the validation accuracy that it ends with, drawn as a line.
        width: of the picture in inches.
    """
    names = [*curves, *(f"end of {name}" for name in targets)]
    figure, axes, finish = sheet(width, "What a second buys (each mark is an epoch)", names)
    looked = looks([*curves])
    for name, (seconds, accuracies) in curves.items():
        look, across = looked[name], seconds.mean(0)
        low, high = (100 * accuracies.min(0), 100 * accuracies.max(0))
        axes.fill_between(across, low, high, color=look["color"], alpha=0.12, lw=0)
        axes.plot(across, 100 * accuracies.mean(0), ms=4, lw=1.6, label=name, **look)
    for name, target in targets.items():
        # Named below: any place within the axes may be that of the last point of a curve.
        colour = looked[name]["color"]
        axes.axhline(100 * target, color=colour, lw=1.5, ls=":", zorder=1, label=f"end of {name}")
    axes.set(
        xlabel="seconds of training, compilation included",
        ylabel="validation accuracy (%; band: all trials)",
    )
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlim(left=0)
    finish()
    return figure


def attacked_against_epoch(curves: Mapping[str, np.ndarray], width: float = WIDTH) -> Figure:
    """What an attack leaves right after each epoch: mean over trials, and a band over all of them.

    It falls to nothing within an epoch or two where training with FGSM overfits catastrophically.

    Args:
        curves: name -> (T, E), shares of the validation images.
        width: of the picture in inches.
    """
    figure, axes, finish = sheet(width, "What PGD leaves right after each epoch", [*curves])
    for name, look in looks([*curves]).items():
        shares = 100 * curves[name]
        epochs = np.arange(1, shares.shape[1] + 1)
        low, high = shares.min(0), shares.max(0)
        axes.fill_between(epochs, low, high, color=look["color"], alpha=0.15, lw=0)
        axes.plot(epochs, shares.mean(0), lw=1.6, ms=4, label=name, **look)
    axes.set(xlabel="epoch", ylabel="validation images right (%; band: all trials)")
    whole_numbers(axes.xaxis)
    axes.set_ylim(bottom=0)
    finish()
    return figure
