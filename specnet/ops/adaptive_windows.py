"""Mends two faults of Keras 3.15: adaptive pooling whose windows reach beyond the image.

On JAX it finds where windows begin and end by a quotient in float32, 15 * 19 / 15 = 19.000002 among
them, and rounds it up; the pooling is NaN there. Of the sizes to 128 pixels 1,015 pairs are wrong,
7 to 7 and 19 to 15 too. On TensorFlow, it pools to one pixel with a window longer than the image
too, before it takes the other result: oneDNN, which TensorFlow uses on many CPUs, ends the process.

    N  length of an axis, in pixels   M  the length that it gets
"""

import keras
import numpy as np


def mend_adaptive_windows() -> None:
    """Gives Keras windows in whole numbers and within the image, where it has what is wrong."""
    if keras.backend.backend() == "jax":
        from keras.src.backend.jax import nn

        if hasattr(nn, "_compute_adaptive_pooling_gather_indices"):
            nn._compute_adaptive_pooling_gather_indices = gathered
    elif keras.backend.backend() == "tensorflow":
        from keras.src.backend.tensorflow import nn

        if hasattr(nn, "compute_adaptive_pooling_window_sizes"):
            nn.compute_adaptive_pooling_window_sizes = window_lengths


def window_lengths(length: int, to: int) -> tuple[int, int]:
    """Pixels of the shorter and of the longer windows of `to` outputs: none beyond the image."""
    shorter = -(-length // to)
    return shorter, min(shorter + 1, length)


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
