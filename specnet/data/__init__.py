"""Where images come from: `load` reads the `data` section of a recipe into three splits.

Importing this package loads neither Keras nor TensorFlow. One file a source (`tfds`, `folder`,
`npz`, `gratings`); they share decoding (`images`), the cache of decoded images (`cache`) and the
cutting of splits (`splitting`). `pipeline`, which imports Keras, turns a split into batches, and
`ahead` reads these before they are asked for.
"""

from collections.abc import Callable
from typing import Any

from specnet.data import folder, gratings, npz, tfds
from specnet.data.dataset import Dataset, Split, Unreadable, check, check_not_empty
from specnet.data.normalization import Normalization
from specnet.errors import DataError
from specnet.schema import Data

__all__ = ["Dataset", "Normalization", "Split", "Unreadable", "check", "check_not_empty", "load"]

SOURCES: dict[str, Callable[[Any], Dataset]] = {
    "tfds": tfds.load,
    "folder": folder.load,
    "npz": npz.load,
    "gratings": gratings.load,
}


def load(settings: Data) -> Dataset:
    """Read, decode and resize a dataset, from the cache where it was decoded before.

    Args:
        settings: a `TfdsData`, `FolderData`, `NpzData` or `GratingsData`.

    Raises:
        DataError: what is missing, unreadable or of the wrong form, all of it at once.
    """
    try:
        return SOURCES[settings.source](settings)  # type: ignore[attr-defined]
    except (OSError, MemoryError) as error:  # no permission, a disk that fails, too many images
        raise DataError(f"data: {error}") from error
