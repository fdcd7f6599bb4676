"""The `tfds` source: image classification datasets of TensorFlow Datasets, already on disk.

The only source that needs TensorFlow, inside the functions that need it. Only
`prepare` uses the network.
"""

import difflib
import importlib.util
import os
import re
from collections.abc import Iterator
from itertools import chain, combinations
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from specnet.data import cache, tfds_files
from specnet.data.dataset import Dataset, class_problems
from specnet.data.image_files import shown
from specnet.data.listing import what_is
from specnet.data.splitting import Rule
from specnet.errors import DataError
from specnet.messages import said
from specnet.recipe.schema import TfdsData

FOLDER_WAY_OUT = "or use images of your own with data.source folder (root/<class>/<image>)"


def load(settings: TfdsData, _rule: Rule = "names") -> Dataset:
    """Read a dataset from disk.

    Raises:
        DataError: it is not on disk, has no images with labels, or a split expression is wrong.
    """
    builder = _on_disk(settings.name)
    problems = _feature_problems(builder, settings.name)
    problems += _split_problems(builder, settings)
    if problems:
        raise DataError("\n".join(problems))
    expressions = settings.splits.model_dump()
    found = {name: _decoded(builder, settings, text) for name, text in expressions.items()}
    splits = {name: decoded.split for name, decoded in found.items()}
    notes = [decoded.note for decoded in found.values() if decoded.note]
    notes += _shared(builder, settings.name, expressions)
    return Dataset.of(splits, _classes(builder), notes=tuple(dict.fromkeys(notes)))


def prepare(name: str) -> Path:
    """Download a dataset, unless it is there, and return the folder that holds it.

    Raises:
        DataError: why it could not be downloaded, and what to do instead.
    """
    builder = _builder(name)
    try:
        builder.download_and_prepare()
    except Exception as error:  # the network, the server, the disk and the dataset can all fail
        raise DataError(
            f"{name}: could not be downloaded to {data_dir()}: {_first_line(error)}; try again "
            f"later, copy a prepared dataset there, {FOLDER_WAY_OUT}"
        ) from error
    return Path(builder.data_path)


def data_dir() -> Path:
    """Return where datasets are looked for: `$TFDS_DATA_DIR` or `~/tensorflow_datasets`."""
    chosen = os.environ.get("TFDS_DATA_DIR")
    return Path(chosen).expanduser() if chosen else Path.home() / "tensorflow_datasets"


def _builder(name: str) -> Any:
    if importlib.util.find_spec("tensorflow") is None:
        raise DataError(
            f"{name}: the tfds source needs TensorFlow, which is not installed; "
            f"pip install tensorflow, {FOLDER_WAY_OUT}"
        )
    _check_files(name)
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir())
    except tfds.core.DatasetNotFoundError:
        _check_whole(name, *_folders(name))
        raise DataError(_unknown(name, tfds.list_builders(with_community_datasets=False))) from None
    except Exception as error:  # a wrong configuration or version, a damaged dataset_info.json
        _check_whole(name, *_folders(name))
        raise DataError(
            f"{name}: {_first_line(error)} (looked in {data_dir()}); expected name, "
            "name/configuration or name:version of a dataset of TensorFlow Datasets"
        ) from error
    _check_whole(name, Path(builder.data_path))
    return builder


def _base(name: str) -> str:
    """Return the name of a dataset without its configuration and version."""
    return re.split("[:/]", name)[0]


def _folders(name: str) -> list[Path]:
    """Return what is on disk of a dataset, one folder a version and configuration."""
    there = _base(name) in present()
    return tfds_files.prepared(data_dir() / _base(name)) if there else []


def _check_whole(name: str, *folders: Path) -> None:
    """Refuse a dataset of which files are missing or damaged."""
    for folder in folders:
        if found := tfds_files.damage(folder):
            raise DataError(f"{name}: {found}; {tfds_files.prepare_again(folder, name)}")


def _check_files(name: str) -> None:
    """Refuse pipes and devices among the files of a dataset: TensorFlow waits for them."""
    for path in (data_dir() / _base(name)).rglob("*"):
        found = what_is(path) if not path.is_dir() else None
        if found not in (None, "a file"):
            raise DataError(f"{name}: {shown(path)}: found {found}, expected a file; remove it")


def _on_disk(name: str) -> Any:
    builder = _builder(name)
    if not (Path(builder.data_path) / tfds_files.INFO).is_file():
        raise DataError(
            f"{name}: not found in {data_dir()} ({_contents()}); set TFDS_DATA_DIR to the folder "
            f"that holds it, fetch it with `specnet data prepare {name}`, {FOLDER_WAY_OUT}"
        )
    return builder


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, [*present(), *known], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return (
        f"{name}: TensorFlow Datasets has none of this name, and it is not in {data_dir()} "
        f"({_contents()}; TFDS_DATA_DIR says where to look){hint}"
    )


def present() -> list[str]:
    """Return the names of the datasets on disk."""
    found = data_dir().glob(f"*/**/{tfds_files.INFO}")
    return sorted({path.relative_to(data_dir()).parts[0] for path in found})


