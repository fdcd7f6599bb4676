"""The `folder` source: a folder of images for each class, in one for each split where there is.

Files are only ever read. Hidden files and files without an image's extension are passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from specnet.data import cache
from specnet.data.dataset import Dataset, Shape, Unreadable, class_problems
from specnet.data.images import EXTENSIONS
from specnet.data.splitting import cut
from specnet.errors import DataError
from specnet.schema import FolderData

NAMES = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}
SHOWN = 20  # unreadable files that a message lists

Labelled = tuple[Path, int]


@dataclass(frozen=True)
class Listing:
    """The files of each split that has a folder, and what is wrong with the folders."""

    classes: tuple[str, ...]
    files: dict[str, list[Labelled]]
    problems: list[str]


def load(settings: FolderData) -> Dataset:
    """Read `root/<class>/<image>` or `root/<train, validation or val, test>/<class>/<image>`.

    Raises:
        DataError: folders missing, empty or of the wrong form; files unreadable, unless
            `on_error` is `skip`.
    """
    root = settings.path.expanduser()
    listing = _list(root) if settings.labelled else _unlabelled(root)
    if listing.problems:
        raise DataError("\n".join(listing.problems))
    files = _with_missing_splits(listing, settings)
    shape = (*settings.image_size, settings.channels)
    splits = {name: _decode(files[name], root, shape) for name in NAMES}
    unreadable = tuple(row for decoded in splits.values() for row in decoded.unreadable)
    if unreadable and settings.on_error == "fail":
        raise DataError(_describe(unreadable, root))
    parts = {name: decoded.split for name, decoded in splits.items()}
    dataset = Dataset.of(parts, listing.classes, unreadable)
    _check_classes_left(dataset, root)
    return dataset


def _unlabelled(root: Path) -> Listing:
    """All images below the root, of one class."""
    images, others = _images(root) if root.is_dir() else ([], 0)
    problems = [] if images else [f"{root}: no images ({others} other files); correct data.path"]
    return Listing(("image",), {"train": [(path, 0) for path in images]}, problems)


def _list(root: Path) -> Listing:
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        message = f"{root}: found {found}, expected a folder with one folder for each class"
        return Listing((), {}, [f"{message}; correct data.path"])
    folders, problems = _split_folders(root)
    classes = tuple(path.name for path in _subfolders(folders["train"]))
    if not classes:
        return Listing((), {}, [_no_class_folders(folders["train"])])
    problems += class_problems(classes, str(folders["train"]))
    files = {}
    for name, folder in folders.items():
        files[name], wrong = _labelled(folder, classes)
        problems += wrong
    return Listing(classes, files, problems)


def _split_folders(root: Path) -> tuple[dict[str, Path], list[str]]:
    present = {path.name: path for path in _subfolders(root)}
    if "train" not in present:
        return {"train": root}, []
    folders, problems = {}, []
    for split, names in NAMES.items():
        found = [present.pop(name) for name in names if name in present]
        if len(found) > 1:
            problems.append(f"{root}: holds both {' and '.join(names)}; keep one of them")
        if found:
            folders[split] = found[0]
    if present:
        others = ", ".join(sorted(present))
        problems.append(f"{root}: holds train beside {others}; expected only train, val and test")
    return folders, problems


def _subfolders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _labelled(folder: Path, classes: tuple[str, ...]) -> tuple[list[Labelled], list[str]]:
    files: list[Labelled] = []
    problems = []
    for class_folder in _subfolders(folder):
        images, passed_over = _images(class_folder)
        if class_folder.name not in classes:
            problems.append(f"{class_folder}: this class has no folder in train")
        elif not images:
            problems.append(f"{class_folder}: no images ({passed_over} other files)")
        else:
            files += ((path, classes.index(class_folder.name)) for path in images)
    return files, problems


def _images(folder: Path) -> tuple[list[Path], int]:
    """Return the image files at any depth, and how many other files were passed over."""
    files = [path for path in sorted(folder.rglob("*")) if not path.is_dir()]
    images = [path for path in files if _is_image(path.relative_to(folder))]
    return images, len(files) - len(images)


def _is_image(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.suffix.lower() in EXTENSIONS


def _no_class_folders(folder: Path) -> str:
    images, others = _images(folder)
    return (
        f"{folder}: found {len(images)} images and {others} other files but no folders; "
        "expected one folder for each class, with its images inside; "
        "an autoencoder needs none with data.labelled: false"
    )


def _with_missing_splits(listing: Listing, settings: FolderData) -> dict[str, list[Labelled]]:
    shares = {"validation": settings.validation, "test": settings.test}
    missing = {name: share for name, share in shares.items() if name not in listing.files}
    train = listing.files["train"]
    parts = cut(np.array([label for _, label in train]), missing)
    return listing.files | {name: [train[i] for i in rows] for name, rows in parts.items()}


def _decode(files: list[Labelled], root: Path, shape: Shape) -> cache.Decoded:
    def samples() -> Iterator[cache.Encoded]:
        return (cache.Encoded(str(path), label, path) for path, label in files)

    labels = [label for _, label in files]
    marks = cache.fingerprint(path for path, _ in files)
    return cache.decoded(["folder", str(root.resolve()), marks, labels], len(files), shape, samples)


def _describe(unreadable: tuple[Unreadable, ...], root: Path) -> str:
    lines = [f"{root}: {len(unreadable)} files cannot be read:"]
    lines += [f"  {path}: {reason}" for path, reason in unreadable[:SHOWN]]
    if len(unreadable) > SHOWN:
        lines.append(f"  and {len(unreadable) - SHOWN} more")
    return "\n".join([*lines, "mend or remove them, or set data.on_error to skip"])


def _check_classes_left(dataset: Dataset, root: Path) -> None:
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.classes))
    empty = [name for name, count in zip(dataset.classes, counts, strict=True) if not count]
    if empty:
        names = ", ".join(empty)
        raise DataError(f"{root}: no readable image to train on is left of the class {names}")
