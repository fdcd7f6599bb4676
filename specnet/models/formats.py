"""Models of pixels written for other programs: SavedModel, ONNX, LiteRT, Keras, plain weights."""

import io
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet.models.frozen_graph import INPUT, FrozenGraph, freeze, save

OPSET = 18  # of ONNX: from 2022, so that runtimes of some years ago take it


def write_keras(model: keras.Model, file: Path) -> None:
    """A `.keras` file; it is loaded after `import specnet.layers`."""
    model.save(file)


def write_saved_model(model: keras.Model, output: str, folder: Path) -> None:
    """A SavedModel of TensorFlow; `serving_default` takes uint8, `float` takes float32."""
    graphs = {"serving_default": freeze(model, output, "uint8")}
    graphs["float"] = freeze(model, output, "float32")
    with _quiet():
        save(graphs, folder)


def onnx_bytes(model: keras.Model, output: str, metadata: Mapping[str, str]) -> bytes:
    """An ONNX model that takes uint8, with `metadata_props`."""
    import onnx
    import tf2onnx

    graph = freeze(model, output, "uint8")
    names = {f"{INPUT}:0": INPUT, f"{output}:0": output}
    with _quiet():
        made, _ = tf2onnx.convert.from_graph_def(
            graph.definition,
            input_names=[f"{INPUT}:0"],
            output_names=[f"{output}:0"],
            opset=OPSET,
            tensors_to_rename=names,
        )
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.helper.set_model_props(made, dict(metadata))
    onnx.checker.check_model(made)
    content: bytes = made.SerializeToString()
    return content


def litert_bytes(model: keras.Model, output: str) -> bytes:
    """A LiteRT (TensorFlow Lite) model of builtin operations that takes uint8."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder, _quiet():
        save({"serving_default": freeze(model, output, "uint8")}, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=["serving_default"]
        )
        content: bytes = converter.convert()
    return content


def weights_bytes(model: keras.Model) -> bytes:
    """Each weight under its path, `layer/name`, in NumPy's `.npz`."""
    file = io.BytesIO()
    np.savez(file, **named_weights(model))
    return file.getvalue()


def named_weights(model: keras.Model) -> dict[str, Any]:
    """Arrays by the path of their weight."""
    return {each.path: keras.ops.convert_to_numpy(each) for each in model.weights}


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


__all__ = [
    "FrozenGraph",
    "litert_bytes",
    "named_weights",
    "onnx_bytes",
    "weights_bytes",
    "write_keras",
    "write_saved_model",
]
