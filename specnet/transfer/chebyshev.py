"""Chebyshev transfer functions: smooth surfaces over the half plane, as fine as their order.

T    order + 1, polynomials of each frequency
V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np
from numpy.polynomial.chebyshev import chebvander

from specnet.recipe.ranges import TermsOrNone
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.separable import tensor_product


@family(2)
def chebyshev(order: TermsOrNone = 3) -> Family:
    """Tensor products of Chebyshev polynomials: 2 (order + 1)² parameters a filter.

    Σ_ij c_ij T_i(2v) T_j(4u - 1). Both frequencies are mapped to [-1, 1], where Chebyshev's
    polynomials of the first kind are orthogonal. The surface is not periodic in v: the rows next to
    the Nyquist frequency, v near -1/2 and near 1/2, are far from each other.

    Args:
        order: highest order of a polynomial in each frequency.
    """
    shape = (order + 1, order + 1)

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        rows, columns = chebvander(2 * vertical, order), chebvander(4 * horizontal - 1, order)
        return tensor_product(parameters["coefficients"], rows, columns)

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        return {"coefficients": rng.normal(0, 1, (2, count, *shape))}

    def describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"coefficients c[i, j] of T_i(2v) T_j(4u - 1)": parameters["coefficients"]}

    return Family({"coefficients": shape}, parts, initial, "coefficients", describe)
