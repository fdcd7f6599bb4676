"""Loops in machine code for what no chain of array operations does well on a CPU.

Hidden layers of a spectral network are pointwise: one complex number in, one out, for each image
and bin. As array operations each of their steps goes through memory; as one loop none does. Numba
compiles the loops when they are first called and keeps the result on disk.

    compiling   how Numba compiles a loop
    pointwise   a layer of all images and filters, a block of bins at a time
    chain       layers one after the other, the blocks on threads
    ffts        half spectra of images and back, by ducc0
    memory      arrays of the size of batches, kept from step to step
    filtering   images with a transfer function for each pair of channels, or a filter
    planes      transfer functions as a matrix for each bin, and back
    full        its products where a filter sees all channels
    depthwise   and where it sees one
    tensorflow  chain and filtering as differentiable TensorFlow operations
    jax         the same of JAX
    xla_calls   functions of NumPy arrays that XLA calls, for `jax`
"""

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

from specnet.errors import UsageError

Tensor = Any
Size = tuple[int, int]


class Operations(Protocol):
    """What the module of a backend has, differentiable once; all tensors are float32.

    B  images     2  real and imaginary part     C  channels     F  filters
    V  rows of the half spectrum, U its columns  O  outputs of the head
    """

    def chained(
        self,
        spectrum: Tensor,
        responses: Sequence[Tensor],
        floors: Sequence[float],
        matrix: Tensor | None,
    ) -> Tensor:
        """Pointwise layers one after the other; all but the last hand on the sum of their channels.

        Args:
            spectrum: (B, 2, 1, V, U).
            responses: a (2, F, V, U) for each layer; F may differ.
            floors: a bend max(x, floor) for each layer.
            matrix: weights (2 * F * V * U, O) of a dense layer after the last, or None.

        Returns:
            (B, O) of the dense layer, or the last layer's channels (B, 2, F, V, U).
        """

    def filtered(
        self, images: Tensor, response: Tensor, size: Size, crop: Size, depthwise: bool = False
    ) -> Tensor:
        """Images convolved with filters that see all channels, and add them up, or one.

        Args:
            images: (B, H, W, C), followed by zeros up to `size`.
            response: (2, C * F, V, U); of Hermitian symmetry, only what real filters have counts.
                (2, F, V, U) if `depthwise`: filter f sees channel f // (F / C).
            size: (P, Q), where the images repeat.
            crop: (h, w), what is kept of the result, at its top left.

        Returns:
            (B, h, w, F)
        """


def operations() -> Operations:
    """Those of the backend in use; UsageError where a variable of theirs is wrong."""
    import keras

    from specnet.native.threads import wrong_variable

    if wrong := wrong_variable():
        raise UsageError("; ".join(wrong))
    if keras.backend.backend() == "jax":
        from specnet.native import jax

        return jax
    from specnet.native import tensorflow

    return tensorflow


@cache
def fits() -> bool:
    """Whether the backend in use takes these operations; a warning, once, where it does not."""
    try:
        operations()
    except RuntimeError as error:
        warnings.warn(f"{error}; plain operations take their place, and more time", stacklevel=2)
        return False
    return True
