"""Weights of the original package of Wood & Larson (2021), rearranged into ours.

F  filters   T  order + 1   V  rows of the half spectrum, U its columns
"""

import numpy as np

from specnet.layers.base import SpectralConvolution
from specnet.layers.convolution import FreeConvolution, GaussianConvolution, PolynomialConvolution


def wood2021_weights(
    layer: SpectralConvolution, real: np.ndarray, imaginary: np.ndarray
) -> list[np.ndarray]:
    """Weights for `layer.set_weights`, from the two weights of a layer of the original package.

    The layer needs `grid="wood2021"` (but `free`, which has none), and a polynomial its intercept.

    Args:
        layer: the equal layer of ours.
        real, imaginary: (2, F, T) of its LinearFourierConvolution, (F, 6) of its
            Gaussian2DFourierLayer, or (V, U, F) of its FourierDomainConv2D.

    Raises:
        TypeError: for a layer that the original package does not have.
    """
    terms = np.stack([real, imaginary])
    if isinstance(layer, GaussianConvolution):
        return [terms[..., :2], terms[..., 2:5], terms[..., 5]]
    if isinstance(layer, PolynomialConvolution):
        # Its first axis is (horizontal, vertical), its powers fall.
        return [np.moveaxis(terms, 1, 2)[:, :, ::-1, ::-1].copy()]
    if isinstance(layer, FreeConvolution):
        return [np.moveaxis(terms, -1, 1)]
    raise TypeError(f"the original package has no {type(layer).__name__}")
