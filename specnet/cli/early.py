"""Mistakes that can be reported before Keras is imported, which takes seconds.

What is let through here is checked again, and better, by those who do the work.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from specnet import recipe as recipes
from specnet.errors import DataError, RunError, UsageError
from specnet.plain import one_line
from specnet.recipe.schema import FolderData, HuggingfaceData, LayerSpec, TfdsData, Training
from specnet.runs import RECIPE, Run

_CONVERTED = {
    "spectral": "conv2d",
    "spatial": "spectral_kernel_conv2d",
    "frozen": "learned_spectral_pooling",
}
_SPLITS = ("train", "validation", "val", "test")
_NAME = re.compile(r"(\w+)(/|:\d|$)")  # of a dataset, before a configuration or a version


def check_out(folder: Path) -> None:
    """Raises RunError where a folder is not there and cannot be made, or not be written into."""
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    try:
        with tempfile.TemporaryFile(dir=there):  # even root cannot write everywhere
            pass
    except OSError as error:
        verb = "written into" if there == folder else "made"
        raise RunError(
            f"{folder}: cannot be {verb} ({there}: {error.strerror}); choose another --out"
        ) from error


def check_data(settings: Any) -> None:
    """Refuse data that are not on this machine, or cannot be read on it.

    Raises:
        DataError: a data set is not there, or a folder of a class is empty.
        RecipeError: a package is missing.
    """
    if isinstance(settings, HuggingfaceData):
        from specnet.data import huggingface

        huggingface.check_installed()
        if not settings.path.is_absolute():  # the Hub's
            return
    if isinstance(settings, TfdsData):
        _check_prepared(settings.name)
    elif hasattr(settings, "path"):
        path = settings.path.expanduser()
        wanted = path.is_dir() if isinstance(settings, FolderData) else path.exists()
        if not wanted:
            kind = "folder of images" if isinstance(settings, FolderData) else "file"
            found = "a file" if path.exists() else "nothing"
            raise DataError(f"{path}: found {found}, expected a {kind}; correct data.path")
        if isinstance(settings, FolderData) and settings.labelled:
            _check_classes(path)


def check_weights(settings: Training) -> None:
    """Raises RunError where there is no run of which `training.weights` could be taken."""
    if settings.weights is not None:
        try:
            Run.find(settings.weights)
        except RunError as error:
            raise RunError(f"training.weights: {error}") from error


def check_layer(run: Run, layer: str | None) -> None:
    """Raises UsageError where a run says which layers it has, and this is none of them."""
    names = run.facts().get("layers")
    if layer is None or not isinstance(names, list) or layer in names:
        return
    if not any("learned_spectral_pooling" in str(name) for name in names):  # drawn as another
        raise UsageError(
            f"--layer: no layer '{one_line(layer)}'; there are: {', '.join(map(str, names))}"
        )


def check_convertible(run: Run, to: str) -> None:
    """Raises UsageError where no layer of a run is of the kind that is converted."""
    recipe = recipes.load(str(run.path / RECIPE), folder=Path())
    wanted = _CONVERTED[to]
    if not any(spec.name == wanted for spec in _all(recipe.layers)):
        raise UsageError(f"--to {to}: {run.path} has no layer to convert; it has no {wanted}")


def _check_prepared(name: str) -> None:
    from specnet.data import tfds

    found, folder = _NAME.match(name), tfds.data_dir()
    if found is not None and not (folder / found[1]).exists():
        there = ", ".join(tfds.present()) if folder.is_dir() else ""
        raise DataError(
            f"{name}: not found in {folder} (it holds {there or 'no dataset'}); set TFDS_DATA_DIR "
            f"to the folder that holds it, fetch it with `specnet data prepare {name}`, "
            f"{tfds.FOLDER_WAY_OUT}"
        )


def _check_classes(root: Path) -> None:
    try:
        folders = [*_subfolders(root)]
        splits = [path for path in folders if path.name.lower() in _SPLITS]
        classes = [each for split in splits for each in _subfolders(split)] or folders
        empty = [str(path) for path in classes if not any(path.iterdir())]
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else root
        raise DataError(f"{where}: cannot be read ({error.strerror})") from error
    if empty:
        raise DataError("\n".join(f"{path}: no images; every class needs some" for path in empty))


def _subfolders(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield path


def _all(specs: Iterable[LayerSpec]) -> Iterator[LayerSpec]:
    for spec in specs:
        yield spec
        yield from _all((*spec.layers, *spec.shortcut))
