"""Where images come from: `load` reads the `data` section of a recipe into three splits.

Importing this package loads neither Keras nor TensorFlow. One file a source (`tfds`, `folder`,
`csv`, `huggingface`, `npz`, `gratings`; of signals and volumes `chirps` and `npz_arrays`); they
share lists of files (`file_lists`), decoding (`images`), the cache of decoded images (`cache`), the
cutting of splits (`splitting`) and what a run remembers of them (`record`). `pipeline`, which
imports Keras, turns a split into batches, and
`prefetch` reads these before they are asked for.
"""

from collections.abc import Callable
from typing import Any

from specnet.data import chirps, csv, folder, gratings, huggingface, npz, npz_arrays, tfds
from specnet.data.dataset import Dataset, Split, Unreadable, check, check_not_empty
from specnet.data.given import files as given_files
from specnet.data.image_files import shown
from specnet.data.normalization import Normalization
from specnet.data.record import changes, record, rule_of
from specnet.data.splitting import Rule
from specnet.errors import DataError
from specnet.recipe.schema import Settings

__all__ = [
    "Dataset",
    "Normalization",
    "Rule",
    "Split",
    "Unreadable",
    "changes",
    "check",
    "check_not_empty",
    "given_files",
    "load",
    "record",
    "rule_of",
]

SOURCES: dict[str, Callable[[Any, Rule], Dataset]] = {
    "tfds": tfds.load,
    "folder": folder.load,
    "csv": csv.load,
    "huggingface": huggingface.load,
    "npz": npz.load,
    "gratings": gratings.load,
    "chirps": chirps.load,
    "npz_signals": npz_arrays.load,
    "npz_volumes": npz_arrays.load,
}


def load(settings: Settings, rule: Rule = "names") -> Dataset:
    """Read, decode and resize a dataset, from the cache where it was decoded before.

    Args:
        settings: the `data` section of a recipe.
        rule: how splits are cut that the source does not have; `order` for the runs of versions
            that knew no other.

    Raises:
        DataError: what is missing, unreadable or of the wrong form, all of it at once.
    """
    try:
        return SOURCES[settings.source](settings, rule)  # type: ignore[union-attr]
    except (OSError, MemoryError) as error:  # no permission, a disk that fails, too many images
        where = shown(name) if isinstance(name := getattr(error, "filename", None), str) else "data"
        raise DataError(f"{where}: {getattr(error, 'strerror', None) or error}") from error
