"""Spectra of Gabor filters: Gaussian bumps that mirror each other in the frequency plane.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.ops.fourier import polar
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.gaussian import bump
from specnet.transfer.polar import heights, orientation, positive, raw

# In the spectrum of a real filter the real part (or magnitude) is even in frequency, the imaginary
# part (or phase) is odd.
_MIRRORED = np.array([[1.0], [-1.0]])


@family(2)
def gabor() -> Family:
    """Gabor filters, waves of one frequency and orientation: 10 parameters a filter.

    A wave under a Gaussian window (Daugman 1985).

    Each part has a bump at the wave's frequency and one at the opposite frequency, of equal sign in
    part 0 and of opposite sign in part 1. In space, part 0 is an even filter, the cosine; part 1 of
    the cartesian form is an odd one, minus the sine.

    Parameters of a part: frequency of the wave, its orientation in radians, two standard deviations
    of the bump (along the wave's direction and across it) and scale. A standard deviation s in
    cycles/pixel is that of a window of 1 / (2 pi s) pixels.
    """
    shapes = {"frequency": (), "orientation": (), "widths": (2,), "scale": ()}
    return Family(shapes, _parts, _initial, "scale", _describe)


def rotated_form(widths: Tensor, angle: Tensor) -> Tensor:
    """Coefficients (uu, vu, vv) of a `bump` whose first axis points in the direction `angle`.

    Args:
        widths: (..., 2), standard deviations along that axis and across it.
        angle: (...), in radians: (v, u) = (sin, cos) is the direction.

    Returns:
        (..., 3)
    """
    steepness = 0.5 / ops.square(widths)
    along, across = steepness[..., 0], steepness[..., 1]
    cosine, sine = polar(1.0, angle)
    uu = along * cosine * cosine + across * sine * sine
    vv = along * sine * sine + across * cosine * cosine
    return ops.stack([uu, (across - along) * sine * cosine, vv], axis=-1)


def _parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
    angle, scale = parameters["orientation"], parameters["scale"]
    u, v = polar(ops.softplus(parameters["frequency"]), angle)
    centre = ops.stack([v, u], axis=-1)
    form = rotated_form(ops.softplus(parameters["widths"]), angle)
    mirrored = scale * ops.cast(_MIRRORED, scale.dtype)
    return bump(centre, form, scale, vertical, horizontal) + bump(
        -centre, form, mirrored, vertical, horizontal
    )


def _initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Waves of all orientations and all but the lowest frequencies; windows of 1 to 3 pixels."""
    return {
        "frequency": raw(rng.uniform(0.05, 0.45, (2, count))),
        "orientation": rng.uniform(0, np.pi, (2, count)),
        "widths": raw(rng.uniform(0.05, 0.15, (2, count, 2))),
        "scale": heights(rng, (2, count)),
    }


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "frequency (cycles/pixel)": positive(parameters["frequency"]),
        "orientation (degrees)": orientation(parameters["orientation"]),
        "width along, across (cycles/pixel)": positive(parameters["widths"]),
        "scale": parameters["scale"],
    }
