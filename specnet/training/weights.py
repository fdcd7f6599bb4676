"""The weights of a model in a run: `.weights.h5` files as Keras has them, made and read in memory.

HDF5 writes late and loses errors, so that no file of it is ever open on a disk. What is read may
come from a stranger: it must hold what the model has, before any of it is taken over.
"""

import io

import h5py
import keras
import numpy as np

from specnet.errors import RunError
from specnet.runs import BEST, LAST, Run
from specnet.runs.files import MIB

__all__ = ["BEST", "LAST", "check", "largest", "load", "packed", "save"]

_MORE = 6  # times the model at most: a run keeps the state of the optimizer, too


class _File(io.BytesIO):
    """A file in memory, which Keras takes for one of weights by its name."""

    def __str__(self) -> str:
        return BEST


def save(run: Run, name: str, model: keras.Model) -> None:
    """Writes the weights of a model into a run; RunError where it cannot."""
    run.write_known(name, packed(model))


def load(run: Run, name: str, model: keras.Model) -> None:
    """Gives a model the weights that a run keeps.

    Raises:
        RunError: where they are missing, damaged, or those of another model; says what is wrong.
    """
    content = run.read_known(name, largest(model))
    try:
        check(content, packed(model))
        model.load_weights(_File(content))
    except Exception as error:  # HDF5 raises every kind where bytes are damaged
        reason = str(error.args[0] if error.args else error).splitlines() or [type(error).__name__]
        raise RunError(
            f"{run.path / name}: cannot be loaded ({reason[0]}); "
            "it is damaged or of another model, train anew"
        ) from error


def largest(model: keras.Model) -> int:
    """Bytes that a file of a model's weights can have."""
    numbers = sum(int(np.prod(weight.shape)) for weight in model.weights)
    return _MORE * 8 * numbers + 16 * MIB


def packed(model: keras.Model) -> bytes:
    """The content of a file of a model's weights."""
    file = _File()
    model.save_weights(file)
    return file.getvalue()


def check(content: bytes, own: bytes) -> None:
    """Raises ValueError unless a file holds finite numbers of the shapes that another one has.

    Args:
        content: of the file.
        own: of a file that the model would write.
    """
    with h5py.File(io.BytesIO(own)) as file:
        expected = {name: (each.shape, each.dtype) for name, each in _arrays(file).items()}
    with h5py.File(io.BytesIO(content)) as file:
        found = _arrays(file)
        for name, (shape, dtype) in expected.items():
            if name not in found:
                raise ValueError(f"{name} is missing")
            _check_array(name, found[name], shape, dtype)


def _arrays(file: h5py.File) -> dict[str, h5py.Dataset]:
    """The arrays in a file, without those behind links to other places or files."""
    found: dict[str, h5py.Dataset] = {}

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer/"):
            found[name] = item

    file.visititems(visit)
    return found


def _check_array(name: str, array: h5py.Dataset, shape: tuple[int, ...], dtype: np.dtype) -> None:
    if array.shape != shape:
        raise ValueError(f"{name}: expected the shape {shape}, found {array.shape}")
    # Of the same kind; a run in another precision has numbers of another size.
    if array.dtype.kind != dtype.kind or array.dtype.itemsize > 8:
        raise ValueError(f"{name}: expected {dtype} numbers, found {array.dtype}")
    if array.external or array.is_virtual:
        raise ValueError(f"{name}: is kept in another file")
    if dtype.kind == "f" and not np.isfinite(array[()]).all():
        raise ValueError(f"{name}: has numbers that are not finite")
