"""Convolutions of spectra whose filters are sums of fixed functions, or small networks.

Thin classes over the families of `specnet.transfer` whose parameters are coefficients. Those that
have a place, a width or a band are in `localised.py`.
"""

from typing import Any

import keras

from specnet import transfer
from specnet.layers.base import ParametricConvolution
from specnet.layers.shapes import check_natural, check_positive


@keras.saving.register_keras_serializable("specnet")
class ChebyshevConvolution(ParametricConvolution):
    """Tensor products of Chebyshev polynomials: 2 (order + 1)² parameters a filter.

    Args:
        order: highest order in each frequency.
    """

    def __init__(self, filters: int, order: int = 3, **kwargs: Any):
        family = transfer.chebyshev(check_natural("order", order))
        super().__init__(filters, family=family, options={"order": order}, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class BSplineConvolution(ParametricConvolution):
    """Surfaces of rows x columns control points: 2 * rows * columns parameters a filter.

    Args:
        rows: control points along the vertical frequency.
        columns: control points along the horizontal frequency.
    """

    def __init__(self, filters: int, rows: int = 6, columns: int = 4, **kwargs: Any):
        family = transfer.bspline(check_positive("rows", rows), check_positive("columns", columns))
        options = {"rows": rows, "columns": columns}
        super().__init__(filters, family=family, options=options, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class RadialConvolution(ParametricConvolution):
    """B-splines of the radius times harmonics of the angle, steerable: 50 parameters a filter.

    Args:
        radii: control points along the radial frequency.
        harmonics: highest multiple of the angle; a filter has 2 * radii * (2 * harmonics + 1)
            parameters.
    """

    def __init__(self, filters: int, radii: int = 5, harmonics: int = 2, **kwargs: Any):
        family = transfer.radial(
            check_positive("radii", radii), check_natural("harmonics", harmonics)
        )
        options = {"radii": radii, "harmonics": harmonics}
        super().__init__(filters, family=family, options=options, **kwargs)


@keras.saving.register_keras_serializable("specnet")
class ImplicitConvolution(ParametricConvolution):
    """Small networks on Fourier features of the frequency: 160 parameters a filter.

    Args:
        hidden: units of the hidden layer.
        harmonics: largest shift of the features, in pixels; a filter has
            2 * hidden * (4 * harmonics * (harmonics + 1) + 2) parameters.
    """

    def __init__(self, filters: int, hidden: int = 8, harmonics: int = 1, **kwargs: Any):
        family = transfer.implicit(
            check_positive("hidden", hidden), check_positive("harmonics", harmonics)
        )
        options = {"hidden": hidden, "harmonics": harmonics}
        super().__init__(filters, family=family, options=options, **kwargs)
