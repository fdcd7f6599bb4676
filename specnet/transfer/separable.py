"""Sums over products of a basis in v and a basis in u, evaluated one axis after the other.

...  leading axes (2, K): the two parts, transfer functions
M, N basis functions of the vertical and of the horizontal frequency
V    rows of the half spectrum, U its columns
"""

import numpy as np
from keras import ops

from specnet.ops.precision import matmul
from specnet.transfer.family import Tensor


def tensor_product(coefficients: Tensor, rows: np.ndarray, columns: np.ndarray) -> Tensor:
    """Σ_mn c_mn R_m(v) C_n(u).

    Args:
        coefficients: (..., M, N).
        rows: (V, M), the basis R at the vertical frequencies.
        columns: (U, N), the basis C at the horizontal frequencies.

    Returns:
        (..., V, U)
    """
    rows, columns = (ops.cast(basis, coefficients.dtype) for basis in (rows, columns))
    # Not einsum: for a single function, TensorFlow 2.21 gives wrong numbers on some processors.
    return matmul(matmul(rows, coefficients), ops.transpose(columns))
