"""Gaussian transfer functions: Wood & Larson (2021), 12 parameters a filter.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.ops.precision import matmul
from specnet.transfer.family import Family, Parameters
from specnet.transfer.polar import positive, raw

Tensor = Any


def gaussian(positive_definite: bool = True) -> Family:
    """Gaussian bumps in the frequency plane: centre (2), covariance (3) and scale (1) a part.

    Args:
        positive_definite: read `covariance` as two raw widths and a raw correlation, of which
            `quadratic_form` makes a bump whatever their values. False reads it as the coefficients
            (uu, vu, vv) of the exponent themselves, as the original package does; it then may grow
            without bound.
    """

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        shape = parameters["covariance"]
        form = quadratic_form(shape) if positive_definite else shape
        return bump(parameters["centre"], form, parameters["scale"], vertical, horizontal)

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        parameters = _initial(rng, count)
        if not positive_definite:
            form = quadratic_form(ops.convert_to_tensor(parameters["covariance"]))
            parameters["covariance"] = np.array(ops.convert_to_numpy(form))
        return parameters

    shapes = {"centre": (2,), "covariance": (3,), "scale": ()}
    describe = _describe if positive_definite else dict
    return Family(shapes, parts, initial, "scale", describe, jumps=True)


def bump(
    centre: Tensor, form: Tensor, scale: Tensor, vertical: np.ndarray, horizontal: np.ndarray
) -> Tensor:
    """scale * exp(-uu du² + 2 vu dv du - vv dv²), with (dv, du) the distance from the centre.

    Args:
        centre: (..., 2), vertical and horizontal.
        form: (..., 3), the coefficients uu, vu and vv.
        scale: (...).
        vertical, horizontal: frequencies (V,) and (U,).

    Returns:
        (..., V, U)
    """
    # NumPy's, since JAX takes no traced ones here.
    dtype = keras.backend.standardize_dtype(form.dtype)
    rows, columns = (ops.convert_to_tensor(each, dtype) for each in (vertical, horizontal))

    # All that the gradient needs of a plane is six moments: two matrix products instead of a sum
    # over the plane for each parameter, which would evaluate the exponential each time.
    @ops.custom_gradient
    def scaled(centre: Tensor, form: Tensor, scale: Tensor) -> tuple[Tensor, Any]:
        def gradient(*arguments: Tensor, upstream: Tensor = None) -> tuple[Tensor, ...]:
            # Keras gives it alone, on PyTorch by name.
            upstream = arguments[0] if upstream is None else upstream
            weighted = upstream * _exponential(centre, form, rows, columns)
            total, v, u, vv, vu, uu = _moments(weighted, centre, rows, columns)
            to_v = form[..., 2] * v - form[..., 1] * u
            to_u = form[..., 0] * u - form[..., 1] * v
            to_centre = 2 * scale[..., None] * ops.stack([to_v, to_u], axis=-1)
            to_form = scale[..., None] * ops.stack([-uu, 2 * vu, -vv], axis=-1)
            return to_centre, to_form, total

        return scale[..., None, None] * _exponential(centre, form, rows, columns), gradient

    if keras.backend.backend() == "jax":  # a gradient of one's own leaves it no forward mode
        return scale[..., None, None] * _exponential(centre, form, rows, columns)
    # TensorFlow takes no variables here, only what they hold.
    return scaled(*(ops.copy(parameter) for parameter in (centre, form, scale)))


def _exponential(centre: Tensor, form: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """A bump of height 1, (..., V, U)."""
    uu, vu, vv = (form[..., i, None] for i in range(3))
    dv, du = rows - centre[..., 0, None], columns - centre[..., 1, None]
    along_rows = (-vv * dv * dv)[..., :, None]
    along_columns = (-uu * du * du)[..., None, :]
    across = (2 * vu * dv)[..., :, None] * du[..., None, :]
    return ops.exp(along_rows + across + along_columns)


def _moments(planes: Tensor, centre: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, ...]:
    """Sums of planes (..., V, U) times 1, v, u, v², v u and u² about the centre, each (...).

    About the origin they would be one product for all functions, but narrow bumps would lose digits
    when they are shifted.
    """
    dv, du = rows - centre[..., 0, None], columns - centre[..., 1, None]
    by_row = matmul(planes, ops.stack([ops.ones_like(du), du, du * du], axis=-1))
    found = matmul(ops.stack([ops.ones_like(dv), dv, dv * dv], axis=-2), by_row)
    powers = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
    return tuple(found[..., i, j] for i, j in powers)


def quadratic_form(covariance: Tensor) -> Tensor:
    """Coefficients (uu, vu, vv) of a bump, from numbers of any value.

    Args:
        covariance: (..., 3): raw widths along v and u, made positive by softplus (standard
            deviations in cycles/pixel), and x, of which x / sqrt(1 + x²) is the correlation.
    """
    width_v, width_u = ops.softplus(covariance[..., 0]), ops.softplus(covariance[..., 1])
    x = covariance[..., 2]
    # The inverse of the covariance, in a form whose determinant is positive for every x.
    rise = 1 + x * x
    uu = rise / (2 * width_u * width_u)
    vv = rise / (2 * width_v * width_v)
    vu = x * ops.sqrt(rise) / (2 * width_v * width_u)
    return ops.stack([uu, vu, vv], axis=-1)


def _describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    x = parameters["covariance"][..., 2]
    return {
        "centre v, u (cycles/pixel)": parameters["centre"],
        "width v, u (cycles/pixel)": positive(parameters["covariance"][..., :2]),
        "correlation": x / np.sqrt(1 + x * x),
        "scale": parameters["scale"],
    }


def _initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Centres all over the half plane, widths about a fifth of it, either sign."""
    widths = rng.uniform(0.1, 0.3, (2, count, 2))
    return {
        "centre": rng.uniform((-0.5, 0), (0.5, 0.5), (2, count, 2)),
        "covariance": np.concatenate([raw(widths), rng.normal(0, 0.3, (2, count, 1))], axis=-1),
        "scale": rng.choice([-1.0, 1.0], (2, count)) * rng.uniform(0.5, 1, (2, count)),
    }
