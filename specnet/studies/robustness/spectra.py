"""Where in the spectrum attacks put their changes.

V  rows of the half spectrum, U its columns      H, W  bins of the whole plane
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from specnet import analysis
from specnet.plots.frequency_maps import Plane, frequency_maps
from specnet.studies.engine.tables import Short
from specnet.studies.robustness.results import Results

PERTURBATIONS = "perturbations"  # the stem of their picture
_FLOOR = 1e-6  # of the strongest


def perturbations(
    results: Results, short: Short, width: float
) -> Iterator[tuple[str, str, Figure]]:
    """The mean spectrum of the changes that PGD makes, at the radius in the middle."""
    found = {label: middle(results, label) for label in results.labels}
    spectra = {short(label): spectrum for label, (_, spectrum) in found.items()}
    strongest = max(float(spectrum.max()) for spectrum in spectra.values())
    if strongest == 0:  # no image was right to begin with
        return
    shares = {name: spectrum / strongest for name, spectrum in spectra.items()}
    planes = {name: _plane(power, results.size) for name, power in shares.items()}
    radial = {name: _radial(power, results.size) for name, power in shares.items()}
    epsilon = 255 * next(iter(found.values()))[0]
    title = f"What PGD changes, at most {epsilon:.3g}/255 a pixel"
    figure = frequency_maps(planes, radial, title, "mean power (dB of the strongest)", width=width)
    yield PERTURBATIONS, "Mean spectrum of the changes that PGD makes", figure


def middle(results: Results, label: str) -> tuple[float, np.ndarray]:
    """A radius of L-infinity, and the power spectrum of what PGD changes within it, (V, U)."""
    measured = results.of("attacks", label, norm="linf", attack="pgd")
    measured.sort(key=lambda each: each.setting["epsilon"])
    chosen = measured[len(measured) // 2]
    return float(chosen.setting["epsilon"]), chosen.means["spectrum"]


def median_radius(power: np.ndarray, size: tuple[int, int]) -> float | None:
    """The radial frequency in cycles/pixel below which half of the power is; None without any.

    Args:
        power: (V, U).
        size: (H, W) of the images.
    """
    radii = np.hypot(*np.meshgrid(*analysis.frequencies(size), indexing="ij")).ravel()
    order = np.argsort(radii)
    below = np.cumsum(_whole(power, size).ravel()[order])
    if below[-1] == 0:
        return None
    return float(radii[order][np.searchsorted(below, below[-1] / 2)])


def _plane(power: np.ndarray, size: tuple[int, int]) -> Plane:
    return Plane(*analysis.frequencies(size), _decibels(_whole(power, size)))


def _radial(power: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(2, R): radii, and the mean power at them."""
    radii, means = analysis.radial_average(_whole(power, size))
    return np.stack([radii, _decibels(means)])


def _whole(power: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(V, U) -> (H, W), DC in the middle."""
    return analysis.whole_plane(power, size).real


def _decibels(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, _FLOOR))
