"""Activations of spectra.

Functions of spectra that have a reason to be told apart from the activations of Keras. Those act on
the real and the imaginary part as on any other number; the ReLU of Wood & Larson (2021) is Keras's
own.

    B  batch   C  channels   W  width of the images, in pixels
    V  rows of the half spectrum, U its columns; spectra of signals and of volumes are taken too
"""

from math import prod
from typing import Any

import keras
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import RANKS, Shape, check_flag, check_number, check_spectra, image_width
from specnet.layers.spectral_layer import SpectralLayer, maths_dtype
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import irfftn, rfftn
from specnet.ops.grids import full_width
from specnet.ops.hermitian import hermitian_projection
from specnet.ops.precision import maximum

Tensor = Any


def mod_relu(spectrum: Tensor, bias: Tensor) -> Tensor:
    """relu(|z| + bias) z / |z|: a threshold on the magnitude, the phase kept.

    Args:
        spectrum: (B, 2, C, V, U).
        bias: (C,).

    Returns:
        (B, 2, C, V, U)
    """
    thresholds = bias[:, *[None] * (len(spectrum.shape) - 3)]
    return spectrum * ops.relu(1 + thresholds / _magnitude(spectrum))


def cardioid(spectrum: Tensor) -> Tensor:
    """z (1 + cos(angle of z)) / 2 of spectra (B, 2, C, V, U)."""
    return spectrum * (1 + spectrum[:, :1] / _magnitude(spectrum)) / 2


def spatial_relu(spectrum: Tensor, width: int) -> Tensor:
    """Spectra (B, 2, C, V, U) of the ReLU of their images, which are W pixels wide."""
    size = (*spectrum.shape[3:-1], width)
    planes = hermitian_projection(spectrum[:, 0], spectrum[:, 1], width, len(size))
    images = irfftn(*planes, size)
    return ops.stack(rfftn(ops.relu(images), len(size)), axis=1)


class SpectralActivation(SpectralLayer):
    """A function of spectra that keeps their shape; a base class.

    Input shape: (B, 2, C, V, U), or as much of signals or volumes.
    Output shape: as the input.
    """

    def build(self, input_shape: Shape) -> None:
        """Checks the shape."""
        self.compute_output_shape(input_shape)
        self._apply = compiled(self._activated)

    def activate(self, spectrum: Tensor, *weights: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> the same, both in `maths_dtype`; `weights` are those of the layer."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def computed(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> the same."""
        return self._apply(spectrum, *(ops.cast(each, maths_dtype(self)) for each in self.weights))

    def cost(self, before: Known, after: Known) -> Cost:
        """Magnitude, gain and product of a complex number: about 5 for each real one."""
        return Cost(5 * prod(after))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input; ValueError if it is no spectrum."""
        check_spectra(self, input_shape, RANKS)
        return tuple(input_shape)

    def _activated(self, spectrum: Tensor, *weights: Tensor) -> Tensor:
        activated = self.activate(ops.cast(spectrum, maths_dtype(self)), *weights)
        return ops.cast(activated, self.compute_dtype)


@layer("mod_relu", "Activations of spectra", takes="spectra")
class ModReLU(SpectralActivation):
    """relu(|z| + b) z / |z|, with one learned b a channel (Arjovsky et al. 2016).

    A negative b silences weak frequencies; at 0 the layer is the identity, until it has trained.

    Input shape: (B, 2, C, V, U), or as much of signals or volumes.
    Output shape: as the input.

    Args:
        bias: b to start from, in the units of the spectrum.
    """

    def __init__(self, bias: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.initial_bias = check_number("bias", bias)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; from then on the spectra must have these channels."""
        super().build(input_shape)
        self.input_spec = keras.layers.InputSpec(
            ndim=len(input_shape), axes={1: 2, 2: input_shape[2]}
        )
        self.bias = self.add_weight(
            (input_shape[2],),
            initializer=keras.initializers.Constant(self.initial_bias),
            name="bias",
            autocast=False,
        )

    def activate(self, spectrum: Tensor, *weights: Tensor) -> Tensor:
        """relu(|z| + b) z / |z|."""
        return mod_relu(spectrum, *weights)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "bias": self.initial_bias}


@layer("cardioid", "Activations of spectra", takes="spectra")
class Cardioid(SpectralActivation):
    """z (1 + cos(angle of z)) / 2: positive reals stay, negative ones vanish (Virtue et al. 2017).

    Input shape: (B, 2, C, V, U), or as much of signals or volumes.
    Output shape: as the input.
    """

    def activate(self, spectrum: Tensor, *weights: Tensor) -> Tensor:
        """z (1 + cos(angle of z)) / 2."""
        return cardioid(spectrum)


@layer("spatial_relu", "Activations of spectra", takes="spectra")
class SpatialReLU(SpectralActivation):
    """The ReLU of the image: to space, ReLU and back, at the price of two transforms.

    It suits spectra of any `norm`, since relu(a x) = a relu(x) for a > 0. A spectrum of no real
    image is made Hermitian first.

    Input shape: (B, 2, C, V, U), or as much of signals or volumes.
    Output shape: as the input.

    Args:
        odd_width: whether the images are an odd number of pixels wide; U columns belong to a width
            of 2U - 2 or of 2U - 1.
    """

    def __init__(self, odd_width: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.odd_width = check_flag("odd_width", odd_width)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input; ValueError also if its images would be 0 pixels wide."""
        spectra = super().compute_output_shape(input_shape)
        image_width(self, spectra[-1], self.odd_width)
        return spectra

    def activate(self, spectrum: Tensor, *weights: Tensor) -> Tensor:
        """The spectrum of the ReLU of the image."""
        return spatial_relu(spectrum, full_width(spectrum.shape[-1], self.odd_width))

    def cost(self, before: Known, after: Known) -> Cost:
        """Operations on one image."""
        _, channels, *rows, columns = before
        size = (*rows, full_width(columns, self.odd_width))
        return Cost(channels * prod(size), (Transform(2 * channels, size),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "odd_width": self.odd_width}


def _magnitude(spectrum: Tensor) -> Tensor:
    """|z|, (B, 1, C, V, U), never so small that its gradient or its inverse is not finite."""
    power = ops.sum(ops.square(spectrum), axis=1, keepdims=True)
    return ops.sqrt(maximum(power, keras.config.epsilon() ** 2))
