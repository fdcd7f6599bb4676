"""What a model takes of memory, asked before it is taken: a full machine answers no more."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import keras

from specnet.environment import physical_memory, shown_bytes
from specnet.errors import RecipeError
from specnet.recipe.schema import Training

# A weight, its gradient, and two moments of it.
_COPIES = 4


class TooLarge(Exception):
    """What is about to be made does not fit into memory; the message says how large it would be."""


class Budget:
    """Adds up the weights of a model while its layers are built."""

    def __init__(self) -> None:
        self.limit = physical_memory()
        self.taken = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Asks before each weight of a layer is made; raises TooLarge where it does not fit."""
        kind: Any = keras.layers.Layer
        original = kind.add_weight

        def add_weight(layer: Any, shape: Any = None, *arguments: Any, **named: Any) -> Any:
            self._take((shape,) if isinstance(shape, int) else shape or ())
            return original(layer, shape, *arguments, **named)

        kind.add_weight = add_weight
        try:
            yield
        finally:
            kind.add_weight = original

    def check_output(self, layer: keras.layers.Layer, shape: Sequence[int | None]) -> None:
        """Raises TooLarge where the output for a single image does not fit, if the layer tells."""
        if type(layer).compute_output_shape is keras.layers.Layer.compute_output_shape:
            return
        try:
            after = layer.compute_output_shape(tuple(shape))[1:]
        except Exception:  # what is wrong is told when the layer is called
            return
        size = _bytes(after)
        if size > self.limit:
            raise TooLarge(
                f"its output of an image, {_by(after)}, would take {shown_bytes(size)}, and this "
                f"machine has {shown_bytes(self.limit)}"
            )

    def _take(self, shape: Sequence[int]) -> None:
        self.taken += _bytes(shape)
        if self.taken > self.limit:
            raise TooLarge(
                f"a weight of shape {_by(shape)} would make the model "
                f"{shown_bytes(self.taken)} large, and this machine has "
                f"{shown_bytes(self.limit)}"
            )


def check_training(model: keras.Model, training: Training) -> None:
    """Refuses a training whose weights and largest output of a batch do not fit into memory.

    Raises:
        RecipeError: says what would be how large.
    """
    if training.distribute != "none":
        return  # each device holds only a part of a batch
    weights = _COPIES * sum(_bytes(each.shape) for each in model.trainable_variables)
    outputs = {layer.name: _bytes(layer.output.shape[1:]) for layer in model.layers}
    name = max(outputs, key=lambda layer: outputs[layer])
    batch = outputs[name] * training.batch_size
    limit = physical_memory()
    if weights + batch > limit:
        raise RecipeError(
            [
                f"training.batch_size: a batch of {training.batch_size} takes "
                f"{shown_bytes(batch)} behind {name}, and the weights with what their optimizer "
                f"keeps {shown_bytes(weights)}; this machine has {shown_bytes(limit)}"
            ]
        )


def _bytes(shape: Sequence[int | None]) -> int:
    return 4 * prod(size or 1 for size in shape)


def _by(shape: Sequence[int | None]) -> str:
    return "x".join(str(size or "?") for size in shape)
