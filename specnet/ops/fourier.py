"""Discrete Fourier transforms of real signals, images and volumes, on every Keras backend.

Functions of plain tensors (real and imaginary parts apart, never complex) over the last axes: one
of signals, two of images, three of volumes. That number is the rank.
This module knows the backends (with `sharded`, for JAX on several devices); layers build on it.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Literal

import keras
import numpy as np
from keras import ops

from specnet.ops import dft_products, sharded
from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor, hermitian_projection
from specnet.ops.portable import is_portable

Norm = Literal["backward", "ortho", "forward"]


def rfft2(images: Tensor, norm: Norm = "backward") -> Planes:
    """Half spectrum of real images over the last two axes.

    Args:
        images: real, shape (..., H, W). float64 is transformed in float64, all else in float32.
        norm: scaling, as in `numpy.fft.rfft2`.

    Returns:
        The real and the imaginary part, each (..., V, U), in the dtype of `images`; of integers, in
        Keras's default float.
    """
    return rfftn(images, 2, norm)


def rfftn(images: Tensor, rank: int, norm: Norm = "backward") -> Planes:
    """Half spectrum of real numbers over the last `rank` axes, 1 to 3; halved is the last of them.

    As `rfft2`, with (..., T) -> (..., T // 2 + 1) of signals.
    """
    images = ops.convert_to_tensor(images)
    if not keras.backend.is_float_dtype(images.dtype):
        images = ops.cast(images, keras.config.floatx())
    wide = widened(images)
    transform = dft_products.rfftn if is_portable() else _FORWARD[keras.backend.backend()]
    real, imaginary = transform(wide, rank)
    scale = _forward_scale(prod(images.shape[-rank:]), norm)
    if scale != 1:
        real, imaginary = real * scale, imaginary * scale
    return ops.cast(real, images.dtype), ops.cast(imaginary, images.dtype)


def irfft2(
    real: Tensor, imaginary: Tensor, size: tuple[int, ...], norm: Norm = "backward"
) -> Tensor:
    """Real images of half spectra over the last two axes: the inverse of `rfft2`.

    Backends disagree on spectra that belong to no real image; `hermitian_projection` comes first
    wherever a spectrum was changed.

    Args:
        real, imaginary: each (..., V, U), with V = H and U = W // 2 + 1.
        size: (H, W) of the images; the spectrum alone does not tell an odd W from an even one.
        norm: scaling, as in `numpy.fft.irfft2`.

    Returns:
        Images (..., H, W) in the dtype of `real`.

    Raises:
        ValueError: where `size` does not belong to a spectrum of this shape.
    """
    return irfftn(real, imaginary, size, norm)


def irfftn(
    real: Tensor, imaginary: Tensor, size: tuple[int, ...], norm: Norm = "backward"
) -> Tensor:
    """Real numbers of half spectra over the last axes: the inverse of `rfftn`, as `irfft2`.

    `size` has one to three lengths.
    """
    real, imaginary = ops.convert_to_tensor(real), ops.convert_to_tensor(imaginary)
    rank, bins = len(size), (*size[:-1], half_width(size[-1]))
    if tuple(real.shape[-rank:]) != bins:
        raise ValueError(
            f"irfft{rank}: a spectrum of {_text(real.shape[-rank:])} bins has no image of "
            f"{_text(size)} pixels; that takes {_text(bins)} bins"
        )
    transform = dft_products.irfftn if is_portable() else _INVERSE[keras.backend.backend()]
    images = transform(widened(real), widened(imaginary), size)
    scale = 1 / _forward_scale(prod(size), norm)
    return ops.cast(images * scale if scale != 1 else images, real.dtype)


def widened(x: Tensor) -> Tensor:
    """x in float32, unless it is float64: FFTs of half precision overflow or do not exist."""
    return x if keras.backend.standardize_dtype(x.dtype) == "float64" else ops.cast(x, "float32")


def polar(magnitude: Tensor, phase: Tensor) -> Planes:
    """Real and imaginary part of magnitude * exp(i * phase), the phase in radians.

    `keras.ops` has cosines too, but rounds them to float32 on some backends.
    """
    cosine, sine = _PHASOR[keras.backend.backend()](ops.convert_to_tensor(phase))
    magnitude = ops.cast(magnitude, cosine.dtype)
    return magnitude * cosine, magnitude * sine


def complex_einsum(equation: str, left: Planes, right: Planes) -> Planes:
    """The Einstein sum of two complex tensors, each given as its real and its imaginary part.

    One product of complex matrices: measured up to twice as fast, forward and backward, as
    products of the parts, on CPUs and on a GPU.

    Args:
        equation: as of `numpy.einsum`, with two operands.
        left, right: of one dtype; other than float64 they are multiplied in float32.

    Returns:
        Both parts, in the dtype of `left`.
    """
    dtype = left[0].dtype
    wide = [(widened(real), widened(imaginary)) for real, imaginary in (left, right)]
    real, imaginary = _EINSUM[keras.backend.backend()](equation, *wide)
    return ops.cast(real, dtype), ops.cast(imaginary, dtype)


def _text(size: Sequence[int]) -> str:
    return "x".join(map(str, size))


def _forward_scale(pixels: int, norm: Norm) -> float:
    return {"backward": 1.0, "ortho": pixels**-0.5, "forward": 1 / pixels}[norm]


def _column_weights(width: int, inner: float) -> np.ndarray:
    """1 for columns that are their own mirror image, `inner` for those that stand for two bins."""
    weights = np.full(half_width(width), inner, "float64")  # cast where they are used
    weights[0] = 1
    if width % 2 == 0:
        weights[-1] = 1
    return weights


def _tensorflow_rfft(images: Tensor, rank: int) -> Planes:
    import tensorflow as tf

    size = tuple(images.shape[-rank:])
    apply = {1: tf.signal.rfft, 2: tf.signal.rfft2d, 3: tf.signal.rfft3d}[rank]

    # TensorFlow's own gradient tiles an H x H matrix over all leading axes; it is one inverse FFT.
    @tf.custom_gradient
    def transform(x: Tensor) -> tuple[Planes, Callable[..., Tensor]]:
        spectrum = apply(x)

        def gradient(real: Tensor, imaginary: Tensor) -> Tensor:
            weights = tf.cast(_column_weights(size[-1], 0.5) * prod(size), x.dtype)
            planes = hermitian_projection(real * weights, imaginary * weights, size[-1], rank)
            return _tensorflow_irfft(*planes, size)

        return (tf.math.real(spectrum), tf.math.imag(spectrum)), gradient

    return transform(images)


def _tensorflow_irfft(real: Tensor, imaginary: Tensor, size: tuple[int, ...]) -> Tensor:
    import tensorflow as tf

    rank = len(size)
    apply = {1: tf.signal.irfft, 2: tf.signal.irfft2d, 3: tf.signal.irfft3d}[rank]

    @tf.custom_gradient
    def transform(re: Tensor, im: Tensor) -> tuple[Tensor, Callable[..., Planes]]:
        def gradient(upstream: Tensor) -> Planes:
            weights = tf.cast(_column_weights(size[-1], 2.0) / prod(size), re.dtype)
            planes = _tensorflow_rfft(upstream, rank)
            return planes[0] * weights, planes[1] * weights

        return apply(tf.complex(re, im), size), gradient

    return transform(real, imaginary)


def _jax_rfft(images: Tensor, rank: int) -> Planes:
    import jax.numpy as jnp

    axes = range(-rank, 0)
    spectrum = sharded.by_device(lambda real: jnp.fft.rfftn(real, axes=axes), images, rank)
    return spectrum.real, spectrum.imag


def _jax_irfft(real: Tensor, imaginary: Tensor, size: tuple[int, ...]) -> Tensor:
    import jax
    import jax.numpy as jnp

    spectrum = jax.lax.complex(real, imaginary)
    axes = range(-len(size), 0)
    return sharded.by_device(lambda planes: jnp.fft.irfftn(planes, size, axes), spectrum, len(size))


def _torch_rfft(images: Tensor, rank: int) -> Planes:
    import torch

    if not images.numel():  # its FFT refuses to transform no images
        nothing = images.new_zeros((*images.shape[:-1], half_width(images.shape[-1])))
        return nothing, nothing
    spectrum = torch.fft.rfftn(images, dim=tuple(range(-rank, 0)))
    return spectrum.real, spectrum.imag


def _torch_irfft(real: Tensor, imaginary: Tensor, size: tuple[int, ...]) -> Tensor:
    import torch

    if not real.numel():
        return real.new_zeros((*real.shape[: -len(size)], *size))
    axes = tuple(range(-len(size), 0))
    return torch.fft.irfftn(torch.complex(real, imaginary), size, dim=axes)


_FORWARD = {"tensorflow": _tensorflow_rfft, "jax": _jax_rfft, "torch": _torch_rfft}
_INVERSE = {"tensorflow": _tensorflow_irfft, "jax": _jax_irfft, "torch": _torch_irfft}


def _tensorflow_phasor(phase: Tensor) -> Planes:
    import tensorflow as tf

    return tf.cos(phase), tf.sin(phase)


def _jax_phasor(phase: Tensor) -> Planes:
    import jax.numpy as jnp

    return jnp.cos(phase), jnp.sin(phase)


def _torch_phasor(phase: Tensor) -> Planes:
    import torch

    return torch.cos(phase), torch.sin(phase)


_PHASOR = {"tensorflow": _tensorflow_phasor, "jax": _jax_phasor, "torch": _torch_phasor}


def _tensorflow_einsum(equation: str, left: Planes, right: Planes) -> Planes:
    import tensorflow as tf

    product = tf.einsum(equation, tf.complex(*left), tf.complex(*right))
    return tf.math.real(product), tf.math.imag(product)


def _jax_einsum(equation: str, left: Planes, right: Planes) -> Planes:
    import jax
    import jax.numpy as jnp

    product = jnp.einsum(equation, jax.lax.complex(*left), jax.lax.complex(*right))
    return product.real, product.imag


def _torch_einsum(equation: str, left: Planes, right: Planes) -> Planes:
    import torch

    product = torch.einsum(equation, torch.complex(*left), torch.complex(*right))
    return product.real, product.imag


_EINSUM = {"tensorflow": _tensorflow_einsum, "jax": _jax_einsum, "torch": _torch_einsum}
