"""Families of transfer functions as least squares problems: what is linear in them, what is not.

2  the two parts of a function   K  transfer functions
V  rows of the half spectrum   U  its columns   N  numbers a problem: V * U, or 2 * V * U
P  parameters in which a problem is nonlinear   A  amplitudes, in which it is linear
Q  problems: 2 * K where the parts are apart, K where they are not
S  sets of parameters that are evaluated at once
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from keras import ops

from specnet.layers import ParametricConvolution
from specnet.ops.hermitian import hermitian_projection
from specnet.transfer import Family

Size = tuple[int, int]
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Separable:
    """A family on the grid of an image size; a `Model` of `variable_projection`.

    Real and imaginary part of the cartesian form have nothing in common: each is a problem of its
    own. Magnitude and phase of the polar form are one problem, linear in the magnitude's amplitude
    alone. Problems are ordered by function, so that those of more functions follow.

    Attributes:
        convolution: the layer that has the family, built or not.
        size: (H, W) of the images, in pixels.
    """

    convolution: ParametricConvolution
    size: Size

    @property
    def family(self) -> Family:
        """The family, of the layer's form."""
        return self.convolution.family

    @property
    def apart(self) -> bool:
        """Whether the two parts are problems of their own."""
        return self.family.form == "cartesian"

    @property
    def amplitudes(self) -> int:
        """A"""
        return prod(self.family.shapes[self.family.amplitude])

    @property
    def is_nonlinear(self) -> bool:
        """Whether P is not 0; a family of sums of fixed functions is linear."""
        return not self.apart or len(self.family.shapes) > 1

    def problems(self, planes: np.ndarray) -> np.ndarray:
        """Half planes (2, K, V, U) -> vectors (Q, N) whose energy is that of the whole plane."""
        return self._vectors(planes, 1)[0]

    def by_function(self, values: np.ndarray) -> np.ndarray:
        """Numbers of problems (Q,), summed to those of functions (K,)."""
        return values.reshape(-1, 2).sum(1) if self.apart else values

    def starts(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Random parameters (Q, P) of `count` functions."""
        initial = self.family.initial(rng, count)
        flat = {name: value.reshape(2, count, -1) for name, value in initial.items()}
        nonlinear = np.concatenate([np.zeros((2, count, 0)), *map(flat.get, self._nonlinear())], -1)
        packed = self._by_problem(nonlinear, 1)[0]
        return packed if self.apart else np.concatenate([packed, flat[self.family.amplitude][1]], 1)

    def parameters(self, nonlinear: np.ndarray, amplitudes: np.ndarray) -> dict[str, np.ndarray]:
        """The family's parameters, each (2, S * K) + its shape, of (S, Q, P) and (S, Q, A)."""
        if not self.apart:
            nonlinear, phase = np.split(nonlinear, [-self.amplitudes], axis=-1)
            amplitudes = np.concatenate([amplitudes, phase], axis=-1)
        names = self._nonlinear()
        ends = np.cumsum([prod(self.family.shapes[name]) for name in names], dtype=int)
        *values, _ = np.split(self._by_part(nonlinear), ends, axis=-1)
        flat = dict(zip(names, values, strict=True))
        flat[self.family.amplitude] = self._by_part(amplitudes)
        return {
            name: value.reshape(*value.shape[:2], *self.family.shapes[name])
            for name, value in flat.items()
        }

    def __call__(self, nonlinear: np.ndarray, amplitudes: np.ndarray) -> np.ndarray:
        """(S, Q, P) and (S, Q, A) -> (S, Q, N), in float32."""
        parameters = self.parameters(nonlinear, amplitudes)
        response = hermitian_response(self.convolution, parameters, self.size)
        return self._vectors(response, len(nonlinear))

    def _vectors(self, planes: np.ndarray, sets: int) -> np.ndarray:
        """(2, S * K, V, U) -> (S, Q, N)"""
        weighted = planes * np.sqrt(column_weights(self.size[1]), dtype=planes.dtype)
        return self._by_problem(weighted.reshape(*planes.shape[:2], -1), sets)

    def _nonlinear(self) -> list[str]:
        return [name for name in self.family.shapes if name != self.family.amplitude]

    def _by_problem(self, values: np.ndarray, sets: int) -> np.ndarray:
        """(2, S * K, n) -> (S, Q, n), or (S, Q, 2n) where a problem has both parts."""
        _, count, numbers = values.shape
        by_function = values.swapaxes(0, 1)
        if self.apart:
            return by_function.reshape(sets, 2 * count // sets, numbers)
        return by_function.reshape(sets, count // sets, 2 * numbers)

    def _by_part(self, values: np.ndarray) -> np.ndarray:
        """The inverse of `_by_problem`."""
        sets, problems, numbers = values.shape
        if self.apart:
            return values.reshape(sets * problems // 2, 2, numbers).swapaxes(0, 1)
        return values.reshape(sets * problems, 2, numbers // 2).swapaxes(0, 1)


def hermitian_response(
    convolution: ParametricConvolution, parameters: Arrays, size: Size
) -> np.ndarray:
    """The functions (2, K, V, U) of these parameters as real filters have them, in float32.

    Of bins that mirror each other in the half plane only the mean goes back to space.
    """
    tensors = {name: ops.convert_to_tensor(p, "float32") for name, p in parameters.items()}
    real, imaginary = convolution.response(tensors, size)
    planes = hermitian_projection(real, imaginary, size[1])
    return np.stack([ops.convert_to_numpy(plane) for plane in planes])


def column_weights(width: int) -> np.ndarray:
    """How many columns of the whole plane each column of the half plane stands for: (U,)."""
    columns = np.arange(width)
    return np.bincount(np.minimum(columns, width - columns))
