"""What families localised in the frequency plane share: polar coordinates, positive parameters.

NumPy functions of the grid, of stored parameters and of starting values.

V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

import numpy as np


def raw(positive: np.ndarray | float) -> np.ndarray:
    """What a parameter stores of a positive number: softplus gives the number back."""
    # ln(exp(x) - 1), in a form that does not overflow.
    return positive + np.log(-np.expm1(-np.asarray(positive)))


def positive(raw: np.ndarray) -> np.ndarray:
    """Softplus: the positive number that a parameter stands for. The inverse of `raw`."""
    return np.logaddexp(0, raw)


def heights(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Amplitudes to start from, of either sign and never near 0."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1, shape)


def log_radius(vertical: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """ln r on the grid of two frequencies, (V, U); at DC, of the smallest float32 in place of 0."""
    return np.log(np.maximum(np.hypot(vertical[:, None], horizontal), np.finfo("float32").tiny))


def orientation(radians: np.ndarray, period: float = 180) -> np.ndarray:
    """An angle in degrees, in [0, period): from the horizontal axis to the lower image rows."""
    # The second remainder turns the period that tiny negative angles are rounded to into 0.
    return np.degrees(radians) % period % period
