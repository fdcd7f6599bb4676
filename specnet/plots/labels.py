"""Names next to the points of a scatter, where they hide neither each other nor the points.

N  points   M  lines
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from specnet.plots.lines import fitted
from specnet.plots.readable import make_readable

_DIRECTIONS = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]
_DISTANCES = (6, 10, 15, 22, 30, 40)
_WIDEST = 0.4  # of the axes, of a label in one line
_FRAME = 4  # pixels from the frame of the axes, which a label must not touch
_NEAR = 10  # a label that is farther away gets a line to its point
_SIDE = {1: "left", 0: "center", -1: "right"}
_LEVEL = {1: "bottom", 0: "center", -1: "top"}


def label_points(
    axes: Axes,
    points: np.ndarray,
    labels: Sequence[str],
    colours: Sequence[str],
    avoid: np.ndarray,
    size: float = 8,
) -> list[Annotation]:
    """Writes each label next to its point, on the first free side; the farther, the less liked.

    The scales, limits and place of `axes` must be final, and the figure's layout not a constrained
    one, which would move them afterwards.

    Args:
        points: (N, 2), in data coordinates.
        labels, colours: N of each; long labels are written in lines.
        avoid: (M, 2, 2), ends of straight lines in data coordinates that labels should not cross.
        size: of the letters, in points.
    """
    inches = _WIDEST * axes.get_window_extent().width / axes.figure.dpi
    labels = [fitted(label, inches, size) for label in labels]
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in axes.transData.transform(points)]
    ends = axes.transData.transform(avoid.reshape(-1, 2)).reshape(avoid.shape)
    taken += [Bbox([line.min(0), line.max(0)]).padded(1) for line in ends]
    written = []
    for point, label, colour in zip(points, labels, colours, strict=True):
        shift, box = _best_shift(axes, point, label, taken, size)
        taken.append(box)
        written.append(_note(axes, point, label, shift, size))
        written[-1].set_color(colour)
        if max(map(abs, shift)) > _NEAR:
            _connect(axes, point, shift, colour)
    return written


def _best_shift(
    axes: Axes, point: np.ndarray, label: str, taken: Sequence[Bbox], size: float
) -> tuple[tuple[int, int], Bbox]:
    """By how many points the label goes, to cover least of what is taken; its box in pixels."""
    tried: list[tuple[float, int, tuple[int, int], Bbox]] = []
    for distance in _DISTANCES:
        for across, up in _DIRECTIONS:
            shift = (across * distance, up * distance)
            note = _note(axes, point, label, shift, size)
            box = note.get_window_extent().padded(1)
            note.remove()
            tried.append((_covered(axes, box, taken), len(tried), shift, box))
            if tried[-1][0] == 0:
                return shift, box
    return min(tried, key=lambda each: each[:2])[2:]


def _note(
    axes: Axes, point: np.ndarray, label: str, shift: tuple[int, int], size: float
) -> Annotation:
    note = axes.annotate(
        label,
        (point[0], point[1]),
        shift,
        textcoords="offset points",
        ha=_SIDE[int(np.sign(shift[0]))],
        va=_LEVEL[int(np.sign(shift[1]))],
        fontsize=size,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )
    make_readable(note)  # it is measured before the figure is drawn
    return note


def _connect(axes: Axes, point: np.ndarray, shift: tuple[int, int], colour: str) -> None:
    line = {"arrowstyle": "-", "lw": 0.5, "color": colour, "shrinkA": 0, "shrinkB": 3}
    place = (point[0], point[1])
    axes.annotate("", place, shift, textcoords="offset points", arrowprops=line)


def _covered(axes: Axes, box: Bbox, taken: Sequence[Bbox]) -> float:
    """Square pixels of `box` over what is taken or outside the frame."""
    shared = (Bbox.intersection(box, other) for other in (*taken, axes.bbox.padded(-_FRAME)))
    *areas, inside = (each.width * each.height if each else 0 for each in shared)
    return float(sum(areas) + max(box.width * box.height - inside, 0))
