"""Convolutions of spectra as the papers have them: polynomial, Gaussian and free filters.

The kinds that the original package of Wood & Larson (2021) has too, with its grid and its initial
weights. Layers of all other families are made in `families.py`.

    F  filters   K  transfer functions (F, or C * F with mixing `full`)
    V  rows of the half spectrum, U its columns
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from specnet.layers.base import MADE, ParametricConvolution, Size, SpectralConvolution
from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Shape,
    check_choice,
    check_flag,
    check_one_or_two,
    check_positive,
    pair,
)
from specnet.layers.spectral_layer import refuse_unknown
from specnet.ops.grids import Grid, half_width, wood2021_grid
from specnet.ops.interpolation import interpolate
from specnet.ops.modes import spread
from specnet.recipe.ranges import Count, Sizes, Terms
from specnet.transfer.family import Family
from specnet.transfer.gaussian import gaussian
from specnet.transfer.polynomial import polynomial

Tensor = Any
_INITS = ("unit_gain", "wood2021")


class Wood2021Convolution(ParametricConvolution):
    """A family of the original package; a base class.

    Args:
        grid: `signed`: frequencies in cycles/pixel. `wood2021`: the coordinates of the original
            package, with its parameters unconstrained as there.
        init: `unit_gain`: white noise keeps its variance; `wood2021`: the near-zero initial weights
            of the original package.
    """

    _wood2021_first_column: float
    _wood2021_stddev: float

    def __init__(
        self,
        filters: Count,
        family: Family,
        options: Mapping[str, Any],
        grid: Literal["signed", "wood2021"] = "signed",
        init: Literal["unit_gain", "wood2021"] = "unit_gain",
        **kwargs: Any,
    ):
        super().__init__(filters, family=family, options=options, **kwargs)
        self.grid = check_choice("grid", grid, get_args(Grid))
        if grid == "wood2021" and self.frequencies == "image":
            raise ValueError("frequencies: image needs the grid signed, in cycles")
        if grid == "wood2021" and self.seamless:
            raise ValueError("seamless: needs the grid signed, where frequencies have opposites")
        self.init = check_choice("init", init, _INITS)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; the original package has images alone."""
        if len(input_shape) != 5 and "wood2021" in (self.grid, self.init):
            raise ValueError(
                f"{self.name}: wood2021, as grid or init, is that of images; found shape "
                f"{tuple(input_shape)}; leave it out"
            )
        super().build(input_shape)

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Parameters of the family, each (2, K) + its shape."""
        if self.init == "unit_gain":
            return super().initial_filters(rng, count, channels, size)
        return {
            name: rng.normal(0, self._wood2021_stddev, (2, count, *shape))
            for name, shape in self.family.shapes.items()
        }

    def coordinates(self, size: Size) -> tuple[np.ndarray, ...]:
        """Vertical (V,) and horizontal (U,) coordinates on this layer's grid."""
        if self.grid == "signed":
            return super().coordinates(size)
        return wood2021_grid(size[0], half_width(size[1]), self._wood2021_first_column)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "grid": self.grid, "init": self.init}


@layer("gaussian", "Convolutions of spectra", takes="spectra", ranks=(1, 2, 3))
class GaussianConvolution(Wood2021Convolution):
    """Gaussian bumps in the frequency plane: 12 parameters a filter (Wood & Larson 2021).

    Of signals 6, of volumes 20: centre, covariance and scale in each part, over as many axes.
    """

    _wood2021_first_column = 0.0
    _wood2021_stddev = 0.05

    def __init__(self, filters: Count, **kwargs: Any):
        refuse_unknown(type(self), kwargs, *MADE)
        family = gaussian(positive_definite=kwargs.get("grid") != "wood2021")
        super().__init__(filters, family=family, options={}, **kwargs)


@layer("polynomial", "Convolutions of spectra", takes="spectra", ranks=(2,))
class PolynomialConvolution(Wood2021Convolution):
    """A polynomial in each frequency: 4 parameters a filter and order (Wood & Larson 2021).

    Args:
        order: highest power.
        intercept: begin at power 0, as the original package does.
    """

    _wood2021_first_column = -0.5
    _wood2021_stddev = 0.005

    def __init__(self, filters: Count, order: Terms = 1, intercept: bool = False, **kwargs: Any):
        refuse_unknown(type(self), kwargs, *MADE)
        order, intercept = check_positive("order", order), check_flag("intercept", intercept)
        family = polynomial(order, intercept)
        options = {"order": order, "intercept": intercept}
        super().__init__(filters, family=family, options=options, **kwargs)


