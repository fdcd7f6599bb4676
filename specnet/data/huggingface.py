"""The `huggingface` source: Parquet or Arrow files, or a dataset of the Hugging Face Hub.

Read with the library `datasets`, which keeps its own copy of Parquet files and of what it
downloads. Images are decoded here, as those of every other source, never there.
"""

import importlib.metadata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from specnet.data import cache
from specnet.data.dataset import Dataset, class_problems, in_order
from specnet.data.file_lists import of_decoded
from specnet.data.image_files import shown
from specnet.data.listing import what_is
from specnet.data.splitting import Rule
from specnet.errors import DataError, RecipeError
from specnet.recipe.schema import TABLES, HuggingfaceData

EXPECTED = "expected a .parquet or .arrow file, a folder of them, or a dataset of the Hub"
ONE_CLASS = "image"  # of autoencoders, as in folders without classes
TEXTS = ("string", "large_string", "bool")
BYTES = ("binary", "large_binary")


class Part(NamedTuple):
    """Rows `start` to `end - 1` of a split that the data have."""

    split: str
    start: int
    end: int


def check_installed() -> None:
    """Raises RecipeError with the pip command where the library `datasets` is missing."""
    try:
        importlib.metadata.version("datasets")
    except importlib.metadata.PackageNotFoundError:
        raise RecipeError(
            [
                "data.source: huggingface needs datasets; pip install datasets "
                "(or specnet[huggingface]), or use another source"
            ]
        ) from None


def load(settings: HuggingfaceData, _rule: Rule = "names") -> Dataset:
    """Read a dataset from disk, or from the Hub where it is not on disk yet.

    Raises:
        DataError: it cannot be loaded, has no such columns, or a split expression is wrong; images
            are unreadable, unless `on_error` is `skip`.
        RecipeError: the library is not installed.
    """
    check_installed()
    where = shown(settings.path)
    with _quiet():
        whole = _opened(settings, where)
        parts, problems = _parts(whole, settings, where)
        problems += _column_problems(whole, parts, settings, where)
        _raise_if(problems)
        tables = {name: _table(whole, found) for name, found in parts.items()}
        classes = _classes(tables["train"], settings)
        labels = {name: _labels(table, classes, settings) for name, table in tables.items()}
        problems = class_problems(classes, where) if settings.label else []
        for name, table in tables.items():
            problems += _label_problems(table, labels[name], name, settings, where)
        _raise_if(problems)
        decoded = {
            name: _decoded(table, labels[name], parts[name], settings)
            for name, table in tables.items()
        }
    notes = [*_absent(classes, labels["train"], where), *_shared(parts, where)]
    return of_decoded(decoded, classes, where, settings.on_error, tuple(notes))


