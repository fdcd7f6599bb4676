"""Blurring by binomial filters before pixels are left out, as a matrix for each axis.

N  length of an axis, in pixels   M  the length that it gets: ceil(N / stride)
"""

from functools import cache
from math import comb

import numpy as np


def binomial(taps: int) -> np.ndarray:
    """(taps,): Pascal's row of so many numbers, over its sum: 1/4, 1/2, 1/4 for 3 taps."""
    return np.array([comb(taps - 1, k) for k in range(taps)]) / 2.0 ** (taps - 1)


@cache
def blur_matrix(length: int, taps: int, stride: int) -> np.ndarray:
    """(M, N): the binomial filter, of every `stride`-th pixel from the first on.

    Beyond its ends an axis goes on as its mirror image without the pixel at the end (`reflect` of
    `numpy.pad`); an even number of taps reaches one pixel further after than before.
    """
    before = (taps - 1) // 2
    places = np.pad(np.arange(length), (before, taps - 1 - before), mode="reflect")
    outputs = np.arange(0, length, stride)
    matrix = np.zeros((len(outputs), length))
    for tap, weight in enumerate(binomial(taps)):
        np.add.at(matrix, (np.arange(len(outputs)), places[outputs + tap]), weight)
    return matrix
