"""Convolution of images by way of their spectra, with any transfer functions.

What `SpectralConv2D` in `spectral_conv2d.py` and its adjoint in `transposed.py` share. The filters
are those of a convolution of spectra in the registry; the maths is in `specnet.ops.padding`,
`specnet.ops.striding` and `specnet.ops.mixing`.

    B  batch   C  channels   F  filters   K  transfer functions (F, or C * F with mixing `full`)
    H, W  height and width of the images, in pixels; extended as `padding` says, P and Q
    V  rows of the half spectrum (V = P), U its columns (U = Q // 2 + 1)

Shapes are those of images; `signal_convolution.py` has the same layer for signals and volumes.
"""

from collections.abc import Mapping
from math import prod
from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from specnet import native
from specnet.layers.shapes import (
    Shape,
    as_python,
    check_choice,
    check_each_axis,
    check_flag,
    check_input,
    check_positive,
    check_seed,
    each_axis,
    strided,
)
from specnet.layers.spectral_layer import (
    ImageLayer,
    channels_ahead,
    channels_behind,
    sum_of_channels,
)
from specnet.messages import dotted
from specnet.ops.compiled import compiled, runs_loops
from specnet.ops.flops import Cost, Known, Transform, finished, products
from specnet.ops.fourier import rfftn, widened
from specnet.ops.grids import half_width
from specnet.ops.hermitian import hermitian_projection
from specnet.ops.kept import kept
from specnet.ops.mixing import Mixing, convolve
from specnet.ops.padding import extend, extended_size
from specnet.ops.striding import below_new_nyquist, subsampled
from specnet.recipe import registry
from specnet.recipe.ranges import Count, Seed, Sizes
from specnet.recipe.signatures import check_family, family_parts

Tensor = Any
Size = tuple[int, ...]


