"""What a family of transfer functions consists of.

2  real and imaginary part, each with parameters of its own
K  transfer functions (filters, or pairs of channel and filter)
V  rows of the half spectrum, U its columns
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from keras import ops

Tensor = Any
Parameters = Mapping[str, Tensor]


@dataclass(frozen=True)
class Family:
    """Transfer functions of one shape, told apart by a few parameters each.

    Attributes:
        shapes: parameter name -> its shape for one part of one function; `()` is a scalar. As
            tensors, parameters are (2, K) + shape.
        response: (parameters, vertical frequencies (V,), horizontal frequencies (U,)) -> (2, K, V,
            U).
        initial: (NumPy generator, K) -> random parameters to start from, of any gain.
        amplitude: the parameter in which the response is linear.
    """

    shapes: Mapping[str, tuple[int, ...]]
    response: Callable[[Parameters, np.ndarray, np.ndarray], Tensor]
    initial: Callable[[np.random.Generator, int], dict[str, np.ndarray]]
    amplitude: str

    @property
    def parameters_per_filter(self) -> int:
        """Parameters of one complex transfer function, at any image size."""
        return 2 * sum(prod(shape) for shape in self.shapes.values())

    def unit_gain(
        self,
        rng: np.random.Generator,
        count: int,
        channels: int,
        frequencies: tuple[np.ndarray, np.ndarray],
    ) -> dict[str, np.ndarray]:
        """Random parameters whose functions keep the power of white noise.

        Each function's mean of |K|² over `frequencies` is 1 / `channels`, so that the sum over that
        many independent white channels has the variance of one.
        """
        parameters = self.initial(rng, count)
        tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
        response = ops.convert_to_numpy(self.response(tensors, *frequencies))
        power = np.square(response).sum(0).mean((-2, -1))
        gain = np.sqrt(channels * power)
        extra = len(self.shapes[self.amplitude])
        parameters[self.amplitude] /= gain.reshape(1, count, *[1] * extra)
        return parameters
