"""Gradients of functions of tensors, by the backend and by finite differences, in float64."""

import keras
import numpy as np
from keras import ops


def symbolic_gradient(function, at: np.ndarray) -> np.ndarray:
    """The backend's gradient of a scalar function."""
    (found,) = _GRADIENTS[keras.backend.backend()](function, [ops.convert_to_tensor(at)])
    return np.asarray(ops.convert_to_numpy(found))


def numerical_slopes(function, at: np.ndarray, directions: np.ndarray, step: float = 1e-5):
    """Central differences of a scalar function along each of `directions` (N, *at.shape)."""

    def value(place):
        return float(ops.convert_to_numpy(function(ops.convert_to_tensor(place))))

    return np.array(
        [(value(at + step * d) - value(at - step * d)) / (2 * step) for d in directions]
    )


def assert_gradient_is_right(function, at: np.ndarray, relative: float = 1e-6) -> None:
    """Compares both along six random directions."""
    directions = np.random.default_rng(7).normal(size=(6, *at.shape))
    found = (directions * symbolic_gradient(function, at)).reshape(6, -1).sum(1)
    expected = numerical_slopes(function, at, directions)
    np.testing.assert_allclose(
        found, expected, atol=relative * (np.abs(expected).max() or 1), rtol=0
    )


def compiled_on_jax(function):
    """There, one operation after the other takes longer."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    return jax.jit(function)


def assert_layer_gradients_are_right(layer, images: np.ndarray, relative: float = 1e-6) -> None:
    """Of a built layer: by its input and by what it trains, along directions that change all."""
    # Away from a bias of 0, where the slope along it may be 0 by symmetry.
    weights = [
        np.asarray(ops.convert_to_numpy(weight)) + 0.1 for weight in layer.trainable_variables
    ]
    state = [ops.convert_to_numpy(each) for each in layer.non_trainable_variables]
    inputs = [images, *weights]
    ends = np.cumsum([0, *(value.size for value in inputs)])

    def loss(together):
        images, *weights = (
            ops.reshape(together[start:end], value.shape)
            for start, end, value in zip(ends, ends[1:], inputs, strict=False)
        )
        output = layer.stateless_call(weights, state, images)[0]
        return ops.sum(output * output * output)

    at = np.concatenate([value.ravel() for value in inputs])
    assert_gradient_is_right(compiled_on_jax(loss), at, relative)


def _tensorflow(function, values):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(values)
        total = function(*values)
    return tape.gradient(total, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _jax(function, values):
    import jax

    return jax.grad(function, argnums=tuple(range(len(values))))(*values)


def _torch(function, values):
    import torch

    for value in values:
        value.requires_grad_()
    return torch.autograd.grad(function(*values), values, allow_unused=True, materialize_grads=True)


_GRADIENTS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}


def gradients_of(layer, inputs: np.ndarray, total=ops.sum, **how) -> dict[str, np.ndarray]:
    """Of the sum (or so) of what a built layer gives, by its weights and inputs that are floats."""
    weights = [np.asarray(ops.convert_to_numpy(each.value)) for each in layer.trainable_variables]
    rest = [each.value for each in layer.non_trainable_variables]
    names = [each.name for each in layer.trainable_variables]
    values = [ops.convert_to_tensor(value) for value in weights]
    if np.issubdtype(inputs.dtype, np.floating):
        names, values = [*names, "inputs"], [*values, ops.convert_to_tensor(inputs)]

    def loss(*values):
        images = values[len(weights)] if len(values) > len(weights) else inputs
        output = layer.stateless_call(list(values[: len(weights)]), rest, images, **how)[0]
        return total(ops.cast(output, "float32"))

    found = _GRADIENTS[keras.backend.backend()](loss, values) if values else ()
    return {
        name: ops.convert_to_numpy(ops.cast(value, "float64"))
        for name, value in zip(names, found, strict=True)
    }