class ImageConvolution(ImageLayer):
    """Images filtered by transfer functions in the frequency domain; a base class.

    Args:
        filters: output channels F.
        family: the transfer functions: the recipe name of a convolution of spectra, or
            `{name: {its own arguments}}`, such as `{"polynomial": {"order": 3}}`. A family with few
            parameters fits every image size; `free` does so with `modes` or `resample` only.
        strides: one number of pixels, or two, vertical and horizontal.
        padding: how the image goes on beyond its border. `circular`: it repeats. `same`: zeros.
        antialias: remove the frequencies that the strides cannot keep.
        mixing: as in the convolutions of spectra; `full` is what Conv2D does.
        activation: a Keras activation, in space.
        use_bias: add a learned number to each channel, in space.
        seed: of the initial weights; drawn if not given.

    Attributes:
        convolution: the convolution of spectra that owns the transfer functions, once built.
    """

    upsamples = False  # whether strides make the images larger
    paddings: tuple[str, ...] = ("circular", "same", "reflect")

    def __init__(
        self,
        filters: Count,
        family: str | dict[str, Any] = "gaussian",
        strides: Sizes = 1,
        padding: Literal["circular", "same", "reflect"] = "same",
        antialias: bool = False,
        mixing: Literal["sum", "depthwise", "full"] = "full",
        activation: str | None = None,
        use_bias: bool = True,
        seed: Seed | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = check_positive("filters", filters)
        self.family = _checked_family(family, self.dimensions)
        self.strides = check_each_axis("strides", strides, self.dimensions, check_positive)
        self.steps = each_axis(self.strides, self.dimensions)
        self.padding = check_choice("padding", padding, self.paddings)
        _check_cycles_per_image(self.family, padding)
        self.antialias = check_flag("antialias", antialias)
        self.mixing = check_choice("mixing", mixing, get_args(Mixing))
        self.activation = keras.activations.get(activation)
        self.use_bias = check_flag("use_bias", use_bias)
        self.seed = check_seed(seed)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is that of images, whose size may be unknown."""
        size, channels = check_input(self, input_shape, self.data_format, self.dimensions)
        bins: list[int | None] = [None] * self.dimensions
        odd = False
        if None not in size:
            *rows, width = self.whole_size(size)
            bins, odd = [*rows, half_width(width)], width % 2 == 1
        name, arguments = family_parts(self.family)
        self.convolution = registry.resolve(name)(
            self.filters,
            mixing=self.mixing,
            odd_width=odd,
            seed=self.seed,
            name=name,
            dtype=self.dtype_policy,
            **arguments,
        )
        whole = None if None in size else self.whole_size(size)
        self.convolution.first_gain = lambda weights: self.first_gain(weights, whole)
        self.convolution.build((None, 2, self.channels_of_a_filter(channels), *bins))
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), initializer="zeros", name="bias")
        bound = self.convolution.input_spec.axes  # of (B, 2, C, V, U)
        places, last = [*range(1, self.dimensions + 2)], self.data_format == "channels_last"
        its_places = [*range(3, self.dimensions + 3)]
        pairs = zip(places, [*its_places, 2] if last else [2, *its_places], strict=True)
        axes = {own: input_shape[own] for own, its in pairs if its in bound}
        self.input_spec = keras.layers.InputSpec(ndim=self.dimensions + 2, axes=axes)
        self._apply = compiled(self.filtered)
        # Their size is the shape of an empty tensor, which XLA knows while it compiles.
        self._functions = kept(compiled(lambda own, like: self.functions(own, like.shape[1:])))

    def whole_size(self, size: Size) -> Size:
        """(P, Q): the size at which images of `size` (H, W) are filtered."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def channels_of_a_filter(self, channels: int) -> int:
        """How many of the channels a filter sees."""
        return channels

    def first_gain(self, weights: Mapping[str, np.ndarray], size: Size | None) -> float:
        """What the functions of initial weights, made for this (P, Q), are multiplied with."""
        return self.initial_gain()

    def initial_gain(self) -> float:
        """How much stronger filters must be for white images to keep their variance."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def filtered(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, H, W, C) -> (B, F, h, w), in float32 or float64."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def looped(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, H, W, C) -> (B, h, w, F), as `filtered` without mixing `sum`, by `specnet.native`."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def takes_loops(self) -> bool:
        """Whether `looped` takes the place of `filtered` here; the same numbers up to rounding."""
        plain = self.mixing != "sum" and self.dtype_policy.name == "float32"
        return self.dimensions == 2 and plain and runs_loops() and native.fits()

    def response(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        """Transfer functions (2, K, V, U) of these weights, of real filters of (P, Q) pixels.

        With `antialias` they are zero above the new Nyquist frequency.
        """
        raw = self.functions(weights, size)
        # The spectrum of an image is Hermitian; with such a response, the product is too.
        return ops.stack(hermitian_projection(raw[0], raw[1], size[-1], self.dimensions))

    def functions(self, weights: Mapping[str, Tensor], size: Size) -> Tensor:
        """As `response`, also with what filters have that are not real."""
        functions = self.convolution.response(weights, size)
        if not self.antialias:
            return functions
        return functions * ops.cast(below_new_nyquist(size, self.steps), functions.dtype)

    def learned(self) -> dict[str, np.ndarray]:
        """What the filters learned, in units of the field: name with its unit -> (2, K, ...)."""
        return self.convolution.learned()

    def computed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, F)."""
        weights = self.convolution.wide_weights()
        if self.takes_loops():
            output = self.looped(images, weights)
        else:
            planes = self._apply(images, weights)
            output = ops.cast(channels_behind(planes), self.compute_dtype)
        if self.use_bias:
            output = output + ops.cast(self.bias, output.dtype)
        return self.activation(output)

    def cost(self, before: Known, after: Known) -> Cost:
        """Transforms of the extended images there and back; with strides, one is smaller."""
        *size, of_all = before
        channels = self.channels_of_a_filter(of_all)
        whole = self.whole_size(tuple(size))
        coarse = whole if self.padding == "valid" else _divided(whole, self.steps)
        there, back = (coarse, whole) if self.upsamples else (whole, coarse)
        planes = of_all // channels if self.mixing == "sum" else of_all
        bins, kept = (prod(each[:-1]) * half_width(each[-1]) for each in (whole, coarse))
        summing = prod(size) * (of_all - planes)
        # Bins that alias are added up.
        folding = 0 if self.upsamples else 2 * self.filters * (bins - kept)
        seen = 1 if self.mixing == "sum" else channels
        arithmetic = products(self.mixing, seen, self.filters, bins) + summing + folding
        transforms = (Transform(planes, there), Transform(self.filters, back))
        return Cost(arithmetic + finished(self, after), transforms)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "family": self.family,
            "strides": self.strides,
            "padding": self.padding,
            "antialias": self.antialias,
            "mixing": self.mixing,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "seed": self.seed,
        }

    def spectrum(self, images: Tensor, size: Size) -> Tensor:
        """(B, H, W, C) -> (B, 2, C, V, U) of the images extended to `size`; 1 channel with `sum`.

        In float32 at least; channels that are summed anyway are summed before the transform.
        """
        images = widened(images)
        if self.mixing == "sum":
            images = sum_of_channels(images)[..., None]
        planes = extend(channels_ahead(images), self.padding, size)
        return ops.stack(rfftn(planes, self.dimensions), axis=1)

    def product(self, spectrum: Tensor, response: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, 2, F, V, U): the convolution theorem."""
        return convolve(spectrum, ops.cast(response, spectrum.dtype), self.mixing)


class StridedConvolution(ImageConvolution):
    """Every s-th pixel of filtered images, beginning with the first; a base class."""

    def whole_size(self, size: Size) -> Size:
        """(P, Q): the size of the extended images."""
        return extended_size(self.padding, size, self.steps)

    def initial_gain(self) -> float:
        """What `antialias` removes of white noise must be made up for."""
        return prod(self.steps) ** 0.5 if self.antialias else 1.0

    def filtered(self, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, H, W, C) -> (B, F, ceil(H / s), ceil(W / s)), in float32 or float64."""
        size = self.whole_size(images.shape[1:-1])
        product = self.product(self.spectrum(images, size), self.response(weights, size))
        kept = (slice(length) for length in self.result_shape(images.shape)[1:-1])
        return subsampled(product[:, 0], product[:, 1], size, self.steps)[..., *kept]

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """One pixel in s, with F channels."""
        return images[0], *strided(images[1:-1], self.steps), self.filters


def _checked_family(family: str | dict[str, Any], rank: int) -> str | dict[str, Any]:
    kernel = family if isinstance(family, list | tuple) else [family]
    if kernel and all(isinstance(each, int) for each in kernel):
        raise ValueError(
            f"family: found {family!r}, as if it were Conv2D's kernel_size; filters here are as "
            "large as the image, and their second argument is a family such as 'gaussian'. For "
            "small kernels use keras.layers.Conv2D or SpectralKernelConv2D"
        )
    family = as_python(family)
    found = check_family(family, rank)
    problems = [f"{dotted(('family', *place))}: {words}" for place, words in found]
    if problems:
        raise ValueError("; ".join(problems))
    return family


def _check_cycles_per_image(family: str | dict[str, Any], padding: str) -> None:
    if family_parts(family)[1].get("frequencies") == "image" and padding != "circular":
        raise ValueError(
            f"family: frequencies of an image are those of the image alone with padding circular; "
            f"found padding {padding}, by which it is extended"
        )


def _divided(size: Size, steps: Size) -> Size:
    """A length that its stride does not divide stays; pixels are then left out in space."""
    return tuple(n if n % step else n // step for n, step in zip(size, steps, strict=True))
