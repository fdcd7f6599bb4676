"""Polynomial transfer functions: Wood & Larson (2021); of order 1, their linear filter.

...  leading axes (2, K): the two parts, transfer functions
V    rows of the half spectrum, U its columns
T    powers of a frequency: 1..order, with an intercept 0..order
"""

from collections.abc import Mapping

import numpy as np
from keras import ops

from specnet.transfer.family import Family, Parameters, Tensor


def polynomial(order: int = 1, intercept: bool = False) -> Family:
    """A polynomial in the vertical frequency plus one in the horizontal frequency.

    Args:
        order: highest power. Order 1 has 4 parameters a filter.
        intercept: begin at power 0; both polynomials then have a constant, as in the original
            package, whose linear filter has 8 parameters.
    """
    powers = np.arange(0 if intercept else 1, order + 1)

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        return evaluate(parameters["coefficients"], powers, vertical, horizontal)

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        return {"coefficients": rng.normal(0, 1, (2, count, 2, len(powers)))}

    def describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        down, across = np.moveaxis(parameters["coefficients"], -2, 0)
        span = f"^{powers[0]}..{powers[-1]}" if len(powers) > 1 else ""  # or v alone
        word = "coefficients" if len(powers) > 1 else "coefficient"
        return {f"{word} of v{span}": down, f"{word} of u{span}": across}

    shapes = {"coefficients": (2, len(powers))}
    return Family(shapes, parts, initial, "coefficients", describe)


def evaluate(
    coefficients: Tensor, powers: np.ndarray, vertical: np.ndarray, horizontal: np.ndarray
) -> Tensor:
    """Σ_t a_t v^t + Σ_t b_t u^t on the grid of two frequencies.

    Args:
        coefficients: (..., 2, T): a for the vertical and b for the horizontal frequency.
        powers: (T,), the exponents t.
        vertical, horizontal: frequencies (V,) and (U,).

    Returns:
        (..., V, U)
    """
    dtype = coefficients.dtype
    powers_TV = ops.cast(vertical ** powers[:, None], dtype)
    powers_TU = ops.cast(horizontal ** powers[:, None], dtype)
    # Not a matrix product: some backends lower its precision.
    along_rows = ops.sum(coefficients[..., 0, :, None] * powers_TV, axis=-2)
    along_columns = ops.sum(coefficients[..., 1, :, None] * powers_TU, axis=-2)
    return along_rows[..., :, None] + along_columns[..., None, :]
