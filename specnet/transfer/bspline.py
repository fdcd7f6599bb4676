"""B-spline transfer functions: control points over the half plane, from few to one for each bin.

V    rows of the half spectrum, U its columns
v, u vertical and horizontal frequency, in cycles/pixel on a signed grid
"""

from collections.abc import Mapping

import numpy as np

from specnet.recipe.ranges import Terms
from specnet.transfer.family import AXES, Family, Parameters, Tensor, family
from specnet.transfer.separable import tensor_product
from specnet.transfer.splines import clamped_basis, periodic_basis


@family(1, 2, 3)
def bspline(rows: Terms = 6, columns: Terms = 4) -> Family:
    """Surfaces of rows x columns control points: 2 * rows * columns parameters a filter.

    Cubic B-splines, the bridge from parametric to free-form filters. In v the surface has the
    period of the spectrum, 1 cycle/pixel; in u it ends at 0 and at 1/2. Of signals `columns` alone
    counts, of volumes there are rows x rows x columns.

    Args:
        rows: control points along v, at 0, 1 / rows, ... cycles/pixel.
        columns: control points along u, over [0, 1/2]; with fewer than 4, the degree is lower.
    """

    def of_rank(rank: int) -> Family:
        shape = (*[rows] * (rank - 1), columns)

        def parts(parameters: Parameters, *frequencies: np.ndarray) -> Tensor:
            *around, across = frequencies
            bases = (periodic_basis(each, rows) for each in around)
            across = clamped_basis(across, 0.5, columns)
            return tensor_product(parameters["points"], *bases, across)

        def initial(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
            return {"points": rng.normal(0, 1, (2, count, *shape))}

        def describe(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            axes = zip(shape, AXES[rank].split(", "), strict=True)
            along = " x ".join(f"{count} along {axis}" for count, axis in axes)
            return {f"control points, {along}": parameters["points"]}

        return Family({"points": shape}, parts, initial, "points", describe, of_rank=of_rank)

    return of_rank(2)
