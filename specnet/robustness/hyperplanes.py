"""The smallest change of an image that takes it to a hyperplane, within the range of pixels.

    N  images      D  numbers of an image      w  normal of the plane      d  the change

min |d| such that w . d = c and 0 <= x + d <= 1. All that moves, moves the way that helps: by
min(t a_i, room_i), where room_i is how far it is to the end of the range, a_i = 1 in L-infinity and
|w_i| in L2, and t the least that is enough. What is gained, sum_i |w_i| min(t a_i, room_i), is made
of straight pieces in t, whose ends are at t = room_i / a_i. Sorted, they give t exactly.
"""

import numpy as np

from specnet.robustness.norms import Norm

_AT_ONCE = 2**21  # numbers, so that memory does not grow with the images


def to_hyperplane(
    points: np.ndarray, normals: np.ndarray, gains: np.ndarray, norm: Norm
) -> np.ndarray:
    """The smallest changes d of points in [0, 1] with `normals` . d = `gains`, and point + d there.

    Croce & Hein 2020 (arXiv 1907.02044), section 2. Where the range of pixels does not reach the
    plane, the change goes as near to it as it can.

    Args:
        points, normals: (N, ...), D numbers each.
        gains: (N,).
        norm: that is to be small.

    Returns:
        float32 (N, ...).
    """
    shape, count = points.shape, len(points)
    flat = [each.reshape(count, int(np.prod(shape[1:]))) for each in (points, normals)]
    block = max(1, _AT_ONCE // max(flat[0].shape[1], 1))
    changes = np.zeros(flat[0].shape, "float32")
    for start in range(0, count, block):
        rows = slice(start, start + block)
        changes[rows] = _nearest(flat[0][rows], flat[1][rows], gains[rows], norm)
    return changes.reshape(shape)


def _nearest(points: np.ndarray, normals: np.ndarray, gains: np.ndarray, norm: Norm) -> np.ndarray:
    """The same of (N, D), float64."""
    normals, gains = _scaled(normals.astype("float64"), gains.astype("float64"))
    ways = np.sign(normals) * np.sign(gains)[:, None]
    slopes = np.abs(normals)
    rooms = np.where(ways > 0, 1 - points, points) * np.abs(ways)
    speeds = np.ones_like(slopes) if norm == "linf" else slopes
    times = _times(rooms, slopes, speeds, np.abs(gains))
    return ways * np.minimum(times[:, None] * speeds, rooms)


def _scaled(normals: np.ndarray, gains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same planes, whose normals have 1 as their largest number."""
    largest = np.abs(normals).max(axis=1, initial=0)
    scales = np.where(largest > 0, largest, 1)
    return normals / scales[:, None], gains / scales


def _times(
    rooms: np.ndarray, slopes: np.ndarray, speeds: np.ndarray, gains: np.ndarray
) -> np.ndarray:
    """The least t at which sum_i slope_i min(t speed_i, room_i) is `gains`; or all is at its end.

    Everything is at least 0; (N, D), gains (N,).
    """
    ends = np.divide(rooms, speeds, out=np.zeros_like(rooms), where=speeds > 0)
    order = np.argsort(ends, axis=1)
    ends, rates = (np.take_along_axis(each, order, 1) for each in (ends, slopes * speeds))
    used = np.cumsum(np.take_along_axis(slopes * rooms, order, 1), axis=1)
    moving = rates[:, ::-1].cumsum(axis=1)[:, ::-1]  # what still grows before each end
    growing = np.concatenate([moving[:, 1:], np.zeros_like(moving[:, :1])], axis=1)
    reached = used + growing * ends  # at each end
    enough = reached >= gains[:, None]
    rows, first = np.arange(len(gains)), enough.argmax(axis=1)
    before = np.where(first > 0, used[rows, first - 1], 0)
    rate = moving[rows, first]
    times = np.divide(gains - before, rate, out=np.zeros_like(gains), where=rate > 0)
    return np.where(enough.any(axis=1), times, ends[:, -1])
