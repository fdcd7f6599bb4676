"""Sums over products of bases, one an axis such as v and u, evaluated one axis after the other.

...  leading axes (2, K): the two parts, transfer functions
M, N basis functions of the vertical and of the horizontal frequency
V    rows of the half spectrum, U its columns
"""

import numpy as np
from keras import ops

from specnet.ops.precision import matmul
from specnet.transfer.family import Tensor


def tensor_product(coefficients: Tensor, *bases: np.ndarray) -> Tensor:
    """Σ_mn c_mn R_m(v) C_n(u), or the like over one axis or three.

    Args:
        coefficients: (..., M, N).
        bases: of images two: (V, M), the basis R at the vertical frequencies, and (U, N), the basis
            C at the horizontal ones.

    Returns:
        (..., V, U)
    """
    first, *rest = bases
    basis = ops.cast(first, coefficients.dtype)
    # Not einsum: for a single function, TensorFlow 2.21 gives wrong numbers on some processors.
    if not rest:
        return matmul(coefficients, ops.transpose(basis))
    inner = coefficients.shape[-len(rest) :]
    flat = ops.reshape(coefficients, (*coefficients.shape[: -len(rest)], -1))
    along = matmul(basis, flat)
    return tensor_product(ops.reshape(along, (*along.shape[:-1], *inner)), *rest)
