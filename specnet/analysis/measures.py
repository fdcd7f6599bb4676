"""Numbers and curves that sum up a filter: how far it reaches, what it passes in each direction.

NumPy functions of centred planes and impulse responses (`frequency_plane.py`).

    ...  any leading axes, such as K transfer functions
    H, W  height and width of the plane or of the image
    R  rings of radial frequency   A  directions
"""

from functools import reduce

import numpy as np

from specnet.analysis.frequency_plane import frequencies
from specnet.ops.grids import ix

_NYQUIST = 0.5  # cycles/pixel
_DEGREES = 5.0  # between directions


def extent(impulses: np.ndarray, share: float = 0.9, rank: int = 2) -> np.ndarray:
    """How far from a pixel a filter sees: the radius that holds this share of its energy.

    The radius is about the origin, not about the middle of the energy, so that a filter which
    shifts the image reaches as far as it shifts.

    Args:
        impulses: (..., H, W), centred.
        share: of the sum of squares, in (0, 1].
        rank: axes of space: of signals (..., T) 1, in samples.

    Returns:
        The radius in pixels, (...): the smallest distance of a pixel within which the share lies.
        0 for a filter of one pixel, and for one that is 0 everywhere.
    """
    places = [np.arange(length) - length // 2 for length in impulses.shape[-rank:]]
    distances = np.abs(reduce(np.hypot, ix(places))).ravel()
    order = np.argsort(distances, kind="stable")
    energy = np.square(impulses, dtype="float64").reshape(*impulses.shape[:-rank], -1)[..., order]
    held = np.cumsum(energy, axis=-1)
    # A share of the last sum itself, less its rounding: 1 must be reached.
    first = np.argmax(held >= share * (1 - 1e-12) * held[..., -1:], axis=-1)
    return distances[order][first]


def radial_average(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|H| averaged over all directions, by radial frequency.

    Args:
        plane: (..., H, W), centred.

    Returns:
        Radii (R,) in cycles/pixel, each the mean over a ring as wide as the coarser step of the
        frequencies, from 0 to the corner of the plane; and averages (..., R).
    """
    vertical, horizontal = frequencies((plane.shape[-2], plane.shape[-1]))
    radii = np.hypot(vertical[:, None], horizontal)
    lengths = [length for length in plane.shape[-2:] if length > 1]
    ring = np.rint(radii * min(lengths, default=1)).astype(int)
    return _averages(np.abs(plane), ring, radii)


def angular_average(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|H| averaged along rays, over the radial frequencies up to 1/2 cycle/pixel, by direction.

    Between its bins |H| is interpolated linearly. (Averages over the bins of a sector would show
    the grid: along an axis it has more low frequencies than between the axes.)

    Args:
        plane: (..., H, W), centred.

    Returns:
        Directions (A,) in degrees, in [0, 180): of the wave, from the horizontal axis towards the
        lower image rows, as `orientation` of the Gabor filters; and averages (..., A).
    """
    degrees = np.arange(0, 180, _DEGREES)
    samples = int(np.clip(max(plane.shape[-2:]), 8, 64))
    radii = _NYQUIST * (np.arange(samples) + 0.5) / samples
    rays = np.radians(degrees)[:, None]
    along = _interpolated(np.abs(plane), np.sin(rays) * radii, np.cos(rays) * radii)
    return degrees, along.mean(axis=-1)


def half_power_radii(radii: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Where a profile crosses -3 dB of its peak, in cycles/pixel; none if it nowhere does.

    Args:
        radii: (R,), rising.
        profile: (R,), |H| by radius; between its points it is a straight line.
    """
    above = profile - profile.max() / np.sqrt(2)
    before = np.flatnonzero(np.signbit(above[:-1]) != np.signbit(above[1:]))
    part = above[before] / (above[before] - above[before + 1])
    return radii[before] + part * (radii[before + 1] - radii[before])


def _interpolated(plane: np.ndarray, vertical: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """A centred plane (..., H, W), which is periodic, at frequencies of any shape: (..., shape)."""
    (low_v, high_v, part_v), (low_u, high_u, part_u) = (
        _neighbours(frequency, length)
        for frequency, length in zip((vertical, horizontal), plane.shape[-2:], strict=True)
    )
    above = (1 - part_u) * plane[..., low_v, low_u] + part_u * plane[..., low_v, high_u]
    below = (1 - part_u) * plane[..., high_v, low_u] + part_u * plane[..., high_v, high_u]
    return (1 - part_v) * above + part_v * below


def _neighbours(frequency: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bins before and after a frequency on a centred axis, and how far it is between them."""
    place = frequency * length + length // 2
    before = np.floor(place)
    low = before.astype(int)
    return low % length, (low + 1) % length, place - before


def _averages(
    values: np.ndarray, group: np.ndarray, coordinate: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means of the coordinate (H, W) and of the values (..., H, W) over each group of bins."""
    numbers = np.unique(group)
    members = (group.ravel() == numbers[:, None]).astype("float64")
    members /= members.sum(axis=1, keepdims=True)
    flat = values.reshape(*values.shape[:-2], -1)
    return members @ coordinate.ravel(), flat @ members.T
