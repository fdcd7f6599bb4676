"""How functions of tensors are traced and compiled, which differs from backend to backend.

Nothing that computes. Transforms, which differ too, are in `fourier.py`.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any

import keras
from keras.src.backend.common import global_state

from specnet.errors import UsageError
from specnet.messages import BACKENDS, unknown_backend
from specnet.ops.hermitian import Tensor
from specnet.ops.portable import is_portable

if keras.backend.backend() not in BACKENDS:  # of keras.json, or KERAS_BACKEND
    raise UsageError(unknown_backend(keras.backend.backend()))

# Where Keras traces the steps of `fit`, `evaluate` and `predict`; nothing else uses those graphs.
TRAINERS = {name: f"keras.src.backend.{name}.trainer" for name in ("tensorflow", "jax")}
_STEPS = {"one_step_on_data", "train_step", "test_step", "predict_step"}
_MODEL_IS_CALLED, _STEP_IS_TRACED = {"compute_loss_and_updates", "predict_step"}, "iterator_step"
_here = threading.local()
_widened = False  # JAX's float64, by `use_precision`


@contextmanager
def channels_last() -> Iterator[None]:
    """Where layers of Keras that are made take images (B, H, W, C), whatever keras.json says."""
    before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_last")
    try:
        yield
    finally:
        keras.config.set_image_data_format(before)


def use_precision(policy: str) -> None:
    """Makes layers compute in this policy of Keras from now on; float64 is float64 on JAX too.

    There, the switch comes before the first array, and is for everything: float32 has other random
    numbers while it is on. `keras.ops` computes some functions in floatx, whatever the dtype of a
    tensor.
    """
    wide = policy == "float64"
    if keras.backend.backend() == "jax":
        _switch_float64(wide)
    keras.config.set_floatx("float64" if wide else "float32")
    keras.config.set_dtype_policy(policy)


def _switch_float64(wide: bool) -> None:
    """On in JAX; off again where it was switched on here, not by a user."""
    global _widened
    if wide == has_float64() or not (wide or _widened):
        return
    import jax

    jax.config.update("jax_enable_x64", wide)
    _widened = wide


def has_float64() -> bool:
    """Whether arrays of float64 are such here; JAX makes float32 of them by default."""
    if keras.backend.backend() != "jax":
        return True
    import jax

    return bool(jax.config.jax_enable_x64)


def eagerly() -> AbstractContextManager[Any]:
    """Where tensors have values, also while a backend traces a training step around it."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.init_scope()
    if keras.backend.backend() == "jax":
        import jax

        return jax.ensure_compile_time_eval()
    return nullcontext()


def in_full_precision() -> AbstractContextManager[Any]:
    """Where products of float32 matrices are computed in float32, as transforms and filters are.

    The matrix units of a GPU have 10 bits for float32 otherwise, with which a constant image does
    not stay that constant. JAX is told for each product; TensorFlow knows only a switch for all,
    which is its user's, and PyTorch computes so unless it is told otherwise.
    """
    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    return jax.default_matmul_precision("highest")


def has_loops() -> bool:
    """Whether the loops of `specnet.native` may take part at all: on a CPU, of JAX on one alone.

    The environment variable SPECNET_LOOPS=0 keeps them out everywhere.
    """
    backend = keras.backend.backend()
    if backend not in TRAINERS or os.environ.get("SPECNET_LOOPS") == "0":
        return False
    if backend == "tensorflow":
        import tensorflow as tf

        return not tf.config.get_visible_devices("GPU")
    import jax

    alone = keras.distribution.distribution() is None and jax.device_count() == 1
    return alone and jax.default_backend() == "cpu"


def runs_loops() -> bool:
    """Whether they can take part here: on TensorFlow without XLA, on JAX in steps of Keras.

    Asked while a function is traced, it tells what will become of that function.
    """
    if not has_loops():
        return False
    if keras.backend.backend() == "jax":
        return _differentiated_once()
    import tensorflow as tf
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    in_xla = GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
    return not in_xla and calls_python()


