"""Log-Gabor filters: Gaussian in the logarithm of the frequency, von Mises in its direction.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
r, θ the same in polar coordinates: u = r cos θ, v = r sin θ
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.ops.fourier import polar
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.polar import heights, log_radius, orientation, positive, raw


@family(2)
def log_gabor() -> Family:
    """Log-Gabor filters, symmetric in octaves and blind to the mean: 10 parameters a filter.

    scale * exp(-ln(r / f)² / 2s²) * exp((cos 2(θ - θ0) - 1) / 4t²).

    The radial factor is that of Field (1987): symmetric in octaves, and 0 at DC. The angular factor
    has a period of 180 degrees, as a part of the spectrum of an image has by symmetry; for a small
    t it is Gaussian, exp(-(θ - θ0)² / 2t²).

    Parameters of a part: centre frequency f in cycles/pixel, orientation θ0 in radians, bandwidth s
    (a standard deviation of ln r), spread t in radians, and scale.
    """
    shapes = {"frequency": (), "orientation": (), "bandwidth": (), "spread": (), "scale": ()}
    return Family(shapes, _parts, _initial, "scale", _describe)


def _parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
    frequency, bandwidth, spread = (
        ops.softplus(parameters[name])[..., None, None]
        for name in ("frequency", "bandwidth", "spread")
    )
    dtype = frequency.dtype
    offset = (ops.cast(log_radius(vertical, horizontal), dtype) - ops.log(frequency)) / bandwidth
    # cos 2(θ - θ0) by the addition theorem, so that angles of the grid stay in NumPy.
    cosine, sine = polar(1.0, 2 * parameters["orientation"])
    grid = ops.cast(_doubled_angle(vertical, horizontal), dtype)
    turn = grid[0] * cosine[..., None, None] + grid[1] * sine[..., None, None]
    exponent = (turn - 1) / (4 * spread * spread) - offset * offset / 2
    away_from_dc = ops.cast(np.hypot(vertical[:, None], horizontal) > 0, dtype)
    return parameters["scale"][..., None, None] * away_from_dc * ops.exp(exponent)


def _doubled_angle(vertical: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """cos 2θ and sin 2θ on the grid: (2, V, U)."""
    angle = 2 * np.arctan2(vertical[:, None], horizontal)
    return np.stack([np.cos(angle), np.sin(angle)])


def _initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """All orientations, all but the lowest frequencies; one to two octaves wide."""
    return {
        "frequency": raw(rng.uniform(0.05, 0.45, (2, count))),
        "orientation": rng.uniform(0, np.pi, (2, count)),
        "bandwidth": raw(rng.uniform(0.3, 0.6, (2, count))),
        "spread": raw(rng.uniform(0.2, 0.6, (2, count))),
        "scale": heights(rng, (2, count)),
    }


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    # exp(-x² / 2s²) is 1/2 at x = s sqrt(2 ln 2), on either side; an octave is ln 2.
    octaves = 2 * np.sqrt(2 / np.log(2)) * positive(parameters["bandwidth"])
    return {
        "frequency (cycles/pixel)": positive(parameters["frequency"]),
        "orientation (degrees)": orientation(parameters["orientation"]),
        "bandwidth (octaves)": octaves,
        "spread (degrees)": np.degrees(positive(parameters["spread"])),
        "scale": parameters["scale"],
    }
