"""Numbers and curves that sum up a filter: how far it reaches, what it passes in each direction.

What may go in here: NumPy functions of centred planes and impulse responses (`plane.py`).

    ...  any leading axes, such as K transfer functions
    H, W  height and width of the plane or of the image
    R  rings of radial frequency   A  directions
"""

import numpy as np

from specnet.inspection.plane import frequencies

_NYQUIST = 0.5  # cycles/pixel


def extent(impulses: np.ndarray, share: float = 0.9) -> np.ndarray:
    """How far from a pixel a filter sees: the radius that holds this share of its energy.

    The radius is about the origin, not about the middle of the energy, so that a filter which
    shifts the image reaches as far as it shifts.

    Args:
        impulses: (..., H, W), centred.
        share: of the sum of squares, in (0, 1].

    Returns:
        The radius in pixels, (...): the smallest distance of a pixel within which the share lies.
        0 for a filter of one pixel, and for one that is 0 everywhere.
    """
    height, width = impulses.shape[-2:]
    rows, columns = np.arange(height) - height // 2, np.arange(width) - width // 2
    distances = np.hypot(rows[:, None], columns).ravel()
    order = np.argsort(distances, kind="stable")
    energy = np.square(impulses, dtype="float64").reshape(*impulses.shape[:-2], -1)[..., order]
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
    radii, _ = _polar(plane.shape[-2:])
    lengths = [length for length in plane.shape[-2:] if length > 1]
    ring = np.rint(radii * min(lengths, default=1)).astype(int)
    return _averages(np.abs(plane), ring, radii)


def angular_average(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|H| averaged over the radial frequencies up to 1/2 cycle/pixel but 0, by direction.

    Args:
        plane: (..., H, W), centred.

    Returns:
        Directions (A,) in degrees, in [0, 180): of the wave, from the horizontal axis towards the
        lower image rows, as `orientation` of the Gabor filters; and averages (..., A).
    """
    radii, degrees = _polar(plane.shape[-2:])
    count = 2 * int(np.clip(min(plane.shape[-2:]) // 4, 1, 18))
    sector = np.rint(degrees * count / 180).astype(int) % count
    seen = (radii > 0) & (radii <= _NYQUIST)
    centres = sector * 180 / count
    return _averages(np.abs(plane), np.where(seen, sector, -1), centres)


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


def _polar(size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Radius in cycles/pixel and direction in degrees, [0, 180), of each bin: both (H, W)."""
    vertical, horizontal = frequencies((size[0], size[1]))
    degrees = np.degrees(np.arctan2(vertical[:, None], horizontal)) % 180
    return np.hypot(vertical[:, None], horizontal), degrees


def _averages(
    values: np.ndarray, group: np.ndarray, coordinate: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means of the coordinate (H, W) and of the values (..., H, W) over each group from 0 on."""
    numbers = np.unique(group[group >= 0])
    members = (group.ravel() == numbers[:, None]).astype("float64")
    members /= members.sum(axis=1, keepdims=True)
    flat = values.reshape(*values.shape[:-2], -1)
    return members @ coordinate.ravel(), flat @ members.T