def _differentiated_once() -> bool:
    """Whether what is traced here on JAX is never exported, and of derivatives has the first alone.

    In a model that Keras calls in a step of its own, or in a function that `stays_here` marks; with
    no function of JAX in between, which might vectorise or differentiate. A step may be traced by
    Keras alone: others might do with it whatever they like.
    """
    in_step = False
    frame = sys._getframe()
    while frame is not None:
        code, module = frame.f_code.co_name, frame.f_globals.get("__name__", "")
        owner = module.partition(".")[0]
        if module == __name__ and code == "staying":
            return True
        if module == TRAINERS["jax"] and code in _MODEL_IS_CALLED:
            in_step = True
        if module == TRAINERS["jax"] and code == _STEP_IS_TRACED:
            return in_step
        if owner not in {"jax", "keras"} if in_step else owner == "jax":
            return False
        frame = frame.f_back  # type: ignore[assignment]
    return False


def calls_python() -> bool:
    """Whether what is computed or traced here on TensorFlow may call Python of this process.

    Not in a function that may be exported, and then runs where there is none: any but the steps of
    `fit`, `evaluate` and `predict`, those that record gradients, and those that `stays_here` marks.
    """
    import tensorflow as tf
    from tensorflow.python.eager import record

    if tf.executing_eagerly() or getattr(_here, "marked", False) or record.could_possibly_record():
        return True
    frame = sys._getframe()
    while frame is not None:
        code, module = frame.f_code.co_name, frame.f_globals.get("__name__")
        if module == TRAINERS["tensorflow"] and code in _STEPS:
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def stays_here(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is never exported, so that what is traced in it may call Python.

    On JAX, it is differentiated once at most, and in reverse mode, or not all of it is marked.
    """

    @wraps(function)
    def staying(*arguments: Any) -> Any:
        before, _here.marked = getattr(_here, "marked", False), True
        try:
            return function(*arguments)
        finally:
            _here.marked = before

    return staying


def forget_call() -> None:
    """Ends the call of a layer that failed before it began.

    Keras keeps the context of such a call, `training` included, and every later call that says
    nothing of `training` would take it from there.
    """
    global_state.set_global_attribute("current_call_ctx", None)


def at_known_size(
    layer: keras.layers.Layer, function: Callable[[Tensor], Tensor], inputs: Tensor
) -> Tensor:
    """function(inputs) of a layer that computes at sizes that are known, and at no others.

    Where a function of TensorFlow is traced for any size, the layer waits for the numbers: it is
    called from the graph, as in eager mode, with gradients for inputs and weights.

    Raises:
        ValueError: where Python cannot be called from what is traced.
    """
    if keras.backend.backend() != "tensorflow" or None not in tuple(inputs.shape[1:]):
        return function(inputs)
    import tensorflow as tf
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    if not calls_python() or GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()):
        raise ValueError(
            f"{layer.name}: a function is traced for images of any size, shape {inputs.shape}; "
            "to export or compile it, give the model an Input of known height and width"
        )
    weights = layer.trainable_variables

    def run(inputs: Tensor, *values: Tensor) -> Tensor:
        with keras.StatelessScope(list(zip(weights, values, strict=True))) as scope:
            output = function(inputs)
        for variable in layer.non_trainable_variables:  # such as the state of random numbers
            if (value := scope.get_current_value(variable)) is not None:
                variable.assign(value)
        return output

    values = [tf.convert_to_tensor(weight) for weight in weights]
    output = tf.py_function(run, [inputs, *values], layer.compute_dtype)
    output.set_shape(layer.compute_output_shape(inputs.shape))
    return output


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
        if is_portable():
            return function(*arguments)
        # tf.function does not know Keras's variables, only the tensors in them.
        arguments = tf.nest.map_structure(tf.convert_to_tensor, arguments)

        @tf.custom_gradient
        def run(*flat: Tensor) -> tuple[Tensor, Callable[..., list[Tensor]]]:
            packed = tf.nest.pack_sequence_as(arguments, flat)
            return fused(*packed), lambda *upstream: gradient(packed, upstream)

        return run(*tf.nest.flatten(arguments))

    return call
