"""The gradient of a function by the images that it takes, on each backend."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Tensor = Any
Function = Callable[[Tensor, Tensor], Tensor]


def gradient_by_images(function: Function) -> Function:
    """The gradient of the sum of `function(images, others)` by the images, of their shape."""
    return _BACKENDS[keras.backend.backend()](function)


def _tensorflow(function: Function) -> Function:
    import tensorflow as tf

    def gradient(images: Tensor, others: Tensor) -> Tensor:
        images = tf.convert_to_tensor(images)  # where functions run eagerly, an array
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            total = tf.reduce_sum(function(images, others))
        return tape.gradient(total, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return gradient


def _jax(function: Function) -> Function:
    import jax

    return jax.grad(lambda images, others: function(images, others).sum())


def _torch(function: Function) -> Function:
    import torch

    def gradient(images: Tensor, others: Tensor) -> Tensor:
        images = ops.convert_to_tensor(images).detach().requires_grad_()
        total = function(images, ops.convert_to_tensor(others)).sum()
        (found,) = torch.autograd.grad(total, images)
        return found

    return gradient


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
