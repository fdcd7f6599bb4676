"""A Keras model that runs its pointwise spectral layers as one loop, where that is possible.

What may go in here: which layers can run together, and how. The loops are in `specnet.native`; the
layers stay what they are, and each can be looked at by itself.

    B  batch   F  filters   O  outputs of the head
    V  rows of the half spectrum, U its columns
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from specnet.backend import compiled, runs_loops
from specnet.grids import full_width
from specnet.layers import SpectralConvolution

Tensor = Any
Step = Any  # a function of tensors: a built layer, a `Residual` or a `Chain`

# Above this, a matrix product beats a loop that goes through the products once for each output.
_MOST_OUTPUTS = 16
_FLOORS = {keras.activations.relu: 0.0, keras.activations.linear: -math.inf}


class Network(keras.Model):
    """A functional model that takes a faster way through its layers.

    Args:
        inputs, outputs: as for `keras.Model`.
        steps: the same layers in the order in which they run; `Residual` for branches.

    Attributes:
        chaining: whether it takes that way where XLA does not compile it as a whole. It gives the
            same numbers up to rounding; only the first derivatives exist.
    """

    def __init__(self, inputs: Tensor, outputs: Tensor, steps: Sequence[Step]):
        super().__init__(inputs=inputs, outputs=outputs)
        steps = joined(steps)
        self.chaining = _any_chain(steps)
        # In a function, since Keras would save layers that it finds in a list a second time.
        self._run = lambda images: _through(steps, images)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor = None) -> Tensor:
        """The output for a batch of images; shapes as the layers have them."""
        if not (self.chaining and runs_loops()):
            return super().call(inputs, training=training, mask=mask)
        return self._run(ops.convert_to_tensor(inputs, self.inputs[0].dtype))


@dataclass(frozen=True)
class Residual:
    """x -> add(shortcut(x), layers(x))."""

    shortcut: tuple[Step, ...]
    layers: tuple[Step, ...]
    add: keras.layers.Layer

    def __call__(self, x: Tensor) -> Tensor:
        """Both branches, added."""
        return self.add([_through(self.shortcut, x), _through(self.layers, x)])


class Chain:
    """Convolutions of spectra with `mixing: sum`, ReLUs between them, perhaps a dense layer.

    Args:
        convolutions: built layers, in order.
        floors: the bend max(x, floor) after each.
        dense: a built dense layer that takes all channels and bins of the last.
    """

    def __init__(
        self,
        convolutions: Sequence[SpectralConvolution],
        floors: Sequence[float],
        dense: keras.layers.Dense | None,
    ):
        self.convolutions, self.floors, self.dense = convolutions, floors, dense
        self._responses = compiled(self._evaluated)

    def __call__(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, 2, F, V, U), or (B, O) of the dense layer."""
        from specnet.native.tensorflow import chained

        total = ops.sum(spectrum, axis=2, keepdims=True) if spectrum.shape[2] > 1 else spectrum
        weights = [layer.weights_by_name() for layer in self.convolutions]
        size = ops.shape(spectrum)[-2:]
        responses = self._responses(weights, ops.zeros((0, *size)))
        if self.dense is None:
            return chained(total, responses, self.floors, None)
        outputs = chained(total, responses, self.floors, self.dense.kernel)
        if self.dense.use_bias:
            outputs = outputs + self.dense.bias
        return self.dense.activation(outputs)

    def _evaluated(self, weights: Sequence[Mapping[str, Tensor]], like: Tensor) -> list[Tensor]:
        """The transfer functions of all layers, each (2, F, V, U); `like` is (0, V, U)."""
        rows, columns = like.shape[1:]
        return [
            layer.response(own, (rows, full_width(columns, layer.odd_width)))
            for layer, own in zip(self.convolutions, weights, strict=True)
        ]


def joined(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same steps, with those that can run as one loop in a `Chain`."""
    result: list[Step] = []
    rest = list(steps)
    while rest:
        chain, length = _chain(rest) if runs_loops() else (None, 0)
        result.append(chain or _inside(rest[0]))
        rest = rest[length if chain else 1 :]
    return tuple(result)


def _inside(step: Step) -> Step:
    if isinstance(step, Residual):
        return Residual(joined(step.shortcut), joined(step.layers), step.add)
    return step


def _any_chain(steps: Sequence[Step]) -> bool:
    return any(
        isinstance(step, Chain)
        or (isinstance(step, Residual) and _any_chain(step.shortcut + step.layers))
        for step in steps
    )


def _through(steps: Sequence[Step], x: Tensor) -> Tensor:
    for step in steps:
        x = step(x)
    return x


def _chain(steps: Sequence[Step]) -> tuple[Chain | None, int]:
    """The longest chain at the beginning of these steps, and how many of them it is."""
    convolutions: list[SpectralConvolution] = []
    floors: list[float] = []
    length = 0
    while length < len(steps) and _is_link(steps[length]):
        layer = steps[length]
        convolutions.append(layer)
        floors.append(_FLOORS[layer.activation])
        length += 1
        while length < len(steps) and _is_relu(steps[length]):
            floors[-1] = 0.0
            length += 1
    dense = _head(steps[length:]) if convolutions else None
    if len(convolutions) + (dense is not None) < 2:
        return None, 0
    return Chain(convolutions, floors, dense), length + 2 * (dense is not None)


def _is_link(step: Step) -> bool:
    return (
        isinstance(step, SpectralConvolution)
        and step.mixing == "sum"
        and not step.use_bias
        and step.activation in _FLOORS
        and _is_plain(step)
    )


def _is_plain(layer: keras.layers.Layer) -> bool:
    return layer.dtype_policy.name == "float32" and layer.activity_regularizer is None


def _is_relu(step: Step) -> bool:
    if not isinstance(step, keras.layers.ReLU) or not _is_plain(step):
        return False
    return step.max_value is None and step.negative_slope == 0 and step.threshold == 0


def _head(steps: Sequence[Step]) -> keras.layers.Dense | None:
    """The dense layer with few outputs that follows at once, behind a `flatten`."""
    if len(steps) < 2 or type(steps[0]) is not keras.layers.Flatten:
        return None
    dense = steps[1]
    if type(dense) is not keras.layers.Dense or dense.units > _MOST_OUTPUTS:
        return None
    return dense if _is_plain(dense) and steps[0].data_format == "channels_last" else None
