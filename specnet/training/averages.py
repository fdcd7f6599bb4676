"""Averages of the weights over steps, measured and kept in the place of the weights themselves.

Batch normalization keeps the statistics of what the weights of each step give. The averages give
something else, at the start of a training something quite different, so its statistics are measured
anew for them, as Izmailov et al. (2018, arXiv 1803.05407, section 3.2) do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import numpy as np

from specnet.data.pipeline import Batches
from specnet.data.prefetch import ReadAhead
from specnet.layers import ComplexBatchNormalization
from specnet.layers.network import Network
from specnet.ops.compiled import stays_here
from specnet.training.ascent import Ascent, on_moved

IMAGES = 2048  # that statistics are measured on, at most a batch more
_MOMENTUM = 0.99  # of a mean that weighs some dozens of batches nearly evenly
_MOVING = {"moving_mean", "moving_variance", "moving_covariance"}
_MEASURING = {"momentum": _MOMENTUM, "renorm": False}
_KINDS = (keras.layers.BatchNormalization, ComplexBatchNormalization)


class Averages:
    """Puts the averages that the optimizer keeps of a model's weights in their place for a while.

    Args:
        model: compiled.
        batches: returns batches to measure statistics on: the same ones each time, so that a
            training that was killed and resumed keeps the same bits.
        ascent: moves the images first, where steps see images that moved.
    """

    def __init__(
        self,
        model: Network,
        batches: Callable[[], Batches | ReadAhead],
        ascent: Ascent | None = None,
    ):
        self.model, self.batches, self.ascent = model, batches, ascent
        self._function: Any = None  # that measures, once it is traced

    @contextmanager
    def in_place(self, measured: bool) -> Iterator[None]:
        """Lets the model have the averages; what it had comes back in the end.

        Args:
            measured: whether statistics are measured for them. All processes of a training do so
                together.
        """
        own = values(self.model.variables)
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        try:
            # On JAX the optimizer has the same arrays now, which an evaluation would take from it.
            assign(self.model.trainable_variables, values(self.model.trainable_variables))
            if measured:
                self._measure()
            yield
        finally:
            assign(self.model.variables, own)

    def forget(self) -> None:
        """Traces anew, with shapes that have changed."""
        self._function = None

    def _measure(self) -> None:
        """Gives batch normalization the mean statistics of some batches."""
        layers = _normalizations(self.model)
        if not layers:
            return
        moving = [each for layer in layers for each in layer.variables if each.name in _MOVING]
        assign(moving, [np.zeros_like(array) for array in values(moving)])
        own = [_changed(layer, _MEASURING) for layer in layers]
        try:
            weight = 1 - _MOMENTUM ** self._run_as_in_training()
        finally:
            for layer, settings in zip(layers, own, strict=True):
                _changed(layer, settings)
        assign(moving, [array / weight for array in values(moving)])

    def _run_as_in_training(self) -> int:
        """Runs the model over the batches, and says how many they were."""
        model, batches = self.model, self.batches()
        others, model.test_function = model.test_function, self._function
        model.test_step, model.as_in_training = self._step, True
        try:
            model.evaluate(batches, verbose=0)
        finally:
            model.as_in_training = False
            del model.test_step
            self._function, model.test_function = model.test_function, others
        return len(batches)

    def _step(self, *arguments: Any) -> Any:
        # Of the model's own step, were it the same function, JAX would take the trace it has.
        step = partial(type(self.model).test_step, self.model)
        if self.ascent is None:
            return stays_here(step)(*arguments)
        return on_moved(self.ascent, step, measuring=True)(*arguments)


def values(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """A copy of what variables hold."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray]) -> None:
    """Puts arrays into variables."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _normalizations(model: keras.Model) -> list[Any]:
    """The layers with moving statistics that a training changes."""
    return [
        layer
        for layer in model._flatten_layers()  # layers have layers too
        if isinstance(layer, _KINDS) and layer.trainable and layer.momentum < 1
    ]


def _changed(layer: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Changes settings that a layer has, and returns what they were."""
    own = {name: getattr(layer, name) for name in settings if hasattr(layer, name)}
    for name in own:
        setattr(layer, name, settings[name])
    return own
