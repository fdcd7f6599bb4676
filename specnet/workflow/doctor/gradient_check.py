"""How the output of a spectral layer changes with its image and weights, computed twice.

Gradients of the backend, and central differences next to them, in float64.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.layers import SpectralConv2D

Tensor = Any
Loss = Callable[[Tensor], Tensor]
_STEP = 1e-5
_DIRECTIONS = 4


@contextmanager
def in_float64() -> Iterator[None]:
    """Layers made in here compute in float64, whatever the user's settings."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    with ExitStack() as stack:
        if keras.backend.backend() == "jax":
            stack.enter_context(_wide_jax())
        stack.callback(keras.config.set_dtype_policy, policy)
        stack.callback(keras.config.set_floatx, floatx)
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        yield


def _wide_jax() -> Any:
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return jax.experimental.enable_x64(True)


def slopes_of_a_layer() -> tuple[np.ndarray, np.ndarray]:
    """Of the sum of cubes of what a layer gives, along directions that change image and weights.

    Returns:
        By the backend's gradient, and by central differences; a number for each direction.
    """
    loss, at = _loss_of_a_layer()
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(_DIRECTIONS, at.size))
    value, gradient = _BACKENDS[keras.backend.backend()](loss)
    found = directions @ gradient(at)
    ends = [value(at + _STEP * each) - value(at - _STEP * each) for each in directions]
    return found, np.array(ends) / (2 * _STEP)


def _loss_of_a_layer() -> tuple[Loss, np.ndarray]:
    """A function of image and weights in one vector, and where to look: away from all zeros."""
    images = np.random.default_rng(0).normal(size=(1, 6, 5, 1))
    layer = SpectralConv2D(2, padding="same", seed=1, data_format="channels_last")
    layer.build(images.shape)
    inputs = [images, *(np.asarray(ops.convert_to_numpy(w)) + 0.1 for w in layer.weights)]
    ends = np.cumsum([0, *(value.size for value in inputs)])

    def loss(together: Tensor) -> Tensor:
        images, *weights = (
            ops.reshape(together[start:end], value.shape)
            for start, end, value in zip(ends, ends[1:], inputs, strict=False)
        )
        output = layer.stateless_call(weights, [], images)[0]
        return ops.sum(output * output * output)

    return loss, np.concatenate([value.ravel() for value in inputs])


def _tensorflow(loss: Loss) -> tuple[Callable, Callable]:
    import tensorflow as tf

    def gradient(at: np.ndarray) -> np.ndarray:
        with tf.GradientTape() as tape:
            x = tf.constant(at)
            tape.watch(x)
            y = loss(x)
        return tape.gradient(y, x).numpy()

    return lambda at: float(loss(tf.constant(at))), gradient


def _jax(loss: Loss) -> tuple[Callable, Callable]:
    import jax

    value, gradient = jax.jit(loss), jax.jit(jax.grad(loss))
    return lambda at: float(value(at)), lambda at: np.asarray(gradient(at))


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax}
