"""Functions of weights that are kept from one step of `predict` to the next.

Of one image at a time, to evaluate the filters takes a good share of a prediction: of
`catsdogs-gaussian` one fifth, of one circular layer with filters for 32 x 32 channels a quarter.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from math import prod
from typing import Any

import keras

from specnet.ops.compiled import TRAINERS, calls_python
from specnet.ops.hermitian import Tensor

Weights = Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]]

# Numbers of float32 in 128 MiB; larger ones would stay in memory long after they were of use.
_MOST = 2**25
# To compare weights takes as long as to copy them, which is what free filters take at most.
_LESS = 4


def kept(function: Callable[[Weights, Tensor], Any]) -> Callable[[Weights, Tensor], Any]:
    """A function of weights and of `like` that is computed anew when the weights are others.

    Only in the graph of TensorFlow that Keras makes for `predict`, where nobody asks for gradients;
    elsewhere it is the function itself. What it gave last is kept, of one shape of `like`.

    Args:
        function: of weights by name, and of an empty tensor, whose shape alone it may use; it
            returns one tensor or a list.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    last: tuple[Any, list[Tensor]] = (None, [])

    @wraps(function)
    def call(weights: Weights, like: Tensor) -> Any:
        outputs = function(weights, like)  # of a graph, what is not used is not computed
        if not _predicts():
            return outputs
        flat, own = tf.nest.flatten(outputs), tf.nest.flatten(weights)
        count, compared = (sum(prod(each.shape) for each in some) for some in (flat, own))
        if not _LESS * compared <= count <= _MOST:
            return outputs

        def looked_up(*values: Tensor) -> list[Tensor]:
            nonlocal last  # read and written as a whole: other threads may predict too
            key = (*like.shape, *(value.numpy().tobytes() for value in values))
            before, results = last
            if before != key:
                packed = tf.nest.pack_sequence_as(weights, values)
                results = tf.nest.flatten(function(packed, tf.zeros(like.shape, like.dtype)))
                last = key, results
            return results

        values = [tf.convert_to_tensor(weight) for weight in own]
        results = tf.py_function(looked_up, values, [each.dtype for each in flat])
        for result, each in zip(results, flat, strict=True):
            result.set_shape(each.shape)
        return tf.nest.pack_sequence_as(outputs, results)

    return call


def _predicts() -> bool:
    """Whether what is traced here becomes a step of `predict`, in one process on one device."""
    import tensorflow as tf

    if tf.executing_eagerly() or tf.distribute.has_strategy() or not calls_python():
        return False
    frame = sys._getframe()
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module == TRAINERS["tensorflow"] and frame.f_code.co_name == "predict_step":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
