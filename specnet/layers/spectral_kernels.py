"""Spectral parameterisation: spatial kernels that are learned as their DFT coefficients.

Keras's spatial convolutions with kernels stored in another form. The maths is in
`specnet.ops.fourier` and `specnet.ops.hermitian`.

    k, l  height and width of a kernel, in pixels   C  channels of a group   F  filters
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.kernel_conv2d import KernelConv2D
from specnet.ops.fourier import irfft2, rfft2
from specnet.ops.hermitian import pack, unpack

Tensor = Any


def to_spectral(kernel: Tensor) -> Tensor:
    """The independent DFT coefficients of real kernels, as many as the kernels have numbers.

    The transform is orthonormal. Of two bins that mirror each other, one place holds the real and
    the other the imaginary part, as in `specnet.ops.hermitian.pack`. The inverse of `to_spatial`.

    Args:
        kernel: (k, l, C, F).

    Returns:
        (k, l, C, F), in the dtype of `kernel`.
    """
    planes = ops.transpose(ops.convert_to_tensor(kernel), (2, 3, 0, 1))
    packed = pack(*rfft2(planes, "ortho"), planes.shape[-1])
    return ops.transpose(packed, (2, 3, 0, 1))


def to_spatial(packed: Tensor) -> Tensor:
    """Kernels of their coefficients, both (k, l, C, F): the inverse of `to_spectral`."""
    planes = ops.transpose(ops.convert_to_tensor(packed), (2, 3, 0, 1))
    kernel = irfft2(*unpack(planes), planes.shape[-2:], "ortho")
    return ops.transpose(kernel, (2, 3, 0, 1))


@layer("spectral_kernel_conv2d", "Convolutions of images")
class SpectralKernelConv2D(KernelConv2D):
    """A Conv2D whose kernel is learned as its DFT coefficients (Rippel et al. 2015, section 5.3).

    The function, the number of weights and, with one seed, the start are those of Conv2D with equal
    arguments; what differs is the path of an optimizer that steps along each weight by itself, such
    as Adam. `kernel_regularizer` and `kernel_constraint` act on the coefficients. By Parseval, the
    squared norm of a kernel is that of its coefficients with those of two mirrored bins counted
    twice, so that L2 of the coefficients is between one half and one of L2 of the kernel.
    """

    def add_weight(self, *, name: str, initializer: Any, **options: Any) -> keras.Variable:
        """As in every layer; the kernel's weight holds coefficients, never rounded before use."""
        if name == "kernel":
            initializer, options = _spectral(initializer), options | {"autocast": False}
        return super().add_weight(name=name, initializer=initializer, **options)

    @property
    def coefficients(self) -> Tensor:
        """The DFT coefficients of the kernel, as `to_spectral` orders them: (k, l, C, F)."""
        return self.kernel_weights

    def in_space(self, weights: Tensor) -> Tensor:
        """The kernel of these coefficients: (k, l, C, F)."""
        return to_spatial(weights)


def _spectral(initializer: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The coefficients of the kernel that an initializer draws."""
    return lambda shape, dtype: to_spectral(initializer(shape, dtype=dtype))
