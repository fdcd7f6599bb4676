"""Mistakes that can be reported before Keras is imported, which takes seconds.

What is let through here is checked again, and better, by those who do the work.
"""

import importlib.util
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from specnet import recipe as recipes
from specnet.errors import DataError, RunError, UsageError
from specnet.plain import one_line
from specnet.recipe.array_data import NpzSignalsData, NpzVolumesData
from specnet.recipe.schema import (
    CsvData,
    FolderData,
    HuggingfaceData,
    LayerSpec,
    NpzData,
    TfdsData,
    Training,
)
from specnet.runs import RECIPE, Run

_CONVERTED = {
    "spectral": "conv2d",
    "spatial": "spectral_kernel_conv2d",
    "frozen": "learned_spectral_pooling",
}
# What each format is written to by default, and the packages that write and run it.
_EXPORTED = {
    "keras": "model.keras",
    "saved_model": "saved_model",
    "onnx": "model.onnx",
    "litert": "model.tflite",
    "weights": "weights.npz",
}
_WRITERS = {"onnx": ("onnx", "tf2onnx")}
_RUNTIMES = {"onnx": ("onnxruntime",), "litert": ("ai_edge_litert",)}
_SAVED_MODEL = {  # all that an export writes into a folder
    *("assets", "fingerprint.pb", "saved_model.pb", "specnet.json", "variables"),
    *("variables/variables.data-00000-of-00001", "variables/variables.index"),
}
_NAME = re.compile(r"(\w+)(/|:\d|$)")  # of a dataset, before a configuration or a version


def check_out(folder: Path, option: str = "--out") -> None:
    """Raises UsageError where a folder is not there and cannot be made, or not be written into."""
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    try:
        with tempfile.TemporaryFile(dir=there):  # even root cannot write everywhere
            pass
    except OSError as error:
        verb = "written into" if there == folder else "made"
        raise UsageError(
            f"{folder}: cannot be {verb} ({there}: {error.strerror}); choose another {option}"
        ) from error


def make_folder(folder: Path, option: str) -> None:
    """Makes a folder that an option names; UsageError where it cannot be."""
    check_out(folder, option)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = f"{folder}: cannot be made ({error.strerror}); choose another {option}"
        raise UsageError(words) from error


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
        try:
            wanted = path.is_dir() if isinstance(settings, FolderData) else path.exists()
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}; correct data.path") from error
        if not wanted:
            kind = "folder of images" if isinstance(settings, FolderData) else "file"
            found = "a file" if path.exists() else "nothing"
            raise DataError(f"{path}: found {found}, expected a {kind}; correct data.path")
        if isinstance(settings, FolderData) and settings.labelled:
            _check_classes(path)
        elif isinstance(settings, CsvData):
            from specnet.data import csv

            csv.check_columns(settings)
        elif isinstance(settings, NpzData):
            from specnet.data import npz

            npz.check_arrays(settings, npz.form_of(settings))
        elif isinstance(settings, NpzSignalsData | NpzVolumesData):
            from specnet.data import npz, npz_arrays

            npz.check_arrays(settings, npz_arrays.form_of(settings))


def check_image(file: Path, option: str) -> None:
    """Raises DataError where a file that an option names is no image."""
    from specnet.data import images

    try:
        images.decode(file, (None, None, 3))
    except DataError as error:
        raise DataError(f"{option} {file}: {error}; name another image") from error


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


def check_export(
    run: Run, form: str, path: Path | None, check: int, window: int | None, overwrite: bool
) -> Path:
    """What a run shall be exported to.

    Raises:
        UsageError: where packages are missing, Keras runs on a backend that cannot write the
            format, the file's name is none of it, something is in its place, or there is nothing
            to write as a conv2d.
        RunError: where it cannot be written.
    """
    wanted = (*_WRITERS.get(form, ()), *(_RUNTIMES.get(form, ()) if check else ()))
    if missing := [each for each in wanted if importlib.util.find_spec(each) is None]:
        raise UsageError(
            f"--format {form}: needs {', '.join(missing)}; pip install 'specnet[export]'"
        )
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if form not in ("keras", "weights") and backend != "tensorflow":
        raise UsageError(
            f"--format {form}: is written by TensorFlow, and KERAS_BACKEND is "
            f"{one_line(backend)}; set KERAS_BACKEND=tensorflow for this command (a run of any "
            "backend will do)"
        )
    if window is not None:
        _check_window(run, window)
    target = path or run.path / "exported" / _EXPORTED[form]
    ending = Path(_EXPORTED[form]).suffix
    if ending not in ("", target.suffix):
        raise UsageError(f"--out: expected a file *{ending} for --format {form}, found '{target}'")
    if form not in ("keras", "weights"):  # written and run by libraries of C++
        try:
            str(target.absolute()).encode()
        except UnicodeEncodeError as error:
            words = f"--out: expected a path in UTF-8 for --format {form}, found '{target}'"
            raise UsageError(f"{words}; choose another --out") from error
    _check_replaceable(target, form == "saved_model", overwrite)
    if form != "saved_model":
        _check_replaceable(target.with_name(f"{target.name}.json"), False, overwrite)
    check_out(target.parent)
    return target


def _check_window(run: Run, window: int) -> None:
    if window < 1 or window % 2 == 0:
        raise UsageError(f"--as-conv2d: expected an odd number of pixels, found {window}")
    specs = list(_all(recipes.load(str(run.path / RECIPE), folder=Path()).layers))
    if not any(spec.name == "spectral_conv2d" for spec in specs):
        names = dict.fromkeys(spec.name for spec in specs if spec.name != "repeat")
        raise UsageError(
            f"--as-conv2d: {run.path} has no spectral_conv2d; it has {', '.join(names)}"
        )


def _check_replaceable(path: Path, folder: bool, overwrite: bool) -> None:
    """Refuse to replace anything but a file or, of a SavedModel, a folder of nothing else."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or path.is_dir() != folder:
        kind = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "a file"
        raise UsageError(f"{path}: is {kind}; choose another --out")
    if not overwrite:
        raise UsageError(f"{path}: is there already; say --overwrite, or choose another --out")
    for each in path.rglob("*"):  # nothing of a file
        if each.relative_to(path).as_posix() not in _SAVED_MODEL:
            raise UsageError(
                f"{each}: --overwrite would remove it, and no export wrote it; choose another --out"
            )


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
    from specnet.data.listing import SPLITS, subfolders

    words = [word for each in SPLITS.values() for word in each]
    try:
        folders = [*subfolders(root)]
        splits = [path for path in folders if path.name.lower() in words]
        classes = [each for split in splits for each in subfolders(split)] or folders
        empty = [str(path) for path in classes if not any(path.iterdir())]
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else root
        raise DataError(f"{where}: cannot be read ({error.strerror})") from error
    if empty:
        raise DataError("\n".join(f"{path}: no images; every class needs some" for path in empty))


def _all(specs: Iterable[LayerSpec]) -> Iterator[LayerSpec]:
    for spec in specs:
        yield spec
        yield from _all((*spec.layers, *spec.shortcut))
