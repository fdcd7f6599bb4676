"""B-spline transfer functions: control points over the half plane, from few to one for each bin.

V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np

from specnet.recipe.ranges import Terms
from specnet.transfer.family import Family, Parameters, Tensor, family
from specnet.transfer.separable import tensor_product
from specnet.transfer.splines import clamped_basis, periodic_basis


@family
def bspline(rows: Terms = 6, columns: Terms = 4) -> Family:
    """Surfaces of rows x columns control points: 2 * rows * columns parameters a filter.

    Cubic B-splines, the bridge from parametric to free-form filters. In v the surface has the
    period of the spectrum, 1 cycle/pixel; in u it ends at 0 and at 1/2.

    Args:
        rows: control points along v, at 0, 1 / rows, ... cycles/pixel.
        columns: control points along u, over [0, 1/2]; with fewer than 4, the degree is lower.
    """

    def parts(parameters: Parameters, vertical: np.ndarray, horizontal: np.ndarray) -> Tensor:
        down = periodic_basis(vertical, rows)
        return tensor_product(parameters["points"], down, clamped_basis(horizontal, 0.5, columns))

    def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
        return {"points": rng.normal(0, 1, (2, count, rows, columns))}

    def describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {f"control points, {rows} along v x {columns} along u": parameters["points"]}

    return Family({"points": (rows, columns)}, parts, initial, "points", describe)
