"""Radial transfer functions: B-splines of the radial frequency times harmonics of its angle.

M    control points along the radius   A  2 * harmonics + 1 functions of the angle
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.recipe.ranges import Terms, TermsOrNone
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.polar import orientation
from specnet.transfer.splines import clamped_basis

_FARTHEST = 0.5**0.5  # the radial frequency of the corner of the plane, in cycles/pixel


@family(2)
def radial(radii: Terms = 5, harmonics: TermsOrNone = 2) -> Family:
    """B-splines of the radius times harmonics of the angle, steerable: 50 parameters a filter.

    Σ_ma c_ma B_m(r) {1, cos kθ, sin kθ}: 2 * radii * (2 * harmonics + 1) parameters a filter.
    Circular harmonics are steerable (Freeman & Adelson 1991): a filter turned by an angle is a sum
    of the same functions. Without harmonics the filter is the same in all directions.

    Args:
        radii: control points along the radius, from 0 to sqrt(1/2) cycles/pixel.
        harmonics: highest multiple k of the angle.
    """
    shape = (radii, 2 * harmonics + 1)

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        coefficients = parameters["coefficients"]
        basis = ops.cast(_basis(radii, harmonics, vertical, horizontal), coefficients.dtype)
        return ops.einsum("...ma,mavu->...vu", coefficients, basis)

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        return {"coefficients": rng.normal(0, 1, (2, count, *shape))}

    def describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return _describe(parameters["coefficients"], harmonics)

    return Family({"coefficients": shape}, parts, initial, "coefficients", describe)


def _basis(radii: int, harmonics: int, vertical: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """(M, A, V, U): each B-spline times each function of the angle."""
    radius = np.hypot(vertical[:, None], horizontal)
    splines = clamped_basis(np.minimum(radius, _FARTHEST).ravel(), _FARTHEST, radii)
    angles = _harmonics(np.arctan2(vertical[:, None], horizontal), harmonics)
    # At DC there is no angle; a continuous function has no harmonics there.
    angles[1:, radius == 0] = 0
    return splines.T.reshape(radii, 1, *radius.shape) * angles


def _harmonics(theta: np.ndarray, highest: int) -> np.ndarray:
    """(A, V, U): 1, cos θ, sin θ, cos 2θ, sin 2θ, ..."""
    waves = [wave(k * theta) for k in range(1, highest + 1) for wave in (np.cos, np.sin)]
    return np.stack([np.ones_like(theta), *waves])


def _describe(coefficients: np.ndarray, harmonics: int) -> dict[str, np.ndarray]:
    """The profile along the radius, and the direction in which each harmonic is strongest."""
    described = {"radial profile (harmonic 0)": coefficients[..., 0]}
    for k in range(1, harmonics + 1):
        cosine, sine = np.moveaxis(coefficients[..., 2 * k - 1 : 2 * k + 1].sum(-2), -1, 0)
        degrees = orientation(np.arctan2(sine, cosine) / k, 360 / k)
        described[f"orientation of harmonic {k} (degrees)"] = degrees
    return described
