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
from functools import cache
from types import ModuleType


def operations() -> ModuleType:
    """The module whose `chained` and `filtered` are operations of the backend in use."""
    import keras

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
