"""What all convolutions of spectra share: channels, activation, bias, initial gain.

A kind in `specnet.layers.convolution` owns the weights and returns the transfer functions. The
maths is in `specnet.transfer` and `specnet.ops.mixing`.

    B  batch   C  channels   F  filters   K  transfer functions (F, or C * F with mixing `full`)
    H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)

Shapes are those of images. Spectra of signals are (B, 2, C, U), of volumes (B, 2, C, S, V, U), and
a layer takes its rank, the number of these axes, from the shape that it is built with.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from specnet import transfer
from specnet.layers.shapes import (
    RANKS,
    Shape,
    check_choice,
    check_flag,
    check_one_or_two,
    check_positive,
    check_seed,
    check_spectra,
    image_width,
)
from specnet.layers.spectral_layer import SpectralLayer, maths_dtype
from specnet.ops.compiled import compiled, in_full_precision
from specnet.ops.flops import Cost, Known, bent, products
from specnet.ops.grids import cycles_per_image, full_width, signed_grid
from specnet.ops.mixing import Mixing, convolve, function_count, summed_channels
from specnet.recipe.ranges import Count, Seed, Sizes
from specnet.recipe.ranks import of_others

Tensor = Any
Size = tuple[int, ...]  # (H, W) of images

# Gains are set at this size, so that initial weights do not depend on the size of the image.
_REFERENCE = 32  # along each axis
# What layers of one family give `ParametricConvolution` themselves.
MADE = ("family", "options")


class SpectralConvolution(SpectralLayer):
    """Multiplies spectra by transfer functions; the base of the layers below.

    Input shape: (B, 2, C, V, U), or as much of signals or volumes.
    Output shape: (B, 2, F, V, U), with the axes of the input.

    Args:
        filters: output channels F.
        mixing: `sum`: every filter sees the sum of the channels, as in Wood & Larson (2021);
            `depthwise`: each channel has F / C filters of its own; `full`: one filter for each pair
            of channel and filter, as in Conv2D.
        activation: a Keras activation, applied to the real and the imaginary part.
        use_bias: add a learned number to the bin at frequency 0: a constant in space.
        odd_width: whether the images are an odd number of pixels wide; U columns belong to a width
            of 2U - 2 or of 2U - 1.
        seed: of the initial weights; drawn if not given.
    """

    def __init__(
        self,
        filters: Count,
        mixing: Literal["sum", "depthwise", "full"] = "sum",
        activation: str | None = None,
        use_bias: bool = False,
        odd_width: bool = False,
        seed: Seed | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = check_positive("filters", filters)
        self.mixing = check_choice("mixing", mixing, get_args(Mixing))
        self.activation = keras.activations.get(activation)
        self.use_bias = check_flag("use_bias", use_bias)
        self.odd_width = check_flag("odd_width", odd_width)
        self.seed = check_seed(seed)
        self.first_gain: Callable[[Mapping[str, np.ndarray]], float] = lambda weights: 1.0

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is (B, 2, C, V, U)."""
        channels, (*rows, columns) = check_spectra(self, input_shape, RANKS)
        self.dimensions = len(input_shape) - 3
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
            (*(n or 0 for n in rows), image_width(self, columns, self.odd_width) or 0),
        )
        initial |= self.amplified(initial, self.first_gain(initial))
        for name, value in initial.items():
            setattr(self, name, self.add_weight_from(name, value))
        bound = {} if self.mixing == "sum" else {2: channels}
        self.input_spec = keras.layers.InputSpec(ndim=3 + self.dimensions, axes={1: 2} | bound)
        if self.use_bias:
            self.bias = self.add_weight_from("bias", np.zeros(self.filters))
        self._apply = compiled(self._filtered)

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Weights to start from: `count` functions for (H, W) images, summed over `channels`.

        H and W are 0 where they are unknown.
        """
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def response(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        """Transfer functions (2, K, V, U) of these weights, for images of size (H, W)."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def amplified(self, weights: Mapping[str, np.ndarray], gain: float) -> dict[str, np.ndarray]:
        """What changes of weights when their functions become `gain` times as strong."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def amplify(self, gain: float) -> None:
        """Makes the functions of a built layer `gain` times as strong."""
        weights = self.weights_by_name()
        arrays = {name: ops.convert_to_numpy(weight) for name, weight in weights.items()}
        for name, value in self.amplified(arrays, gain).items():
            weights[name].assign(value)

    def transfer_functions(self, size: Size) -> np.ndarray:
        """The learned transfer functions (2, K, V, U) for images of (H, W), for looking at."""
        return ops.convert_to_numpy(self.response(self.weights_by_name(), size))

    def learned(self) -> dict[str, np.ndarray]:
        """What the filters learned, in units of the field: name with its unit -> (2, K, ...)."""
        return {}

    def weights_by_name(self) -> dict[str, keras.Variable]:
        """The layer's weights, as `response` takes them."""
        return {weight.name: weight for weight in self.weights}

    def wide_weights(self) -> dict[str, Tensor]:
        """What `weights_by_name` holds, in the precision that functions are computed in."""
        wide = maths_dtype(self)
        return {name: ops.cast(weight, wide) for name, weight in self.weights_by_name().items()}

    def computed(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, 2, F, V, U)."""
        return self._apply(spectrum, self.wide_weights())

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input, with F channels; ValueError if it is no spectrum."""
        _, bins = check_spectra(self, input_shape, RANKS)
        image_width(self, bins[-1], self.odd_width)
        return *input_shape[:2], self.filters, *bins

    def cost(self, before: Known, after: Known) -> Cost:
        """Operations on one image."""
        _, channels, *bins = before
        filters = self.filters
        bias = filters * bool(self.use_bias)
        return Cost(products(self.mixing, channels, filters, prod(bins)) + bias + bent(self, after))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "mixing": self.mixing,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "odd_width": self.odd_width,
            "seed": self.seed,
        }

    def _filtered(self, spectrum: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        *rows, columns = spectrum.shape[3:]
        response = self.response(weights, (*rows, full_width(columns, self.odd_width)))
        output = convolve(spectrum, ops.cast(response, spectrum.dtype), self.mixing)
        if self.use_bias:
            output = output + _at_dc(ops.cast(weights["bias"], spectrum.dtype), spectrum.shape[3:])
        return self.activation(output)


class ParametricConvolution(SpectralConvolution):
    """Transfer functions of a family with few parameters, at any image size; a base class.

    Args:
        family: the transfer functions, in cartesian form.
        options: the arguments that made the family, for the layer's configuration.
        form: `cartesian`: the family gives the real and the imaginary part. `polar`: it gives the
            magnitude and the phase in radians.
        frequencies: what the functions are of. `pixel`: cycles/pixel, so that a filter has the same
            shape in pixels at every image size. `image`: cycles/image, so that it has the same
            share of the picture, and is zero at frequencies that images of `image_size` cannot
            hold.
        image_size: of `image`, height and width in pixels, or one number for both, at which both
            are the same; that of the images it is trained with.
        seamless: add to each function its mirror image, so that the real part (or magnitude) is
            even in frequency and the imaginary part (or phase) odd, as in the spectrum of a real
            filter. The published bumps live on half of the plane: where it meets the other half, at
            the horizontal frequency 0, they jump, and the filter rings in space. Of the families
            that do so: `gaussian`, `gaussian_mixture`, `lorentzian`, `sinc` and `implicit`.
    """

    def __init__(
        self,
        filters: Count,
        family: transfer.Family,
        options: Mapping[str, Any],
        form: Literal["cartesian", "polar"] = "cartesian",
        frequencies: Literal["pixel", "image"] = "pixel",
        image_size: Sizes | None = None,
        seamless: bool = False,
        **kwargs: Any,
    ):
        super().__init__(filters, **kwargs)
        self.frequencies = check_choice("frequencies", frequencies, ("pixel", "image"))
        if image_size is not None:
            image_size = check_one_or_two("image_size", image_size, check_positive)
        if (image_size is not None) != (frequencies == "image"):
            raise ValueError(_one_without_the_other(frequencies, image_size))
        self.image_size = image_size
        self.form = check_choice("form", form, get_args(transfer.Form))
        self.seamless = check_flag("seamless", seamless)
        if seamless and not family.jumps:
            raise ValueError(
                "seamless: expected a family whose functions jump at horizontal frequency 0 "
                "(gaussian, gaussian_mixture, lorentzian, sinc, implicit); these do not, or have "
                "no mirror image"
            )
        self.family = replace(family, form=self.form, seamless=self.seamless)
        self.options = dict(options)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights, for functions of as many frequencies as the spectra have axes."""
        rank = len(check_spectra(self, input_shape, RANKS)[1])
        if rank != 2:
            self._take_rank(rank)
        super().build(input_shape)

    def _take_rank(self, rank: int) -> None:
        if self.family.of_rank is None:
            raise ValueError(f"{self.name}: its filters are {of_others([2], rank)}")
        if isinstance(self.image_size, tuple | list):
            raise ValueError(f"image_size: expected one number, found {self.image_size}")
        self.family = replace(
            self.family.of_rank(rank), form=self.form, seamless=self.family.seamless
        )

    def initial_filters(
        self, rng: np.random.Generator, count: int, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Parameters of the family, each (2, K) + its shape."""
        return self.family.unit_gain(
            rng, count, channels, self.coordinates((_REFERENCE,) * self.dimensions)
        )

    def response(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        """The family's functions on this layer's grid: (2, K, V, U)."""
        if self.frequencies == "image":
            return self._response_in_cycles_per_image(weights, size)
        with in_full_precision():
            return self.family.response(weights, *self.coordinates(size))

    def _response_in_cycles_per_image(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        frequencies, known = cycles_per_image(size, self.image_size or size)
        with in_full_precision():
            response = self.family.response(weights, *frequencies)
        return response * ops.cast(known, response.dtype)

    def amplified(self, weights: Mapping[str, np.ndarray], gain: float) -> dict[str, np.ndarray]:
        """The amplitudes, `gain` times as large."""
        return self.family.amplified(weights, gain)

    def learned(self) -> dict[str, np.ndarray]:
        """What the filters learned, in units of the field: name with its unit -> (2, K, ...)."""
        return self.family.describe(self._arrays())

    def coordinates(self, size: Size) -> tuple[np.ndarray, ...]:
        """Vertical (V,) and horizontal (U,) frequencies, in cycles/pixel; one array an axis."""
        return signed_grid(*size)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            **self.options,
            "form": self.form,
            "frequencies": self.frequencies,
            "image_size": self.image_size,
            "seamless": self.seamless,
        }

    def _arrays(self) -> dict[str, np.ndarray]:
        weights = self.weights_by_name()
        return {name: ops.convert_to_numpy(weights[name]) for name in self.family.shapes}


def _one_without_the_other(frequencies: str, image_size: Any) -> str:
    if image_size is None:
        return (
            "frequencies: image needs an image_size, at which cycles/image are cycles/pixel; give "
            "that of the images it is trained with"
        )
    return (
        f"image_size: belongs to frequencies: image; found {image_size!r} with frequencies: "
        f"{frequencies}, which fit every size. Leave it out, or say frequencies: image"
    )


def _at_dc(bias: Tensor, bins: Size) -> Tensor:
    """(F,) -> (2, F, V, U), zero but for the real part at frequency 0."""
    beyond = ((0, 0), *((0, count - 1) for count in bins))
    real = ops.pad(ops.reshape(bias, (-1, *[1] * len(bins))), beyond)
    return ops.stack([real, ops.zeros_like(real)])