def _raise_if(problems: list[str]) -> None:
    if problems:
        raise DataError("\n".join(dict.fromkeys(problems)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the bars and warnings of others from the screen, which has its own."""
    import datasets
    from huggingface_hub.utils import logging

    were_off, level = datasets.are_progress_bars_disabled(), logging.get_verbosity()
    datasets.disable_progress_bars()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if not were_off:
            datasets.enable_progress_bars()


def _opened(settings: HuggingfaceData, where: str) -> Mapping[str, Any]:
    """Return the splits that there are; a single file or table is `train`."""
    import datasets

    path, config = settings.path, settings.config
    local = path.is_absolute() or path.exists()
    if local:
        _check_files(path, where)
    saved = any((path / name).is_file() for name in ("dataset_dict.json", "state.json"))
    if config and (saved or path.is_file()):
        what = "a saved dataset" if saved else "a file"
        raise DataError(f"{where}: {what} has no configurations; leave data.config out")
    try:
        if saved:
            found = datasets.load_from_disk(str(path), keep_in_memory=False)
        elif path.is_file():
            kind = TABLES[path.suffix.lower()]
            found = datasets.load_dataset(kind, data_files=str(path), keep_in_memory=False)
        else:
            found = datasets.load_dataset(str(path), config, keep_in_memory=False)
    except Exception as error:  # the network, the Hub, the disk and the files can all fail
        if isinstance(error, ValueError):  # also where the configuration is not one that there is
            _check_configuration(path, config, where)
        reason = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
        hub = "" if local else "no such file or folder, and of the Hub: "
        raise DataError(f"{where}: {hub}{shown(reason[0].rstrip('.'))}; {EXPECTED}") from error
    return found if isinstance(found, dict) else {"train": found}


def _check_configuration(path: Path, config: str | None, where: str) -> None:
    """Refuse a name that a dataset does not have, or none where it has several."""
    import datasets

    try:
        names = datasets.get_dataset_config_names(str(path))
    except Exception:  # the caller says what was wrong before
        return
    if config not in names and (config or len(names) > 1):
        found = f"found {shown(repr(config)[:80])}" if config else "is missing"
        there = ", ".join(map(shown, names))
        raise DataError(f"{where}: data.config: {found}; the configurations are: {there}")


def _check_files(path: Path, where: str) -> None:
    """Refuse what would be waited for, and what is neither Parquet nor Arrow."""
    kind = what_is(path)
    if kind == "a file" and path.suffix.lower() not in TABLES:
        raise DataError(f"{where}: found a {path.suffix or 'file'}, {EXPECTED}; correct data.path")
    if kind not in ("a file", "a folder"):
        raise DataError(f"{where}: found {kind}, {EXPECTED}; correct data.path")
    files = [each for each in path.rglob("*") if not each.is_dir()]
    for each in files:
        if (found := what_is(each)) != "a file":
            raise DataError(f"{shown(each)}: found {found}, expected a file; remove it")
    if kind == "a folder" and not any(each.suffix.lower() in TABLES for each in files):
        raise DataError(f"{where}: no Parquet or Arrow file in this folder; correct data.path")


def _parts(
    whole: Mapping[str, Any], settings: HuggingfaceData, where: str
) -> tuple[dict[str, list[Part]], list[str]]:
    """Return what each split of a recipe consists of, and what is wrong with their expressions."""
    import datasets

    sizes = {name: len(table) for name, table in whole.items()}
    has = ", ".join(f"{shown(name)} ({count} images)" for name, count in sizes.items())
    parts, problems = {}, []
    for name, expression in settings.splits.model_dump().items():
        try:
            found = datasets.ReadInstruction.from_spec(expression).to_absolute(sizes)
            parts[name] = [Part(each.splitname, each.from_, each.to) for each in found]
            reason = "" if any(part.end > part.start for part in parts[name]) else "holds no image"
        except Exception as error:  # of expressions these are of several kinds
            reason = str(error).partition(". Should be")[0].strip().rstrip(".")
        if reason:
            problems.append(
                f"data.splits.{name}: {expression!r}: {reason}; {where} has {has}; write a part "
                "of it as train[:80%] or train[1000:]"
            )
    return parts, problems


def _column_problems(
    whole: Mapping[str, Any],
    parts: Mapping[str, list[Part]],
    settings: HuggingfaceData,
    where: str,
) -> list[str]:
    problems = []
    for split in sorted({part.split for found in parts.values() for part in found}):
        features = whole[split].features
        there = ", ".join(repr(name) for name in features)
        for key, fits in (("image", _holds_images), ("label", _holds_labels)):
            name = getattr(settings, key)
            if name is not None and name not in features:
                problems.append(f"{where}: no column {name!r} (data.{key}); there are: {there}")
            elif name is not None and not fits(features[name]):
                found = shown(str(features[name])[:80])
                problems.append(f"{where}: column {name!r} (data.{key}) holds no {key}s: {found}")
    return problems


def _holds_images(feature: Any) -> bool:
    import datasets

    if isinstance(feature, Mapping):  # as Image is stored, where nothing says that it is one
        return "bytes" in feature
    return isinstance(feature, datasets.Image) or getattr(feature, "dtype", None) in BYTES


def _holds_labels(feature: Any) -> bool:
    import datasets

    kind = str(getattr(feature, "dtype", ""))
    whole = kind in TEXTS or kind.startswith(("int", "uint"))
    return isinstance(feature, datasets.ClassLabel | datasets.Value) and whole


def _table(whole: Mapping[str, Any], parts: list[Part]) -> Any:
    import datasets

    found = [whole[part.split].select(range(part.start, part.end)) for part in parts]
    return datasets.concatenate_datasets(found).with_format(None)


def _values(table: Any, settings: HuggingfaceData) -> list[Any]:
    return table.select_columns([settings.label])[:][settings.label]


def _classes(train: Any, settings: HuggingfaceData) -> tuple[str, ...]:
    if settings.label is None:
        return (ONE_CLASS,)
    names = getattr(train.features[settings.label], "names", None)
    if names is not None:
        return tuple(map(shown, names))
    return in_order(str(value) for value in _values(train, settings) if value is not None)


def _labels(table: Any, classes: tuple[str, ...], settings: HuggingfaceData) -> list[int]:
    """Return the class of each row, -1 where it has none."""
    if settings.label is None:
        return [0] * len(table)
    values = _values(table, settings)
    if hasattr(table.features[settings.label], "names"):
        return [-1 if value is None or value >= len(classes) else value for value in values]
    number = {name: place for place, name in enumerate(classes)}
    return [number.get(str(value), -1) for value in values]


def _label_problems(
    table: Any, labels: list[int], name: str, settings: HuggingfaceData, where: str
) -> list[str]:
    wrong = [place for place, label in enumerate(labels) if label < 0]
    if not wrong:
        return []
    example = _values(table.select(wrong[:1]), settings)[0]
    return [
        f"{where}: {len(wrong)} of {len(labels)} images of data.splits.{name} have labels like "
        f"{example!r}, none of the classes; choose other data.splits"
    ]


def _decoded(
    table: Any, labels: list[int], parts: list[Part], settings: HuggingfaceData
) -> cache.Decoded:
    import datasets

    column = settings.image
    if isinstance(table.features[column], datasets.Image):
        table = table.cast_column(column, datasets.Image(decode=False))
    rows = table.select_columns([column])

    def samples() -> Iterator[cache.Encoded]:
        for place, (row, label) in enumerate(zip(rows, labels, strict=True)):
            yield cache.Encoded(f"image {place}", label, _content(row[column]))

    files = cache.fingerprint(Path(file["filename"]) for file in table.cache_files)
    identity = ["huggingface", str(settings.path), settings.config, column, parts, files, labels]
    shape = (*settings.image_size, settings.channels)
    return cache.decoded(identity, len(labels), shape, samples)


def _content(cell: Any) -> bytes | Path:
    """Return an image as it is stored: in the table, or as a file that the table names."""
    if isinstance(cell, Mapping):
        cell = cell.get("bytes") or Path(cell.get("path") or "")
    return b"" if cell in (None, Path()) else cell


def _absent(classes: tuple[str, ...], labels: list[int], where: str) -> list[str]:
    """Say which classes cannot be learned: files sorted by class make such parts."""
    present = set(labels)
    absent = [name for place, name in enumerate(classes) if place not in present]
    return [f"{where}: data.splits.train has no image of {', '.join(absent)}"] if absent else []


def _shared(parts: Mapping[str, list[Part]], where: str) -> list[str]:
    """Say which splits have images in common, a line each."""
    notes = []
    for first, second in combinations(parts, 2):
        count = sum(
            max(0, min(ours.end, theirs.end) - max(ours.start, theirs.start))
            for ours in parts[first]
            for theirs in parts[second]
            if ours.split == theirs.split
        )
        if count:
            both = f"data.splits.{first} and in data.splits.{second}"
            notes.append(f"{where}: {count} images are in {both}")
    return notes
