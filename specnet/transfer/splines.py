"""B-spline bases in NumPy: smooth bumps that add up to 1.

Functions from places on an axis to a basis; which axis is the family's affair.

N  places   M  basis functions (control points)
"""

import numpy as np


def clamped_basis(places: np.ndarray, length: float, count: int) -> np.ndarray:
    """B-splines on [0, length] whose first and last control point are reached at the ends.

    Knots are uniform, the degree is 3 or, with fewer control points, `count` - 1 (de Boor 1972).

    Args:
        places: (N,), within [0, length].
        length: end of the interval, above 0.
        count: M, at least 1.

    Returns:
        (N, M), rows adding up to 1.
    """
    degree = min(3, count - 1)
    inner = np.linspace(0, length, count - degree + 1)
    knots = np.concatenate([np.zeros(degree), inner, np.full(degree, length)])
    return _cox_de_boor(np.asarray(places, "float64"), knots, degree)


def periodic_basis(places: np.ndarray, count: int) -> np.ndarray:
    """Cubic B-splines of period 1, with control points at 0, 1 / count, 2 / count, ...

    Args:
        places: (N,).
        count: M, at least 1.

    Returns:
        (N, M), rows adding up to 1.
    """
    # A spline reaches two spacings to either side: with few of them, round the circle and again.
    turns = np.arange(-2, 3)[:, None, None]
    distance = np.asarray(places)[:, None] % 1 - np.arange(count) / count
    return _cubic((distance + turns) * count).sum(0)


def _cubic(x: np.ndarray) -> np.ndarray:
    """The uniform cubic B-spline around 0, in spacings."""
    x = np.abs(x)
    inside, outside = 2 / 3 - x**2 + x**3 / 2, np.maximum(2 - x, 0) ** 3 / 6
    return np.where(x < 1, inside, outside)


def _cox_de_boor(places: np.ndarray, knots: np.ndarray, degree: int) -> np.ndarray:
    """(N, M) by the recursion over degrees; the last interval is closed at its end."""
    last = np.searchsorted(knots, knots[-1]) - 1
    interval = np.minimum(np.searchsorted(knots, places, side="right") - 1, last)
    basis = (interval[:, None] == np.arange(len(knots) - 1)).astype("float64")
    for p in range(1, degree + 1):
        rising = _ramp(places, knots[: -p - 1], knots[p:-1])
        falling = _ramp(places, knots[1:-p], knots[p + 1 :])
        basis = rising * basis[:, :-1] + (1 - falling) * basis[:, 1:]
    return basis


def _ramp(places: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """(N, intervals): from 0 at `start` to 1 at `stop`; 0 where both are one knot."""
    width = stop - start
    return np.where(width > 0, (places[:, None] - start) / np.where(width > 0, width, 1), 0)
