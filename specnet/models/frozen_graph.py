"""Keras models as graphs of TensorFlow in which nothing is left to learn: what is exported.

Weights become constants, and so does all that is computed from them alone, such as the transfer
functions of filters and masks. What is left are real numbers and common operations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import keras

from specnet.ops.portable import portable

# By the axes of what goes in: signals (B, T, C), images (B, H, W, C), volumes (B, D, H, W, C).
INPUTS = {1: "signals", 2: "images", 3: "volumes"}
_DRAWN = ("Random", "Stateless")  # operations whose results are not constants


@dataclass(frozen=True)
class FrozenGraph:
    """A graph with one input of float32, and one output.

    Attributes:
        definition: a `tf.compat.v1.GraphDef`.
        output: the name of the output.
        input: that of the input: `images`, `signals` or `volumes`.
    """

    definition: Any
    output: str
    input: str = INPUTS[2]

    @property
    def dtypes(self) -> tuple[str, ...]:
        """What programs have to put in, the usual first: pixels are whole numbers."""
        return ("uint8", "float32") if self.input == INPUTS[2] else ("float32",)

    def function(self) -> Any:
        """A concrete function of TensorFlow: what goes in -> {output: values}."""
        import tensorflow as tf

        def place() -> None:
            tf.graph_util.import_graph_def(self.definition, name="")

        wrapped = tf.compat.v1.wrap_function(place, [])
        inputs, outputs = (
            wrapped.graph.as_graph_element(f"{name}:0") for name in (self.input, self.output)
        )
        return wrapped.prune(inputs, {self.output: outputs})


def freeze(model: keras.Model, output: str) -> FrozenGraph:
    """The graph of a model of images, signals or volumes, for any number of them.

    Args:
        model: takes (B, H, W, C) of pixels, or as much of others, of known size; gives one tensor.
        output: what that is called.

    Raises:
        ValueError: where a layer computes what no graph can hold.
    """
    import tensorflow as tf

    given = INPUTS[len(model.input_shape) - 2]
    values = [(each, keras.ops.convert_to_numpy(each)) for each in model.variables]

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), "float32", name=given)],
    )
    def traced(images: Any) -> Any:
        constants = [(each, tf.constant(value)) for each, value in values]
        with portable(), keras.StatelessScope(constants):
            return model(images, training=False)

    graph = traced.get_concrete_function().graph
    captured = {inside.op.name: outside for outside, inside in graph.captures}
    definition = graph.as_graph_def()
    for node in definition.node:
        # What weights were read for, in an order that no longer matters.
        node.input[:] = [each for each in node.input if not each.startswith("^")]
        if node.name in captured:
            _set_constant(node, captured[node.name].numpy())
    definition.node.add(name=output, op="Identity", input=[graph.outputs[0].name])
    definition.node[-1].attr["T"].type = tf.float32.as_datatype_enum
    return FrozenGraph(_folded(definition, output), output, given)


def save(graph: FrozenGraph, folder: Path) -> None:
    """Writes a SavedModel; its `serve` takes pixels of uint8 or float32, others as float32.

    As signatures: `serving_default` takes the first of `graph.dtypes`, `float` takes float32.
    """
    import tensorflow as tf

    frozen = graph.function()

    @tf.function(autograph=False)
    def serve(images: Any) -> Any:
        return frozen(tf.cast(images, "float32"))

    module = tf.Module()
    module.serve = serve
    shape = frozen.inputs[0].shape
    signatures = {
        name: serve.get_concrete_function(tf.TensorSpec(shape, dtype, name=graph.input))
        for name, dtype in (("serving_default", graph.dtypes[0]), ("float", "float32"))
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _folded(definition: Any, output: str) -> Any:
    """The graph with constants in place of all that does not depend on the input."""
    import tensorflow as tf

    kept, wanted = _divided({node.name: node for node in definition.node}, output)
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            values = session.run([each if ":" in each else f"{each}:0" for each in wanted])
    folded = tf.compat.v1.GraphDef(versions=definition.versions, library=definition.library)
    names = {each: each.replace(":", "/") + "/fixed" for each in wanted}
    for each, value in zip(wanted, values, strict=True):
        _set_constant(folded.node.add(name=names[each]), value)
    for node in kept:
        copy = folded.node.add()
        copy.CopyFrom(node)
        copy.input[:] = [names.get(each, each) for each in node.input]
        copy.attr.pop("_gradient_op_type", None)  # a function of the process that traced it
    return folded


def _set_constant(node: Any, value: Any) -> None:
    import tensorflow as tf

    node.op = "Const"
    node.attr.clear()
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    node.attr["dtype"].type = node.attr["value"].tensor.dtype


def _divided(nodes: Mapping[str, Any], output: str) -> tuple[list[Any], list[str]]:
    """The nodes between input and output, and the tensors that they take from others."""
    graph = {name: _sources(node) for name, node in nodes.items()}
    order = list(TopologicalSorter(graph).static_order())
    fixed: set[str] = set()  # what does not depend on the input
    for name in order:
        given = nodes[name].op == "Placeholder" or nodes[name].op.startswith(_DRAWN)
        if not given and graph[name] <= fixed:
            fixed.add(name)
    needed = {output}
    for name in reversed(order):
        if name in needed - fixed:
            needed |= graph[name]
    kept = [nodes[name] for name in order if name in needed - fixed]
    taken = {each for node in kept for each in node.input if _source(each) in fixed}
    return kept, sorted(taken)


def _sources(node: Any) -> set[str]:
    """The nodes that give what a node takes."""
    return {_source(each) for each in node.input}


def _source(tensor: str) -> str:
    return tensor.partition(":")[0]
