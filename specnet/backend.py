"""How functions of tensors are traced and compiled, which differs from backend to backend.

What may go in here: nothing that computes. Transforms, which differ too, are in `fourier.py`.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

import keras

from specnet.hermitian import Tensor


def eagerly() -> AbstractContextManager[Any]:
    """Where tensors have values, also while a backend traces a training step around it."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.init_scope()
    if keras.backend.backend() == "jax":
        import jax

        return jax.ensure_compile_time_eval()
    return nullcontext()


def runs_loops() -> bool:
    """Whether the loops of `specnet.native` can take part here: TensorFlow on a CPU, without XLA.

    Asked while a function is traced, it tells what will become of that function. The environment
    variable SPECNET_LOOPS=0 keeps them out: exported models need Python where they were made.
    """
    if keras.backend.backend() != "tensorflow" or os.environ.get("SPECNET_LOOPS") == "0":
        return False
    import tensorflow as tf
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    in_xla = GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
    return not in_xla and not tf.config.get_visible_devices("GPU")


def compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Compiles a function of tensors with XLA on TensorFlow; other backends leave it as it is.

    The function may return one tensor or a list.

    Keras compiles no model on a CPU of its own accord, where fused spectral maths is two to three
    times faster; JAX and PyTorch users choose for the whole model. The gradient computes the
    function again, so it must not draw random numbers.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    fused = tf.function(function, jit_compile=True, autograph=False)

    # TensorFlow's own gradient would take what the forward pass computed as arguments, also shapes
    # and paddings; XLA then compiles it anew for each step. And it is memory not kept.
    @tf.function(jit_compile=True, autograph=False)
    def gradient(arguments: Any, upstream: Sequence[Tensor]) -> list[Tensor]:
        flat = tf.nest.flatten(arguments)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(flat)
            output = function(*tf.nest.pack_sequence_as(arguments, flat))
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient(tf.nest.flatten(output), flat, upstream, unconnected_gradients=zero)

    @wraps(function)
    def call(*arguments: Any) -> Tensor:
        # tf.function does not know Keras's variables, only the tensors in them.
        arguments = tf.nest.map_structure(tf.convert_to_tensor, arguments)

        @tf.custom_gradient
        def run(*flat: Tensor) -> tuple[Tensor, Callable[..., list[Tensor]]]:
            packed = tf.nest.pack_sequence_as(arguments, flat)
            return fused(*packed), lambda *upstream: gradient(packed, upstream)

        return run(*tf.nest.flatten(arguments))

    return call
