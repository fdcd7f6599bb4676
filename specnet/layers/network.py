"""A Keras model that runs its pointwise spectral layers as one loop, where that is possible.

Which layers can run together, and how. The loops are in `specnet.native`; the layers stay what they
are, and each can be looked at by itself.

    B  batch   F  filters   O  outputs of the head
    V  rows of the half spectrum, U its columns
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from specnet import native
from specnet.layers.base import SpectralConvolution
from specnet.ops.compiled import compiled, has_loops, runs_loops
from specnet.ops.grids import full_width
from specnet.ops.kept import kept

Tensor = Any
Step = Any  # a function of tensors: a built layer or a `Chain`

# Above this, a matrix product beats a loop that goes through the products once for each output.
_MOST_OUTPUTS = 16
_FLOORS = {keras.activations.relu: 0.0, keras.activations.linear: -math.inf}


@keras.saving.register_keras_serializable("specnet")
class Network(keras.Model):
    """A functional model that takes a faster way through its layers.

    Its configuration is that of every functional model; the faster way is found in its graph, so
    that a saved, cloned or wrapped network has it too.

    Args:
        inputs, outputs: as for `keras.Model`.
        name: of the model.

    Attributes:
        chaining: whether it takes that way where XLA does not compile it as a whole. It gives the
            same numbers up to rounding; only the first derivatives exist.
        as_in_training: whether all layers do as in training, also where an evaluation calls it.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any):
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)
        ways = chains(self) if has_loops() and native.fits() else {}
        self.chaining = bool(ways)
        self.as_in_training = False
        # In a function, since Keras would save layers that it finds in a container a second time.
        self._way = lambda layer: ways.get(layer, layer)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As `call`, which TensorFlow and PyTorch reach from here."""
        if self.as_in_training:
            kwargs["training"] = True
        return super().__call__(*args, **kwargs)

    def call(
        self, inputs: Any, training: bool | None = None, mask: Tensor = None, **kwargs: Any
    ) -> Any:
        """The output for a batch of images; shapes as the layers have them."""
        training = self.as_in_training or training
        if not (self.chaining and mask is None and runs_loops()):
            return super().call(inputs, training=training, mask=mask, **kwargs)

        # As `clone_model` runs through a graph. It calls layers with `training` as it was when the
        # graph was made, which is not what is asked now.
        def called(layer: Any) -> Step:
            step = self._way(layer)
            if training is None or step is not layer or not isinstance(step, keras.layers.Layer):
                return step
            return lambda *inputs, **given: step(*inputs, **given | {"training": training})

        outputs = self._run_through_graph(self._standardize_inputs(inputs), called)
        return outputs[0] if isinstance(outputs, list | tuple) and len(outputs) == 1 else outputs


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
        self._responses = kept(compiled(self._evaluated))

    def __call__(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, 2, F, V, U), or (B, O) of the dense layer."""
        total = ops.sum(spectrum, axis=2, keepdims=True) if spectrum.shape[2] > 1 else spectrum
        weights = [layer.weights_by_name() for layer in self.convolutions]
        size = ops.shape(spectrum)[-2:]
        responses = self._responses(weights, ops.zeros((0, *size)))
        if self.dense is None:
            return native.operations().chained(total, responses, self.floors, None)
        outputs = native.operations().chained(total, responses, self.floors, self.dense.kernel)
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


def chains(model: keras.Model) -> dict[keras.layers.Layer, Step]:
    """What to do in place of layers that can run as one loop.

    Of such layers, the first is replaced by the `Chain` of all, the others by nothing: what is
    handed from one to the next is of no use elsewhere.
    """
    following = _following(model)
    ways: dict[keras.layers.Layer, Step] = {}
    for layer in model.layers:
        if layer in ways:
            continue
        path = [layer]
        while path[-1] in following:
            path.append(following[path[-1]])
        chain, length = _chain(path)
        if chain is not None:
            ways |= {layer: chain} | dict.fromkeys(path[1:length], _unchanged)
    return ways


def _following(model: keras.Model) -> dict[keras.layers.Layer, keras.layers.Layer]:
    """The one layer that takes what a layer gives, where each is called once, and alone."""
    nodes = [node for level in model._nodes_by_depth.values() for node in level]
    calls = Counter(node.operation for node in nodes)
    takers: dict[int, list[Any]] = defaultdict(list)
    for node in nodes:
        for tensor in node.input_tensors:
            takers[id(tensor)].append(node)
    seen = {id(tensor) for tensor in model.outputs}
    found = {}
    for node in nodes:
        given = node.outputs[0]
        if len(node.outputs) > 1 or id(given) in seen or len(takers[id(given)]) != 1:
            continue
        (taker,) = takers[id(given)]
        alone = len(taker.input_tensors) == 1 and calls[taker.operation] == 1
        if alone and calls[node.operation] == 1:
            found[node.operation] = taker.operation
    return found


def _unchanged(x: Tensor, training: bool | None = None) -> Tensor:
    """In place of a layer behind the first of a chain, called as that layer was."""
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
        and step.dimensions == 2  # the loop is of rows and columns
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
