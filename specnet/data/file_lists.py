"""From files with labels to a dataset: missing splits cut, images decoded, unreadable ones told.

All that sources have in common whose images are single files.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from specnet.data import cache
from specnet.data.dataset import Dataset, Shape, Unreadable
from specnet.data.image_files import shown
from specnet.data.listing import SPLITS, Labelled, Listing
from specnet.data.splitting import Rule, cut, cut_by_order
from specnet.errors import DataError
from specnet.messages import counted
from specnet.recipe.schema import CsvData, FolderData

SHOWN = 20  # unreadable files that a message lists


def read_files(listing: Listing, root: Path, settings: FolderData | CsvData, rule: Rule) -> Dataset:
    """Read the files of a listing; their names are relative to `root`.

    Raises:
        DataError: what is wrong with the listing; files unreadable, unless `on_error` is `skip`.
    """
    if listing.problems:
        raise DataError("\n".join(listing.problems))
    files = _with_missing_splits(listing, settings, root, rule)
    shape = (*settings.image_size, settings.channels)
    splits = {name: _decode(files[name], root, shape) for name in SPLITS}
    where = shown(root)
    dataset = of_decoded(splits, listing.classes, where, settings.on_error, listing.notes, rule)
    _check_classes_left(dataset, where)
    return dataset


def of_decoded(
    splits: Mapping[str, cache.Decoded],
    classes: tuple[str, ...],
    where: str,
    on_error: Literal["fail", "skip"],
    notes: tuple[str, ...] = (),
    rule: Rule = "names",
) -> Dataset:
    """Return the dataset of decoded splits, what is unreadable left out if `on_error` is `skip`.

    Raises:
        DataError: with the unreadable images.
    """
    unreadable = tuple(row for decoded in splits.values() for row in decoded.unreadable)
    if unreadable and on_error == "fail":
        raise DataError(_describe(unreadable, where))
    told = [*notes, *(decoded.note for decoded in splits.values() if decoded.note)]
    if unreadable:
        told.append(f"{where}: left out {len(unreadable)} files that cannot be read")
    return Dataset.of(
        {name: decoded.split for name, decoded in splits.items()},
        classes,
        skipped=unreadable,
        notes=tuple(dict.fromkeys(told)),
        rule=rule,
    )


def _with_missing_splits(
    listing: Listing, settings: FolderData | CsvData, root: Path, rule: Rule
) -> dict[str, list[Labelled]]:
    shares = {"validation": settings.validation, "test": settings.test}
    missing = {name: share for name, share in shares.items() if name not in listing.files}
    train = listing.files["train"]
    labels = np.array([label for _, label in train])
    if rule == "order":
        parts = cut_by_order(labels, missing)
    else:  # by names that stay when the classes are moved, or put into a folder train
        base = listing.train or root
        names = [os.fsencode(_name(path, base)) for path, _ in train]
        parts = cut(labels, missing, names)
    return listing.files | {name: [train[i] for i in rows] for name, rows in parts.items()}


def _name(path: Path, base: Path) -> str:
    return Path(os.path.relpath(path, base)).as_posix()  # a table may lie beside its images


def _decode(files: list[Labelled], root: Path, shape: Shape) -> cache.Decoded:
    def samples() -> Iterator[cache.Encoded]:
        return (cache.Encoded(_name(path, root), label, path) for path, label in files)

    labels = [label for _, label in files]
    marks = cache.fingerprint(path for path, _ in files)
    identity = ["folder", str(root), str(root.resolve()), marks, labels]
    found = cache.decoded(identity, len(files), shape, samples)
    named = tuple(Unreadable(shown(root / path), shown(why)) for path, why in found.unreadable)
    return found._replace(unreadable=named)


def _describe(unreadable: tuple[Unreadable, ...], where: str) -> str:
    lines = [f"{where}: {counted(len(unreadable), 'file')} cannot be read:"]
    lines += [f"  {path}: {reason}" for path, reason in unreadable[:SHOWN]]
    if len(unreadable) > SHOWN:
        lines.append(f"  and {len(unreadable) - SHOWN} more")
    return "\n".join([*lines, "mend or remove them, or set data.on_error to skip"])


def _check_classes_left(dataset: Dataset, where: str) -> None:
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.classes))
    empty = [name for name, count in zip(dataset.classes, counts, strict=True) if not count]
    if empty:
        names = ", ".join(empty)
        raise DataError(f"{where}: no readable image to train on is left of the class {names}")
