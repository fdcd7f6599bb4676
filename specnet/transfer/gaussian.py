"""Gaussian transfer functions: Wood & Larson (2021), 12 parameters a filter.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
n    axes: 1 of signals (u), 2 of images (v, u), 3 of volumes (s, v, u)
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.ops.grids import ix
from specnet.ops.precision import matmul
from specnet.transfer.family import AXES, UNITS, Family, Parameters, Tensor
from specnet.transfer.polar import heights, positive, raw


def gaussian(positive_definite: bool = True, rank: int = 2) -> Family:
    """Gaussian bumps in the frequency plane: centre (2), covariance (3) and scale (1) a part.

    Over n axes: centre (n), covariance n (n + 1) / 2, scale (1).

    Args:
        positive_definite: read `covariance` as two raw widths and a raw correlation, of which
            `quadratic_form` makes a bump whatever their values. False reads it as the coefficients
            (uu, vu, vv) of the exponent themselves, as the original package does; it then may grow
            without bound. Of images alone.
        rank: n.
    """

    def parts(parameters: Parameters, *frequencies: np.ndarray) -> Tensor:
        centre, shape, scale = (parameters[name] for name in shapes)
        if rank != 2:
            return bump_over(centre, shape, scale, *frequencies)
        form = quadratic_form(shape) if positive_definite else shape
        return bump(centre, form, scale, *frequencies)

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        parameters = _initial(rng, count, rank)
        if not positive_definite:
            form = quadratic_form(ops.convert_to_tensor(parameters["covariance"]))
            parameters["covariance"] = np.array(ops.convert_to_numpy(form))
        return parameters

    shapes = {"centre": (rank,), "covariance": (rank * (rank + 1) // 2,), "scale": ()}
    describe, of_rank = (
        (_describe, lambda n: gaussian(rank=n)) if positive_definite else (dict, None)
    )
    return Family(shapes, parts, initial, "scale", describe, jumps=True, of_rank=of_rank)


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


def bump_over(
    centre: Tensor, covariance: Tensor, scale: Tensor, *frequencies: np.ndarray
) -> Tensor:
    """scale * exp(-|z|² / 2) over any number of axes; z are distances without correlation.

    For two axes it is `bump` of `quadratic_form`, which is faster.

    Args:
        centre: (..., n).
        covariance: (..., n (n + 1) / 2): n raw widths, made positive by softplus; then, row by row,
            the lower triangle of a matrix with ones on its diagonal. With its rows brought to
            length 1, this is the Cholesky factor of the correlations.
        scale: (...).
        frequencies: one array an axis.

    Returns:
        (...) and the axes.
    """
    rank, dtype = len(frequencies), keras.backend.standardize_dtype(covariance.dtype)
    axes = [ops.convert_to_tensor(each, dtype) for each in ix(frequencies)]
    beside = (..., *[None] * rank)
    numbers = iter(range(rank, rank * (rank + 1) // 2))
    white: list[Tensor] = []
    exponent: Tensor = 0.0
    for axis, grid in enumerate(axes):
        row = [covariance[..., next(numbers)] for _ in range(axis)]
        length = ops.sqrt(1 + sum(x * x for x in row)) if row else 1
        steepness = length / ops.softplus(covariance[..., axis])
        z = steepness[beside] * (grid - centre[..., axis][beside])
        for x, other in zip(row, white, strict=True):
            z = z - x[beside] * other
        white.append(z)
        exponent = exponent - z * z / 2
    return scale[beside] * ops.exp(exponent)


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
    rank = parameters["centre"].shape[-1]
    unit = f"{AXES[rank]} ({UNITS[rank]})"
    widths, x = np.split(parameters["covariance"], [rank], axis=-1)
    correlation = {"correlation": _correlations(x, rank)} if rank > 1 else {}
    return {
        f"centre {unit}": parameters["centre"],
        f"width {unit}": positive(widths),
        **correlation,
        "scale": parameters["scale"],
    }


def _correlations(x: np.ndarray, rank: int) -> np.ndarray:
    """Of each two axes, (..., n (n - 1) / 2) from as many raw ones; (...) of images."""
    if rank == 2:
        return x[..., 0] / np.sqrt(1 + x[..., 0] * x[..., 0])
    factor = np.zeros((*x.shape[:-1], rank, rank)) + np.eye(rank)
    lower = np.tril_indices(rank, -1)
    factor[..., *lower] = x
    factor /= np.linalg.norm(factor, axis=-1, keepdims=True)
    return (factor @ np.swapaxes(factor, -1, -2))[..., *lower]


def _initial(rng: np.random.Generator, count: int, rank: int) -> dict[str, np.ndarray]:
    """Centres all over the half plane, widths about a fifth of it, either sign."""
    widths, pairs = rng.uniform(0.1, 0.3, (2, count, rank)), rank * (rank - 1) // 2
    least = (*[-0.5] * (rank - 1), 0)
    return {
        "centre": rng.uniform(least, 0.5, (2, count, rank)),
        "covariance": np.concatenate([raw(widths), rng.normal(0, 0.3, (2, count, pairs))], axis=-1),
        "scale": heights(rng, (2, count)),
    }
