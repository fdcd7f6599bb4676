"""Keras models as graphs of TensorFlow in which nothing is left to learn: what is exported.

Weights become constants, and so does all that is computed from them alone, such as the transfer
functions of filters and masks. What is left are real numbers and common operations.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from specnet.ops.portable import portable

INPUT = "images"
_DRAWN = ("Random", "Stateless")  # operations whose results are not constants


@dataclass(frozen=True)
class FrozenGraph:
    """A graph with one input, `images`, and one output.

    Attributes:
        definition: a `tf.compat.v1.GraphDef`.
        output: the name of the output.
        dtype: of the pixels that go in.
    """

    definition: Any
    output: str
    dtype: str

    def function(self) -> Any:
        """A concrete function of TensorFlow: images -> {output: values}."""
        import tensorflow as tf

        def place() -> None:
            tf.graph_util.import_graph_def(self.definition, name="")

        wrapped = tf.compat.v1.wrap_function(place, [])
        inputs, outputs = (
            wrapped.graph.as_graph_element(f"{name}:0") for name in (INPUT, self.output)
        )
        return wrapped.prune(inputs, {self.output: outputs})


def freeze(model: keras.Model, output: str, dtype: str) -> FrozenGraph:
    """The graph of a model of images, for any number of them.

    Args:
        model: takes (B, H, W, C) of pixels, of known size, and gives one tensor.
        output: what that is called.
        dtype: of the pixels; they are cast to float32.

    Raises:
        ValueError: where a layer computes what no graph can hold.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), dtype, name=INPUT)],
    )
    def traced(images: Any) -> Any:
        with portable():
            return model(tf.cast(images, "float32"), training=False)

    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())
    definition = frozen.graph.as_graph_def()
    definition.node.add(name=output, op="Identity", input=[frozen.outputs[0].name])
    definition.node[-1].attr["T"].type = tf.float32.as_datatype_enum
    for node in definition.node:  # what weights were read for, in an order that no longer matters
        node.input[:] = [each for each in node.input if not each.startswith("^")]
    return FrozenGraph(_folded(definition, output), output, dtype)


def save(graphs: dict[str, FrozenGraph], folder: Path) -> None:
    """Writes a SavedModel with a signature for each graph; `serve` takes the dtype of any."""
    import tensorflow as tf

    functions = {name: graph.function() for name, graph in graphs.items()}
    by_dtype = {graph.dtype: functions[name] for name, graph in graphs.items()}

    @tf.function(autograph=False)
    def serve(images: Any) -> Any:
        return by_dtype[images.dtype.name](images)

    module = tf.Module()
    module.serve = serve
    signatures = {}
    for name, graph in graphs.items():
        taken = functions[name].inputs[0]
        spec = tf.TensorSpec(taken.shape, graph.dtype, name=INPUT)
        signatures[name] = serve.get_concrete_function(spec)
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _folded(definition: Any, output: str) -> Any:
    """The graph with constants in place of all that does not depend on the input."""
    import tensorflow as tf

    constant: dict[str, bool] = {}
    for node in _in_order(definition):
        constant[node.name] = not (
            node.op in ("Placeholder", "NoOp") or node.op.startswith(_DRAWN)
        ) and all(constant[_source(each)] for each in node.input)
    computed = {node.name for node in definition.node if node.op != "Const"}
    wanted = sorted(
        {
            each
            for node in definition.node
            for each in node.input
            if not constant[node.name] and constant[_source(each)] and _source(each) in computed
        }
    )
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            values = session.run([each if ":" in each else f"{each}:0" for each in wanted])
    folded = tf.compat.v1.GraphDef(versions=definition.versions, library=definition.library)
    names = {each: each.replace(":", "/") + "/folded" for each in wanted}
    for each, value in zip(wanted, values, strict=True):
        node = folded.node.add(name=names[each], op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        node.attr["dtype"].type = node.attr["value"].tensor.dtype
    for node in definition.node:
        if not constant[node.name] or node.op == "Const":
            copy = folded.node.add()
            copy.CopyFrom(node)
            copy.input[:] = [names.get(each, each) for each in node.input]
    return tf.compat.v1.graph_util.extract_sub_graph(folded, [output])


def _in_order(definition: Any) -> list[Any]:
    """The nodes of a graph without circles, each behind those that it takes."""
    from graphlib import TopologicalSorter

    nodes = {node.name: node for node in definition.node}
    taken = defaultdict(set, {name: {_source(i) for i in n.input} for name, n in nodes.items()})
    return [nodes[name] for name in TopologicalSorter(taken).static_order()]


def _source(tensor: str) -> str:
    """The node that gives a tensor."""
    return tensor.partition(":")[0]
