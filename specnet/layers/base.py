"""What all convolutions of spectra share: channels, activation, bias, initial gain.

A kind in `specnet.layers.convolution` owns the weights and returns the transfer functions. The
maths is in `specnet.transfer` and `specnet.mixing`.

    B  batch   C  channels   F  filters   K  transfer functions (F, or C * F with mixing `full`)
    V  rows of the half spectrum, U its columns
"""

import random
from collections.abc import Mapping
from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from specnet import transfer
from specnet.fourier import compiled
from specnet.grids import Grid, signed_grid, wood2021_grid
from specnet.layers.shapes import (
    Shape,
    check_choice,
    check_positive,
    check_spectrum,
    image_width,
)
from specnet.mixing import Mixing, convolve, function_count, summed_channels

Tensor = Any

# Gains are set on this many bins, so that initial weights do not depend on the size of the image.
_REFERENCE = (32, 17)


class SpectralConvolution(keras.layers.Layer):
    """Multiplies spectra by transfer functions; the base of the layers below.

    Input shape: (B, 2, C, V, U).
    Output shape: (B, 2, F, V, U).

    Args:
        filters: output channels F.
        mixing: `sum`: every filter sees the sum of the channels, as in Wood & Larson (2021);
            `depthwise`: each channel has F / C filters of its own; `full`: one filter for each pair
            of channel and filter, as in Conv2D.
        activation: a Keras activation, applied to the real and the imaginary part.
        use_bias: add a learned number to the bin at frequency 0: a constant in space.
        init: `unit_gain`: white noise keeps its variance; `wood2021`: the near-zero initial weights
            of the original package.
        seed: of the initial weights; drawn if not given.
    """

    def __init__(
        self,
        filters: int,
        mixing: Literal["sum", "depthwise", "full"] = "sum",
        activation: str | None = None,
        use_bias: bool = False,
        init: Literal["unit_gain", "wood2021"] = "unit_gain",
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = check_positive("filters", filters)
        self.mixing = check_choice("mixing", mixing, get_args(Mixing))
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.init = check_choice("init", init, ("unit_gain", "wood2021"))
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is (B, 2, C, V, U)."""
        channels, rows, columns = check_spectrum(self, input_shape)
        if self.mixing == "depthwise" and self.filters % channels:
            raise ValueError(
                f"{self.name}: with mixing depthwise, filters must be a multiple of the channels; "
                f"found {self.filters} filters for {channels} channels"
            )
        seed = random.randint(0, 2**31) if self.seed is None else self.seed
        initial = self.initial_filters(
            np.random.default_rng(seed),
            function_count(self.mixing, channels, self.filters),
            summed_channels(self.mixing, channels),
            (rows, columns),
        )
        for name, value in initial.items():
            setattr(self, name, self._add(name, value))
        bound = {} if self.mixing == "sum" else {2: channels}
        self.input_spec = keras.layers.InputSpec(ndim=5, axes={1: 2} | bound)
        if self.use_bias:
            self.bias = self._add("bias", np.zeros(self.filters))
        self._apply = compiled(self._filtered)

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, bins: tuple[int, int]
    ) -> dict[str, np.ndarray]:
        """Weights to start from: for `count` functions on (V, U) bins, summed over `channels`."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def response(self, weights: Mapping[str, Tensor], rows: int, columns: int) -> Tensor:
        """Transfer functions (2, K, V, U) of these weights, on a half spectrum of (V, U) bins."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def transfer_functions(self, rows: int, columns: int) -> np.ndarray:
        """The learned transfer functions (2, K, V, U), for looking at."""
        return ops.convert_to_numpy(self.response(self._weights_by_name(), rows, columns))

    def call(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, 2, F, V, U)."""
        return self._apply(spectrum, self._weights_by_name())

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input, with F channels."""
        return (*input_shape[:2], self.filters, *input_shape[3:])

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "mixing": self.mixing,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "init": self.init,
            "seed": self.seed,
        }

    def _weights_by_name(self) -> dict[str, keras.Variable]:
        return {weight.name: weight for weight in self.weights}

    def _filtered(self, spectrum: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        response = self.response(weights, *spectrum.shape[3:])
        output = convolve(spectrum, ops.cast(response, spectrum.dtype), self.mixing)
        if self.use_bias:
            output = output + _at_dc(ops.cast(weights["bias"], spectrum.dtype), spectrum.shape[3:])
        return self.activation(output)

    def _add(self, name: str, value: np.ndarray) -> keras.Variable:
        # Responses are evaluated in the variables' own precision, also under a mixed policy.
        return self.add_weight(
            value.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(value, dtype),
            name=name,
            autocast=False,
        )


class ParametricConvolution(SpectralConvolution):
    """Transfer functions of a family with few parameters, at any image size; a base class.

    Args:
        grid: `signed`: frequencies in cycles/pixel. `wood2021`: the coordinates of the original
            package, with its parameters unconstrained as there.
        odd_width: whether the images are an odd number of pixels wide; U columns belong to a width
            of 2U - 2 or of 2U - 1.
    """

    family: transfer.Family
    _wood2021_first_column: float
    _wood2021_stddev: float

    def __init__(
        self,
        filters: int,
        grid: Literal["signed", "wood2021"] = "signed",
        odd_width: bool = False,
        **kwargs: Any,
    ):
        super().__init__(filters, **kwargs)
        self.grid = check_choice("grid", grid, get_args(Grid))
        self.odd_width = odd_width

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, bins: tuple[int, int]
    ) -> dict[str, np.ndarray]:
        """Parameters of the family, each (2, K) + its shape."""
        if self.init == "unit_gain":
            return self.family.unit_gain(rng, count, channels, self._frequencies(*_REFERENCE))
        return {
            name: rng.normal(0, self._wood2021_stddev, (2, count, *shape))
            for name, shape in self.family.shapes.items()
        }

    def response(self, weights: Mapping[str, Tensor], rows: int, columns: int) -> Tensor:
        """The family's functions on this layer's grid: (2, K, V, U)."""
        return self.family.response(weights, *self._frequencies(rows, columns))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "grid": self.grid, "odd_width": self.odd_width}

    def _frequencies(self, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        if self.grid == "wood2021":
            return wood2021_grid(rows, columns, self._wood2021_first_column)
        return signed_grid(rows, image_width(self, columns, self.odd_width))


def _at_dc(bias: Tensor, bins: tuple[int, int]) -> Tensor:
    """(F,) -> (2, F, V, U), zero but for the real part at frequency 0."""
    rows, columns = bins
    real = ops.pad(bias[:, None, None], ((0, 0), (0, rows - 1), (0, columns - 1)))
    return ops.stack([real, ops.zeros_like(real)])
