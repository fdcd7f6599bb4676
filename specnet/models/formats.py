"""Models written for other programs: SavedModel, ONNX, LiteRT, Keras, plain weights."""

import copy
import errno
import io
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet.models.frozen_graph import FrozenGraph, save

_BYTES = "bytes"
OPSET = 18  # of ONNX: from 2022, so that runtimes of some years ago take it


def write_keras(model: keras.Model, file: Path) -> None:
    """A `.keras` file; it is loaded after `import specnet.layers`."""
    model.save(file)


def write_saved_model(graph: FrozenGraph, folder: Path) -> None:
    """A SavedModel of TensorFlow; `serving_default` takes uint8 pixels, `float` takes float32.

    Of signals and volumes both take float32.

    Raises:
        OSError: where it cannot be written.
    """
    import tensorflow as tf

    try:
        with _quiet():
            save(graph, folder)
    except tf.errors.OpError as error:  # TensorFlow writes by itself
        raise OSError(errno.EIO, error.message) from error


def onnx_bytes(graph: FrozenGraph, metadata: Mapping[str, str]) -> bytes:
    """An ONNX model that takes uint8 pixels, or other numbers as float32, with `metadata_props`."""
    import onnx
    import tf2onnx

    definition = copy.deepcopy(graph.definition)
    placed = graph.input
    if graph.dtypes[0] == "uint8":
        _take_bytes(definition)
        placed = _BYTES
    _without_erfc(definition)
    with _quiet():
        made, _ = tf2onnx.convert.from_graph_def(
            definition,
            input_names=[f"{placed}:0"],
            output_names=[f"{graph.output}:0"],
            opset=OPSET,
            tensors_to_rename={f"{placed}:0": graph.input, f"{graph.output}:0": graph.output},
        )
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.helper.set_model_props(made, dict(metadata))
    onnx.checker.check_model(made)
    content: bytes = made.SerializeToString()
    return content


def litert_bytes(graph: FrozenGraph, folder: Path) -> bytes:
    """A LiteRT (TensorFlow Lite) model of builtin operations; it takes what a SavedModel does.

    Args:
        graph: what to convert.
        folder: where the converter may write; what it writes there is removed again.

    Raises:
        ValueError: where it has no such operation, with what to do.
        OSError: where the folder cannot be written into.
    """
    import tensorflow as tf

    if {"AvgPool3D", "MaxPool3D"} & {node.op for node in graph.definition.node}:
        raise ValueError(
            "LiteRT has no pooling of volumes; spectral_pooling3d and strides it has, and the "
            "other formats have all"
        )
    with tempfile.TemporaryDirectory(dir=folder) as saved:
        write_saved_model(graph, Path(saved))
        with _quiet():
            converter = tf.lite.TFLiteConverter.from_saved_model(
                saved, signature_keys=["serving_default"]
            )
            content: bytes = converter.convert()
    return content


def weights_bytes(model: keras.Model) -> bytes:
    """Each weight under its path, `layer/name`, in NumPy's `.npz`."""
    file = io.BytesIO()
    np.savez(file, **named_weights(model))
    return file.getvalue()


def named_weights(model: keras.Model) -> dict[str, Any]:
    """Arrays by the path of their weight, in the model's order.

    Raises:
        ValueError: where two weights have one path, of which a file would keep only one.
    """
    named = {each.path: keras.ops.convert_to_numpy(each) for each in model.weights}
    if len(named) < len(model.weights):
        repeated, _ = Counter(each.path for each in model.weights).most_common(1)[0]
        raise ValueError(f"several weights are called '{repeated}'; give their layers other names")
    return named


def _take_bytes(definition: Any) -> None:
    """Lets a graph take uint8, under another name, where it took float32."""
    import tensorflow as tf

    (cast,) = (node for node in definition.node if node.op == "Placeholder")
    bytes_ = definition.node.add(name=_BYTES, op="Placeholder")
    bytes_.attr["shape"].CopyFrom(cast.attr["shape"])
    bytes_.attr["dtype"].type = tf.uint8.as_datatype_enum
    cast.op = "Cast"
    cast.input[:] = [_BYTES]
    cast.attr.clear()
    cast.attr["SrcT"].type = tf.uint8.as_datatype_enum
    cast.attr["DstT"].type = tf.float32.as_datatype_enum


def _without_erfc(definition: Any) -> None:
    """Writes 1 - erf for erfc, which Keras's GELU has and ONNX has not."""
    for node in [each for each in definition.node if each.op == "Erfc"]:
        one, erf = (definition.node.add(name=f"{node.name}/{part}") for part in ("one", "erf"))
        one.op, erf.op, node.op = "Const", "Erf", "Sub"
        kind = node.attr["T"].type
        one.attr["dtype"].type = erf.attr["T"].type = kind
        one.attr["value"].tensor.dtype = kind
        one.attr["value"].tensor.tensor_shape.SetInParent()
        one.attr["value"].tensor.float_val.append(1)
        erf.input[:] = node.input
        node.input[:] = [one.name, erf.name]


@contextmanager
def _quiet() -> Iterator[None]:
    """Where converters do not write; some do, past Python, to standard error."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
        logging.disable(before)
