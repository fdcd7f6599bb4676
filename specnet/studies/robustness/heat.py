"""What a heat map comes to: its mean, its worst frequency, and the whole plane of it.

F  frequencies that were measured      H, W  those that are drawn, over the whole plane
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from specnet.plots.frequency_maps import Plane
from specnet.robustness.study import Count, Measured
from specnet.studies.robustness.results import Results, differ, mean


@dataclass(frozen=True)
class Heat:
    """Errors of one run.

    Attributes:
        clean: without noise.
        mean: over all frequencies that were measured.
        worst: at the frequency where it is largest.
        place: that frequency, vertical and horizontal, in cycles/pixel.
        norm: of the noise.
        misleads: whether the worst, chosen among all of them, is shown to be worse than no noise.
    """

    clean: Count
    mean: Count
    worst: Count
    place: tuple[float, float]
    norm: float
    misleads: bool


def heat(results: Results, label: str) -> Heat:
    """The errors of a run."""
    found = results.of("heatmap", label)
    worst, clean = min(found, key=lambda each: each.count.share), results.clean(label)
    return Heat(
        clean.count.wrong(),
        mean(found).wrong(),
        worst.count.wrong(),
        frequency(worst),
        float(worst.setting["norm"]),
        differ(clean.right, worst.right, len(found), "greater"),
    )


def frequency(measured: Measured) -> tuple[float, float]:
    """Vertical and horizontal, in cycles/pixel."""
    return float(measured.setting["vertical"]), float(measured.setting["horizontal"])


def plane(found: list[Measured]) -> Plane:
    """Errors in percent over the whole plane: each frequency has that of the nearest measured one.

    The noise of a frequency is that of its opposite, so half of the plane tells the other.
    """
    places = np.array([frequency(each) for each in found])
    errors = np.array([100 * each.count.wrong().share for each in found])
    vertical, horizontal = (_axis(places[:, axis]) for axis in (0, 1))
    nearest = KDTree(np.concatenate([places, -places]))
    _, chosen = nearest.query(np.stack(np.meshgrid(vertical, horizontal, indexing="ij"), axis=-1))
    return Plane(vertical, horizontal, np.concatenate([errors, errors])[chosen])


def _axis(frequencies: np.ndarray) -> np.ndarray:
    """As many even steps from one end of the plane to the other as were measured."""
    count = len(np.unique(np.abs(frequencies)))
    return np.linspace(-0.5, 0.5, 2 * count - 1)
