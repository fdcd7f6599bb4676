"""The `folder` source: a folder of images for each class, in one for each split where there is.

Files are only ever read. Those that are hidden or no images are left out, and counted.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from specnet.data import cache
from specnet.data.dataset import Dataset, Shape, Unreadable
from specnet.data.image_files import absolute, shown
from specnet.data.listing import (
    SPLITS,
    Labelled,
    Listing,
    classes_of,
    everything,
    is_folder,
    what_is,
)
from specnet.data.splitting import Rule, cut, cut_by_order
from specnet.errors import DataError
from specnet.recipe.schema import FolderData

SHOWN = 20  # unreadable files that a message lists


def load(settings: FolderData, rule: Rule = "names") -> Dataset:
    """Read `root/<class>/<image>` or `root/<train, validation or val, test>/<class>/<image>`.

    Raises:
        DataError: folders missing, empty or of the wrong form; files unreadable, unless
            `on_error` is `skip`.
    """
    root = absolute(settings.path)
    listing = _list(root, rule) if settings.labelled else everything(root, rule)
    if listing.problems:
        raise DataError("\n".join(listing.problems))
    files = _with_missing_splits(listing, settings, root, rule)
    shape = (*settings.image_size, settings.channels)
    splits = {name: _decode(files[name], root, shape) for name in SPLITS}
    unreadable = tuple(row for decoded in splits.values() for row in decoded.unreadable)
    if unreadable and settings.on_error == "fail":
        raise DataError(_describe(unreadable, root))
    notes = [*listing.notes, *(decoded.note for decoded in splits.values() if decoded.note)]
    if unreadable:
        notes.append(f"{shown(root)}: left out {len(unreadable)} files that cannot be read")
    dataset = Dataset.of(
        {name: decoded.split for name, decoded in splits.items()},
        listing.classes,
        skipped=unreadable,
        notes=tuple(dict.fromkeys(notes)),
        rule=rule,
    )
    _check_classes_left(dataset, root)
    return dataset


def _list(root: Path, rule: Rule) -> Listing:
    if not is_folder(root):
        message = f"found {what_is(root)}, expected a folder with one folder for each class"
        return Listing((), {}, [f"{shown(root)}: {message}; correct data.path"])
    return classes_of(root, rule)


def _with_missing_splits(
    listing: Listing, settings: FolderData, root: Path, rule: Rule
) -> dict[str, list[Labelled]]:
    shares = {"validation": settings.validation, "test": settings.test}
    missing = {name: share for name, share in shares.items() if name not in listing.files}
    train = listing.files["train"]
    labels = np.array([label for _, label in train])
    if rule == "order":
        parts = cut_by_order(labels, missing)
    else:  # by names that stay when the classes are moved, or put into a folder train
        base = listing.train or root
        names = [os.fsencode(path.relative_to(base).as_posix()) for path, _ in train]
        parts = cut(labels, missing, names)
    return listing.files | {name: [train[i] for i in rows] for name, rows in parts.items()}


def _decode(files: list[Labelled], root: Path, shape: Shape) -> cache.Decoded:
    def samples() -> Iterator[cache.Encoded]:
        return (
            cache.Encoded(path.relative_to(root).as_posix(), label, path) for path, label in files
        )

    labels = [label for _, label in files]
    marks = cache.fingerprint(path for path, _ in files)
    identity = ["folder", str(root), str(root.resolve()), marks, labels]
    found = cache.decoded(identity, len(files), shape, samples)
    named = tuple(Unreadable(shown(root / path), shown(why)) for path, why in found.unreadable)
    return found._replace(unreadable=named)


def _describe(unreadable: tuple[Unreadable, ...], root: Path) -> str:
    lines = [f"{shown(root)}: {len(unreadable)} files cannot be read:"]
    lines += [f"  {path}: {reason}" for path, reason in unreadable[:SHOWN]]
    if len(unreadable) > SHOWN:
        lines.append(f"  and {len(unreadable) - SHOWN} more")
    return "\n".join([*lines, "mend or remove them, or set data.on_error to skip"])


def _check_classes_left(dataset: Dataset, root: Path) -> None:
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.classes))
    empty = [name for name, count in zip(dataset.classes, counts, strict=True) if not count]
    if empty:
        names = ", ".join(empty)
        raise DataError(
            f"{shown(root)}: no readable image to train on is left of the class {names}"
        )
