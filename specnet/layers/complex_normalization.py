"""Batch normalization of complex numbers: spectra whose two parts are made white together.

B  batch   C  channels   V, U  rows and columns of the half spectrum; of signals and volumes others
"""

from functools import reduce
from math import prod
from operator import mul
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import RANKS, Shape, check_above_zero, check_between, check_spectra
from specnet.layers.spectral_layer import SpectralLayer, maths_dtype
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known
from specnet.ops.precision import maximum
from specnet.ops.sharded import summed
from specnet.recipe.ranges import Positive, ZeroToOne

Tensor = Any


def moments(spectrum: Tensor) -> tuple[Tensor, Tensor]:
    """Means and covariances of the two parts, over images and bins of all devices.

    Args:
        spectrum: (B, 2, C, V, U), float32 or float64.

    Returns:
        (2, C): of the real and the imaginary part. (3, C): the variance of the real part, that of
        the imaginary part, and their covariance.
    """
    batch, _, _, *bins = ops.shape(spectrum)
    axes = range(3, len(spectrum.shape))
    # Keras rounds means to float32 on JAX.
    share = 1 / reduce(mul, bins, summed(ops.cast(batch, spectrum.dtype)))
    mean = summed(ops.sum(spectrum, axis=(0, *axes))) * share
    centred = spectrum - mean[None, :, :, *[None] * len(bins)]
    real, imaginary = centred[:, 0], centred[:, 1]
    pairs = ((real, real), (imaginary, imaginary), (real, imaginary))
    inner = (0, *(axis - 1 for axis in axes))
    squares = ops.stack([ops.sum(a * b, axis=inner) for a, b in pairs])
    return mean, summed(squares) * share


def whitening(covariance: Tensor, epsilon: float) -> Tensor:
    """The inverse square roots of covariances, (3, C) -> (3, C), the same three numbers of each.

    Args:
        covariance: as of `moments`.
        epsilon: added to both variances.
    """
    real, imaginary, both = covariance[0] + epsilon, covariance[1] + epsilon, covariance[2]
    # In exact numbers, no determinant is smaller.
    root = ops.sqrt(maximum(real * imaginary - both * both, epsilon**2))
    scale = root * ops.sqrt(real + imaginary + 2 * root)
    return ops.stack([imaginary + root, real + root, -both]) / scale


def affine(spectrum: Tensor, mean: Tensor, matrices: Tensor) -> Tensor:
    """Symmetric matrices (3, C) times a spectrum (B, 2, C, V, U) less its mean (2, C)."""
    bins = [None] * (len(spectrum.shape) - 3)
    centred = spectrum - mean[None, :, :, *bins]
    own, cross = matrices[:2, :, *bins], matrices[2, :, *bins]
    return centred * own + ops.flip(centred, axis=1) * cross


@layer("complex_batch_normalization", "Normalisation of spectra", takes="spectra")
class ComplexBatchNormalization(SpectralLayer):
    """Batch normalization of spectra: mean 0, no covariance of the parts (Trabelsi et al. 2018).

    Real and imaginary part are made white together by the inverse root of their 2 x 2 covariance
    over the images of a batch, on all of its devices, and all bins of the half spectrum; then a
    learned symmetric matrix `gamma`, which gives a mean square of 1 at the start, and a learned
    complex number `beta`. What comes out need not belong to real images; layers that go back to
    space project onto those.

    Args:
        momentum: of the moving mean and covariance, which are used outside of training.
        epsilon: added to both variances.

    Input shape: (B, 2, C, V, U), or as much of signals or volumes.
    Output shape: as the input.
    """

    def __init__(self, momentum: ZeroToOne = 0.9, epsilon: Positive = 1e-4, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum = check_between("momentum", momentum, 0, 1)
        self.epsilon = check_above_zero("epsilon", epsilon)

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is (B, 2, C, V, U)."""
        channels, _ = check_spectra(self, input_shape, RANKS)
        half = np.outer([0.5**0.5, 0.5**0.5, 0], np.ones(channels))
        zeros = np.zeros((2, channels))
        self.gamma = self.add_weight_from("gamma", half)
        self.beta = self.add_weight_from("beta", zeros)
        self.moving_mean = self.add_weight_from("moving_mean", zeros, trainable=False)
        self.moving_covariance = self.add_weight_from("moving_covariance", half, trainable=False)
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes={1: 2, 2: channels})
        self._apply = compiled(self._normalized)

    def call(self, spectrum: Tensor, training: bool = False) -> Tensor:
        """(B, 2, C, V, U) -> the same; in training and not frozen, by the batch's statistics."""
        # Said, since what waits for a size that is unknown runs where Keras's context is not.
        return self.result_of(lambda known: self._by_moments(known, bool(training)), spectrum)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input; ValueError if it is no spectrum."""
        check_spectra(self, input_shape, RANKS)
        return tuple(input_shape)

    def cost(self, before: Known, after: Known) -> Cost:
        """One product with a symmetric matrix for each bin, and a sum before and after."""
        return Cost(prod(before[1:]) * (2 + 6 + 2))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}

    def _by_moments(self, spectrum: Tensor, training: bool) -> Tensor:
        wide = maths_dtype(self)
        mean, covariance = (
            ops.cast(each, wide) for each in (self.moving_mean, self.moving_covariance)
        )
        if training and self.trainable:
            mean, covariance = moments(ops.cast(spectrum, wide))
            for moving, new in ((self.moving_mean, mean), (self.moving_covariance, covariance)):
                new = ops.cast(ops.stop_gradient(new), moving.dtype)
                moving.assign(moving * self.momentum + new * (1 - self.momentum))
        gamma, beta = ops.cast(self.gamma, wide), ops.cast(self.beta, wide)
        return self._apply(spectrum, mean, covariance, gamma, beta)

    def _normalized(self, spectrum: Tensor, *numbers: Tensor) -> Tensor:
        mean, covariance, gamma, beta = numbers
        wide = ops.cast(spectrum, mean.dtype)
        white = affine(wide, mean, whitening(covariance, self.epsilon))
        shaped = affine(white, ops.zeros_like(beta), gamma)
        shaped = shaped + beta[None, :, :, *[None] * (len(shaped.shape) - 3)]
        return ops.cast(shaped, self.compute_dtype)