@layer("linear", "Convolutions of spectra", takes="spectra", ranks=(2,))
class LinearConvolution(PolynomialConvolution):
    """A plane in each part: 4 parameters a filter, 8 with an intercept (Wood & Larson 2021).

    Args:
        intercept: add a constant to each frequency's term, as the original package does.
    """

    def __init__(self, filters: Count, intercept: bool = False, **kwargs: Any):
        refuse_unknown(type(self), kwargs, "order", *MADE)
        super().__init__(filters, order=1, intercept=intercept, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        config = super().get_config()
        del config["order"]
        return config


@layer("free", "Convolutions of spectra", takes="spectra", ranks=(1, 2, 3))
class FreeConvolution(SpectralConvolution):
    """One complex weight for each frequency (Pratt et al. 2017), or for the lowest ones alone.

    Without `modes` and `resample` a layer is bound to one image size.

    Args:
        init: `unit_gain`: white noise keeps its variance, of its modes if there are such;
            `wood2021`: the initial weights of the original package.
        modes: m, or [m, n]: weights for frequencies below m cycles down and n cycles across the
            image, in either direction, and none for others, as in a Fourier neural operator (Li et
            al. 2021): rows -(m - 1) to m - 1 and columns 0 to n - 1 of the half spectrum, (2m - 1)
            n weights a filter at every image size. `fourier_block` has row -m too, as its authors'
            code does, though m is not among its rows; here every mode has its mirror image. Of an
            image that a padding extends, they are those of the extended one.
        resample: the weights are a function of cycles/pixel, which is interpolated at other image
            sizes than theirs: that of the first images, or (2m - 1) x (2n - 1) with `modes`, by
            which a model can be built for any size.
    """

    def __init__(
        self,
        filters: Count,
        init: Literal["unit_gain", "wood2021"] = "unit_gain",
        modes: Sizes | None = None,
        resample: bool = False,
        **kwargs: Any,
    ):
        super().__init__(filters, **kwargs)
        self.init = check_choice("init", init, _INITS)
        self.modes = modes if modes is None else check_one_or_two("modes", modes, check_positive)
        self.resample = check_flag("resample", resample)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights, of these (V, U) bins if there are no modes."""
        images = len(input_shape) == 5
        if not images and (self.modes or self.resample or self.init == "wood2021"):
            raise ValueError(
                f"{self.name}: modes, resample and wood2021 are for images; found spectra of shape "
                f"{tuple(input_shape)}; leave them out, or take another family"
            )
        if self.modes is None and None in input_shape[3:]:
            raise ValueError(
                f"{self.name}: a free filter has a weight for each bin of one image size, which "
                f"must be known when it is built; found {tuple(input_shape)}. Give the Input a "
                "height and a width, say `modes`, or take another family"
            )
        super().build(input_shape)
        if self.modes is None and not self.resample:
            axes = self.input_spec.axes | dict(enumerate(input_shape[3:], 3))
            self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes=axes)

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """The weights, (2, K, V, U), or (2, K, 2m - 1, n)."""
        if self.modes is not None:
            down, across = pair(self.modes)
            size = 2 * down - 1, 2 * across - 1
        self._width = size[-1]
        shape = (2, count, *size[:-1], half_width(size[-1]))
        if self.init == "unit_gain":
            return {"bins": rng.normal(0, (2 * channels) ** -0.5, shape)}
        # Keras's default for the original's (V, U, K) weights: Glorot uniform.
        *_, rows, columns = shape
        limit = (6 / (rows * (columns + count))) ** 0.5
        return {"bins": rng.uniform(-limit, limit, shape)}

    def response(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        """The weights at the bins of images of this size, (2, K, V, U)."""
        bins = ops.convert_to_tensor(weights["bins"])
        if (*bins.shape[2:-1], self._width) == tuple(size):
            return bins
        if not self.resample:
            return spread(bins, (size[0], size[1]))
        # Hermitian first: what has no effect at the size of the weights has none at any other.
        own = bins.shape[-2], self._width
        return ops.stack(interpolate(bins[0], bins[1], own, (size[0], size[1])))

    def amplified(self, weights: Mapping[str, np.ndarray], gain: float) -> dict[str, np.ndarray]:
        """The bins, `gain` times as large."""
        return {"bins": weights["bins"] * gain}

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "init": self.init,
            "modes": self.modes,
            "resample": self.resample,
        }