def damaged() -> list[tuple[str, str]]:
    """Return what is wrong with the files of datasets on disk, and what to do about each."""
    found = ((name, folder) for name in present() for folder in _folders(name))
    return [
        (f"{name}: {words}", tfds_files.prepare_again(folder, name))
        for name, folder in found
        if (words := tfds_files.damage(folder))
    ]


def _contents() -> str:
    found = present()
    return f"it holds {', '.join(found)}" if found else "it holds no dataset"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _feature_problems(builder: Any, name: str) -> list[str]:
    import tensorflow_datasets as tfds

    features = dict(builder.info.features)
    image, label = features.get("image"), features.get("label")
    if isinstance(image, tfds.features.Image) and isinstance(label, tfds.features.ClassLabel):
        if image.np_dtype not in (np.uint8, np.uint16):  # floats are stored as if they were colours
            return [f"{name}: images of {np.dtype(image.np_dtype)}; expected uint8 or uint16"]
        if label.num_classes is None:
            return [f"{name}: does not say how many classes its labels have; prepare it again"]
        return class_problems(_classes(builder), name)
    found = ", ".join(sorted(features))
    return [f"{name}: not image classification: expected an image and a label, found {found}"]


def _classes(builder: Any) -> tuple[str, ...]:
    return tuple(builder.info.features["label"].names)


def _split_problems(builder: Any, settings: TfdsData) -> list[str]:
    splits = builder.info.splits
    has = ", ".join(f"{name} ({info.num_examples} images)" for name, info in splits.items())
    problems = []
    for name, expression in settings.splits.model_dump().items():
        try:
            _ = splits[expression].num_examples
        except (ValueError, KeyError) as error:
            reason = str(error).strip().splitlines()[-1].rstrip(".")
            problems.append(
                f"data.splits.{name}: {expression!r}: {reason}; {settings.name} has {has}; "
                "write a part of it as train[:80%] or train[1000:]"
            )
    return problems


def _decoded(builder: Any, settings: TfdsData, expression: str) -> cache.Decoded:
    files = sorted(path for path in Path(builder.data_path).iterdir() if path.is_file())
    identity = ["tfds", str(builder.info.full_name), expression, cache.fingerprint(files)]
    count = builder.info.splits[expression].num_examples
    shape = (*settings.image_size, settings.channels)
    found = cache.decoded(identity, count, shape, lambda: _samples(builder, expression))
    if found.unreadable:
        first = found.unreadable[0]
        raise DataError(
            f"{settings.name}: {len(found.unreadable)} images of {expression} cannot be decoded, "
            f"the first {first.path}: {first.reason}; "
            f"{tfds_files.prepare_again(builder.data_path, settings.name)}"
        )
    problem = _label_problem(found.split.labels, len(_classes(builder)))
    if problem:
        raise DataError(f"{settings.name}: {problem} in {expression}; choose other data.splits")
    return found


def _label_problem(labels: np.ndarray, count: int) -> str:
    """Say which labels are none of the classes: -1 would be taken for the last of them."""
    wrong = labels[(labels < 0) | (labels >= count)]
    if not len(wrong):
        return ""
    meaning = " (not labelled)" if wrong[0] == -1 else ""
    return (
        f"{len(wrong)} of {len(labels)} images have labels like {wrong[0]}{meaning}, and the "
        f"classes are 0 to {count - 1}"
    )


def _shared(builder: Any, name: str, expressions: dict[str, str]) -> list[str]:
    """Say which splits have images in common, a line each."""
    notes = []
    for first, second in combinations(expressions, 2):
        count = sum(
            max(0, min(ours[1], theirs[1]) - max(ours[0], theirs[0]))
            for file, *ours in _rows(builder, expressions[first])
            for other, *theirs in _rows(builder, expressions[second])
            if file == other
        )
        if count:
            notes.append(
                f"{name}: {count} images are in data.splits.{first} ({expressions[first]}) and "
                f"in data.splits.{second} ({expressions[second]})"
            )
    return notes


def _rows(builder: Any, expression: str) -> list[tuple[Any, int, int]]:
    """Return where the images of a split lie: a file, the first in it, the one after the last."""
    parts = builder.info.splits[expression].file_instructions
    return [
        (part.filename, part.skip, part.skip + part.take)
        if part.take >= 0
        else (part.filename, part.skip, part.examples_in_shard)
        for part in parts
    ]


def _samples(builder: Any, expression: str) -> Iterator[cache.Encoded]:
    import tensorflow as tf
    import tensorflow_datasets as tfds

    examples = builder.as_dataset(
        split=expression, decoders={"image": tfds.decode.SkipDecoding()}, shuffle_files=False
    )
    # one at a time, TensorFlow takes longer to hand images over than Pillow to decode them
    batches = examples.map(itemgetter("image", "label")).batch(cache.CHUNK)
    try:
        pairs = chain.from_iterable(zip(*batch, strict=True) for batch in tfds.as_numpy(batches))
        for place, (image, label) in enumerate(pairs):
            yield cache.Encoded(f"image {place}", int(label), image)
    except (tf.errors.OpError, AssertionError) as error:
        raise DataError(
            f"{builder.data_path}: cannot be read: {said(error).rstrip('.')}; "
            f"{tfds_files.prepare_again(builder.data_path, builder.name)}"
        ) from error
