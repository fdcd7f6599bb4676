"""The Fourier heat map of Yin et al. 2019 (arXiv 1906.08988): errors under waves of one frequency.

N  images      H, W  their height and width      C  channels
F  frequencies of a map, vertical      G  the same, horizontal
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.study import Measured, Outcome, Setting, check_options, is_size, is_whole

# Root mean square of a wave: L2 norm 15.7 at 224 x 224, as in the paper (which has 4 at 32 x 32).
_DEVIATION = 15.7 / 224


@dataclass(frozen=True)
class Heatmap:
    """Accuracy under each Fourier basis noise, over half of the frequency plane.

    Settings have `vertical` and `horizontal`, the frequency in cycles/pixel (from -1/2 to 1/2, and
    from 0 to 1/2; the other half of the plane is the same by symmetry), and `norm`, the L2 norm of
    the noise in each channel. Each channel of each image gets it with a random sign. As in the
    paper's formula nothing is clipped: clipping adds other frequencies.

    Args:
        norm: in units of the pixel range; if not given, that of a wave of root mean square 0.07,
            which is the paper's 15.7 at 224 x 224.
        levels: how fine the map gets: its frequencies are 1 / 2^(levels + 1) cycles/pixel apart, or
            as near to that as the size of the images allows. One more costs four times the time.
    """

    norm: float | None = None
    levels: int = 4
    name: str = "heatmap"

    def __post_init__(self) -> None:
        norms = () if self.norm is None else (self.norm,)
        check_options(self.name, "norm", norms, is_size, "a number, 0 or more")
        allowed = partial(is_whole, least=1)
        check_options(self.name, "levels", (self.levels,), allowed, "a whole number, 1 or more")

    def settings(self, size: tuple[int, int]) -> list[Setting]:
        """Each frequency once, the coarsest grid first, then those between."""
        norm = _DEVIATION * float(np.sqrt(size[0] * size[1])) if self.norm is None else self.norm
        bins = dict.fromkeys(
            each for level in range(1, self.levels + 1) for each in _half_plane(size, level)
        )
        return [
            {"vertical": row / size[0], "horizontal": column / size[1], "norm": round(norm, 6)}
            for row, column in bins
        ]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`."""
        noise = basis_noise(images.shape[1:3], _frequency(setting)) * float(setting["norm"])
        count, channels = len(images), images.shape[3]
        signs = 2 * np.random.default_rng(seed).integers(0, 2, (count, 1, 1, channels)) - 1
        shown = images + noise.astype("float32")[:, :, None] * signs.astype("float32")
        return Outcome(classifier.predict(shown) == labels)


def basis_noise(size: tuple[int, int], frequency: tuple[float, float]) -> np.ndarray:
    """A real wave of L2 norm 1 whose spectrum is 0 but at one frequency and its opposite.

    Args:
        size: (H, W).
        frequency: vertical and horizontal, in cycles/pixel; a bin of the DFT of that size.

    Returns:
        float64 (H, W): a cosine with its crest at the first pixel.
    """
    rows, columns = np.ogrid[: size[0], : size[1]]
    wave = np.cos(2 * np.pi * (frequency[0] * rows + frequency[1] * columns))
    return wave / np.linalg.norm(wave)


class ErrorMap(NamedTuple):
    """Error rates over half of the frequency plane; not a number where nothing was measured.

    Attributes:
        vertical: (F,), in cycles/pixel, ascending.
        horizontal: (G,), in cycles/pixel, ascending.
        errors: (F, G), in [0, 1].
    """

    vertical: np.ndarray
    horizontal: np.ndarray
    errors: np.ndarray


def error_map(measured: Iterable[Measured]) -> ErrorMap:
    """What `Heatmap` measured, as a picture; its frequencies may be unevenly spaced.

    Bins with two places in this half of the plane, at its edges, are drawn at both.
    """
    places = {place: 1 - m.count.share for m in measured for place in _places(m.setting)}
    vertical, rows = np.unique([row for row, _ in places], return_inverse=True)
    horizontal, columns = np.unique([column for _, column in places], return_inverse=True)
    errors = np.full((len(vertical), len(horizontal)), np.nan)
    errors[rows, columns] = list(places.values())
    return ErrorMap(vertical, horizontal, errors)


def radial_errors(measured: Iterable[Measured], width: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean error rate by radius: middles of rings in cycles/pixel, and the means, without gaps.

    Args:
        measured: what `Heatmap` measured.
        width: of a ring, in cycles/pixel.
    """
    results = list(measured)
    radii = np.array([np.hypot(*_frequency(m.setting)) for m in results])
    rings, members = np.unique((radii / width).round().astype(int), return_inverse=True)
    weights = np.array([1 if _is_own_mirror_image(m.setting) else 2 for m in results])
    errors = np.array([1 - m.count.share for m in results])
    totals = np.bincount(members, weights * errors) / np.bincount(members, weights)
    return rings * width, totals


def _frequency(setting: Setting) -> tuple[float, float]:
    return float(setting["vertical"]), float(setting["horizontal"])


def _places(setting: Setting) -> set[tuple[float, float]]:
    """Where the bin of a setting, or its opposite, is found in the half plane."""
    vertical, horizontal = _frequency(setting)
    twice = any(2 * frequency % 1 == 0 for frequency in (vertical, horizontal))
    return {(vertical, horizontal), (-vertical if twice else vertical, horizontal)}


def _is_own_mirror_image(setting: Setting) -> bool:
    """Whether a frequency and its opposite are one bin."""
    return all(2 * frequency % 1 == 0 for frequency in _frequency(setting))


def _half_plane(size: tuple[int, int], level: int) -> list[tuple[int, int]]:
    """Bins (row, column) 1 / 2^(level + 1) cycles/pixel apart; of two opposite ones, one."""
    rows, columns = (_bins(length, 2**level) for length in size)
    alone = {0, size[1] / 2}  # columns that hold the opposites of their own bins
    mirrored = [-row for row in reversed(rows) if 0 < row < size[0] / 2]
    return [
        (row, column)
        for row in [*mirrored, *rows]
        for column in columns
        if row >= 0 or column not in alone
    ]


def _bins(length: int, intervals: int) -> list[int]:
    """Bins from 0 to the highest, `intervals` from end to end, evenly but for rounding."""
    return sorted({int(k) for k in np.linspace(0, length // 2, intervals + 1).round()})
