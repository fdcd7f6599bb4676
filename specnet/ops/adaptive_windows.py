"""Mends a fault of Keras 3.15 on JAX: adaptive pooling that reaches beyond the image, and is NaN.

Keras finds where windows begin and end by a quotient in float32, 15 * 19 / 15 = 19.000002 among
them, and rounds it up. Of the sizes to 128 pixels 1,015 pairs are wrong, 7 to 7 and 19 to 15 too.

    N  length of an axis, in pixels   M  the length that it gets
"""

import keras
import numpy as np


def mend_adaptive_windows() -> None:
    """Gives Keras the indices in whole numbers, where it has the function that is wrong."""
    if keras.backend.backend() != "jax":
        return
    from keras.src.backend.jax import nn

    if hasattr(nn, "_compute_adaptive_pooling_gather_indices"):
        nn._compute_adaptive_pooling_gather_indices = gathered


def gathered(length: int, to: int, longer: int) -> np.ndarray:
    """(M,): which window each output is the pooling of.

    Args:
        length, to: N and M.
        longer: pixels of the longer windows, one more than of the others; Keras has all windows of
            the shorter kind first, by where they begin, and then all of the longer kind.
    """
    outputs = np.arange(to)
    begins, ends = outputs * length // to, -(-(outputs + 1) * length // to)
    return np.where(ends - begins == longer, begins + length - longer + 2, begins).astype("int32")
