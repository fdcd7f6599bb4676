"""What a family of transfer functions consists of.

2  the two parts: real and imaginary, or magnitude and phase; each with parameters of its own
K  transfer functions (filters, or pairs of channel and filter)
V  rows of the half spectrum, U its columns; of signals U alone, of volumes S, V and U
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from keras import ops

from specnet.ops.compiled import eagerly
from specnet.ops.fourier import polar

Tensor = Any
Parameters = Mapping[str, Tensor]
Form = Literal["cartesian", "polar"]
# What the axes of signals, images and volumes are called, in the order of their frequencies.
AXES = {1: "u", 2: "v, u", 3: "s, v, u"}
# What their frequencies are measured in.
UNITS = {1: "cycles/sample", 2: "cycles/pixel", 3: "cycles/voxel"}


@dataclass(frozen=True)
class Family:
    """Transfer functions of one shape that differ in a few parameters each.

    Attributes:
        shapes: parameter name -> its shape for one part of one function; `()` is a scalar. As
            tensors, parameters are (2, K) + shape.
        parts: (parameters, vertical frequencies (V,), horizontal frequencies (U,)) -> (2, K, V, U),
            the two parts of the functions, each a real function of the frequency. Of another rank,
            as many frequencies as there are axes.
        initial: (NumPy generator, K) -> random parameters to start from, of any gain.
        amplitude: the parameter in which the parts are linear.
        describe: parameters as NumPy arrays -> what they mean in the units of the field: name with
            its unit -> (2, K) + any shape.
        form: `cartesian`: the parts are real and imaginary part. `polar`: they are the magnitude,
            of either sign, and the phase in radians. Wood & Larson (2021) leave open which trains
            better.
        jumps: whether the parts are meant for the half plane alone, so that functions jump where
            it meets its mirror image, at the horizontal frequency 0.
        seamless: whether the mirror image of each part is added to it, or subtracted, so that the
            real part (or magnitude) is even in frequency and the imaginary part (or phase) odd, as
            in the spectrum of a real filter: nothing jumps there.
        of_rank: the number of axes, 1 of signals to 3 of volumes -> the same family over them;
            None for families of images alone.
    """

    shapes: Mapping[str, tuple[int, ...]]
    parts: Callable[..., Tensor]
    initial: Callable[[np.random.Generator, int], dict[str, np.ndarray]]
    amplitude: str
    describe: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]
    form: Form = "cartesian"
    jumps: bool = False
    seamless: bool = False
    of_rank: "Callable[[int], Family] | None" = None

    @property
    def parameters_per_filter(self) -> int:
        """Parameters of one complex transfer function, at any image size."""
        return 2 * sum(prod(shape) for shape in self.shapes.values())

    def response(self, parameters: Parameters, *frequencies: np.ndarray) -> Tensor:
        """Real and imaginary part on the grid of these frequencies, two of images: (2, K, V, U)."""
        parts = self.parts(parameters, *frequencies)
        if self.seamless:
            mirrored = self.parts(parameters, *(-each for each in frequencies))
            parts = ops.stack([parts[0] + mirrored[0], parts[1] - mirrored[1]])
        return parts if self.form == "cartesian" else ops.stack(polar(parts[0], parts[1]))

    def unit_gain(
        self,
        rng: np.random.Generator,
        count: int,
        channels: int,
        frequencies: tuple[np.ndarray, ...],
    ) -> dict[str, np.ndarray]:
        """Random parameters whose functions keep the power of white noise.

        Each function's mean of |K|² over `frequencies` is 1 / `channels`, so that the sum over that
        many independent white channels has the variance of one.
        """
        parameters = self.initial(rng, count)
        with eagerly():
            tensors = {name: ops.convert_to_tensor(value) for name, value in parameters.items()}
            response = ops.convert_to_numpy(self.response(tensors, *frequencies))
        power = np.square(response).sum(0).reshape(count, -1).mean(-1)
        return parameters | self.amplified(parameters, 1 / np.sqrt(channels * power))

    def amplified(
        self, parameters: Mapping[str, np.ndarray], gain: np.ndarray | float
    ) -> dict[str, np.ndarray]:
        """The amplitude of functions `gain` times as strong; `gain` is one number, or (K,)."""
        amplitude = parameters[self.amplitude]
        count, extra = amplitude.shape[1], amplitude.ndim - 2
        factors = np.ones((2, count))
        factors[: 2 if self.form == "cartesian" else 1] *= gain
        return {self.amplitude: amplitude * factors.reshape(2, count, *[1] * extra)}


Make = Callable[..., Family]
FAMILIES: dict[str, Make] = {}  # by the name that recipes give their layers


def family(*ranks: int) -> Callable[[Make], Make]:
    """Declares a family that is a layer by itself: its function's name is the layer's in recipes.

    `specnet.recipe.registry` reads this from the source, since recipes are checked before Keras is
    loaded: the decorator stands in the line above the function, with literal numbers.

    Arguments are annotated with their ranges (`specnet.recipe.ranges`) and have defaults; a
    recipe's check, the layer, its configuration and its documentation follow from them and from
    the docstring.

    Args:
        ranks: how many frequencies the functions can be of: 1 of signals, 2 of images, 3 of
            volumes. Others than 2 need `Family.of_rank`.
    """

    def declare(make: Make) -> Make:
        FAMILIES[make.__name__] = make
        return make

    return declare
