"""Convolutions of spectra, one layer for each way to say what a filter does to a frequency.

F  filters   K  transfer functions (F, or C * F with mixing `full`)
V  rows of the half spectrum, U its columns
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from specnet import transfer
from specnet.layers.base import ParametricConvolution, SpectralConvolution
from specnet.layers.shapes import Shape, check_positive

Tensor = Any


@keras.saving.register_keras_serializable("specnet")
class GaussianConvolution(ParametricConvolution):
    """Gaussian bumps in the frequency plane: 12 parameters a filter (Wood & Larson 2021)."""

    _wood2021_first_column = 0.0
    _wood2021_stddev = 0.05

    def __init__(self, filters: int, **kwargs: Any):
        super().__init__(filters, **kwargs)
        self.family = transfer.gaussian(positive_definite=self.grid != "wood2021")


@keras.saving.register_keras_serializable("specnet")
class PolynomialConvolution(ParametricConvolution):
    """A polynomial in each frequency: 4 parameters a filter and order (Wood & Larson 2021).

    Args:
        order: highest power.
        intercept: begin at power 0, as the original package does.
    """

    _wood2021_first_column = -0.5
    _wood2021_stddev = 0.005

    def __init__(self, filters: int, order: int = 1, intercept: bool = False, **kwargs: Any):
        super().__init__(filters, **kwargs)
        self.order = check_positive("order", order)
        self.intercept = intercept
        self.family = transfer.polynomial(order, intercept)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "order": self.order, "intercept": self.intercept}


@keras.saving.register_keras_serializable("specnet")
class LinearConvolution(PolynomialConvolution):
    """A plane in each part: 4 parameters a filter, 8 with an intercept (Wood & Larson 2021).

    Args:
        intercept: add a constant to each frequency's term, as the original package does.
    """

    def __init__(self, filters: int, intercept: bool = False, **kwargs: Any):
        super().__init__(filters, order=1, intercept=intercept, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        config = super().get_config()
        del config["order"]
        return config


@keras.saving.register_keras_serializable("specnet")
class FreeConvolution(SpectralConvolution):
    """One complex weight for each frequency (Pratt et al. 2017), bound to one image size."""

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; from then on the spectra must have these (V, U) bins."""
        super().build(input_shape)
        axes = {**self.input_spec.axes, 3: input_shape[3], 4: input_shape[4]}
        self.input_spec = keras.layers.InputSpec(ndim=5, axes=axes)

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, bins: tuple[int, int]
    ) -> dict[str, np.ndarray]:
        """The transfer functions themselves, (2, K, V, U)."""
        shape = (2, count, *bins)
        if self.init == "unit_gain":
            return {"bins": rng.normal(0, (2 * channels) ** -0.5, shape)}
        # Keras's default for the original's (V, U, K) weights: Glorot uniform.
        limit = (6 / (bins[0] * (bins[1] + count))) ** 0.5
        return {"bins": rng.uniform(-limit, limit, shape)}

    def response(self, weights: Mapping[str, Tensor], rows: int, columns: int) -> Tensor:
        """The weights, (2, K, V, U)."""
        return weights["bins"]
