"""The `npz` source: arrays of images and labels in one .npz file. It needs no TensorFlow."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from specnet.data.archive import Archive, Declared
from specnet.data.dataset import Dataset, Shape, Split, class_problems
from specnet.data.image_files import absolute, shown
from specnet.data.images import from_array
from specnet.data.splitting import Rule, cut, cut_by_order
from specnet.environment import beyond_memory, shown_bytes
from specnet.errors import DataError
from specnet.recipe.array_data import ArrayFile
from specnet.recipe.schema import NpzData

NAMES = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}
HALF_A_LEVEL = 0.5 / 255  # so far beyond [0, 1] floats are rounded to the same grey level
CHUNK = 256  # images that are converted at once


@dataclass(frozen=True)
class Pair:
    """Images and labels of a split as stored, with the names they have in the file."""

    split: str
    images: np.ndarray
    labels: np.ndarray
    suffix: str


@dataclass(frozen=True)
class Form:
    """What a source takes of a file, and what it makes of it.

    Attributes:
        problems: of an array by its shape and dtype, before it is read.
        value_problems: of the numbers in it.
        notes: what is allowed and likely a mistake.
        of_recipe: the arrays as the recipe asks for them.
        bytes_each: what one of these takes.
    """

    problems: Callable[[Declared], list[str]]
    value_problems: Callable[[Pair], list[str]]
    notes: Callable[[Pair], list[str]]
    of_recipe: Callable[[Pair], np.ndarray]
    bytes_each: int


def load(settings: NpzData, rule: Rule = "names") -> Dataset:
    """Read `x_train`, `y_train` and, where they are there, `x_validation` (or `x_val`), `x_test`.

    Images are (N, H, W) or (N, H, W, 1 or 3), uint8 or float in [0, 1]; labels are whole numbers
    (N,) or (N, 1) from 0, or one-hot (N, K). Missing splits are cut by a hash of each image, which
    takes the place of a name.

    Raises:
        DataError: the file cannot be read, or its arrays have the wrong names, types or values.
    """
    return read(settings, form_of(settings), rule)


def form_of(settings: NpzData) -> Form:
    """Images, scaled to those of the recipe."""
    shape = (*settings.image_size, settings.channels)
    return Form(
        _image_problems, _grey_problems, _notes, lambda pair: _images(pair, shape), prod(shape)
    )


def read(settings: NpzData | ArrayFile, form: Form, rule: Rule) -> Dataset:
    """Read arrays of this form, and the labels that go with them, cut into splits.

    Raises:
        DataError: as `load` does.
    """
    archive, names = check_arrays(settings, form)  # before anything large is read
    where = shown(absolute(settings.path))
    pairs = [
        Pair(split, archive.read(f"x_{suffix}"), archive.read(f"y_{suffix}"), suffix)
        for split, suffix in names.items()
    ]
    _raise_if([problem for pair in pairs for problem in _value_problems(pair, form)], where)
    _raise_if(_class_problems(pairs), where)
    splits: dict[str, Split] = {}
    for pair in pairs:
        splits |= _splits(pair, form.of_recipe(pair), settings, names, rule)
    classes = tuple(map(str, range(_class_count(pairs[0].labels))))
    notes = tuple(f"{where}: {note}" for pair in pairs for note in form.notes(pair))
    return Dataset.of(splits, classes, notes=notes, rule=rule)


def check_arrays(settings: NpzData | ArrayFile, form: Form) -> tuple[Archive, dict[str, str]]:
    """The file and the names of its arrays; DataError where those or their types are wrong."""
    path = absolute(settings.path)
    archive = Archive(path)
    names, problems = _names(archive.headers)
    problems += _declared_problems(archive.headers, names, form)
    _raise_if(problems, shown(path))
    _raise_if(_memory_problems(archive.headers, names, form), shown(path))
    return archive, names


def _raise_if(problems: list[str], where: str) -> None:
    if problems:
        raise DataError("\n".join(f"{where}: {shown(problem)}" for problem in problems))


def _names(headers: dict[str, Declared]) -> tuple[dict[str, str], list[str]]:
    """Match images with labels; say what is missing and what is not understood.

    Returns:
        The suffix of the arrays of each split, and problems.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    unknown = set(headers)
    for split, suffixes in NAMES.items():
        for suffix in suffixes:
            names = (f"x_{suffix}", f"y_{suffix}")
            present = [name for name in names if name in headers]
            unknown -= set(present)
            if len(present) == 2 and split in found:
                problems.append(f"holds both x_{found[split]} and x_{suffix}; keep one of them")
            elif len(present) == 2:
                found[split] = suffix
            elif present or suffix == "train":
                problems += [f"no array {name}" for name in names if name not in headers]
    if unknown:
        problems.append(f"unknown arrays {', '.join(sorted(unknown))}; {_expected()}")
    return found, problems


def _expected() -> str:
    return "expected x_train, y_train and the same for validation (or val) and test"


def _declared_problems(
    headers: dict[str, Declared], names: dict[str, str], form: Form
) -> list[str]:
    """Say what is wrong with shapes and dtypes."""
    problems = []
    for suffix in names.values():
        x, y = f"x_{suffix}", f"y_{suffix}"
        images, labels = headers[x], headers[y]
        problems += [f"{x}: {problem}" for problem in form.problems(images)]
        problems += [f"{y}: {problem}" for problem in _label_problems(labels)]
        lengths = [each.shape[0] if each.shape else 1 for each in (images, labels)]
        if lengths[0] != lengths[1]:
            problems.append(
                f"{x} and {y} have {lengths[0]} and {lengths[1]} entries; expected as many"
            )
    return problems


def _memory_problems(headers: dict[str, Declared], names: dict[str, str], form: Form) -> list[str]:
    """Say how much more than the memory is needed, at least: what is stored, and what is made."""
    stored = sum(prod(each.shape) * each.dtype.itemsize for each in headers.values())
    made = sum(
        each.shape[0] * form.bytes_each
        for each in (headers[f"x_{suffix}"] for suffix in names.values())
        if prod(each.shape[1:]) * each.dtype.itemsize != form.bytes_each  # else they are taken
    )
    excess = beyond_memory(stored + made)
    if not excess:
        return []
    return [
        f"its {shown_bytes(stored)} of arrays, and {shown_bytes(made)} of what the recipe asks "
        f"for, {excess}; store fewer or smaller numbers. Images may be files too (data.source: "
        "folder), which are read from the disk"
    ]


def _image_problems(images: Declared) -> list[str]:
    shape, dtype = images.shape, images.dtype
    if not (len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3))):
        return [f"shape {shape}; expected (N, H, W) or (N, H, W, 1 or 3), channels last"]
    if 0 in shape:
        return [f"shape {shape}: there is no image in it"]
    if dtype == np.uint8 or np.issubdtype(dtype, np.floating):
        return []
    return [f"dtype {dtype}; expected uint8, or float in [0, 1]"]


def _label_problems(labels: Declared) -> list[str]:
    shape, dtype = labels.shape, labels.dtype
    if len(shape) not in (1, 2) or (len(shape) == 2 and shape[1] == 0):
        return [f"shape {shape}; expected (N,), or one-hot (N, classes)"]
    if dtype.hasobject:
        return ["dtype object, which can hold a program; expected integers: store y.astype(int)"]
    if not _is_number(dtype):
        return [f"dtype {dtype}; expected integers, or one-hot rows"]
    return []


def _is_number(dtype: np.dtype) -> bool:
    kinds = (np.bool_, np.integer, np.floating)
    return any(np.issubdtype(dtype, kind) for kind in kinds)


def _value_problems(pair: Pair, form: Form) -> list[str]:
    """Say what is wrong with the values of arrays of the right shapes and dtypes."""
    problems = [f"x_{pair.suffix}: {problem}" for problem in form.value_problems(pair)]
    return problems + [f"y_{pair.suffix}: {problem}" for problem in _number_problems(pair.labels)]


def _grey_problems(pair: Pair) -> list[str]:
    if pair.images.dtype != np.uint8:
        low, high = pair.images.min(), pair.images.max()
        if not (low >= -HALF_A_LEVEL and high <= 1 + HALF_A_LEVEL):  # so with NaN too
            return [
                f"floats from {low:g} to {high:g}; expected [0, 1]: divide by 255, or store uint8"
            ]
    return []


def _number_problems(labels: np.ndarray) -> list[str]:
    if _is_one_hot(labels):
        return []
    if labels.ndim == 2 and labels.shape[1] > 1:
        return [f"shape {labels.shape}, but not every row holds a single 1 and zeros"]
    if labels.dtype.kind == "f":
        broken = labels[~np.isfinite(labels) | (labels != np.rint(labels))]
        if len(broken):
            return [f"holds {broken[0]:g}; expected integers, or one-hot rows"]
    if labels.min() < 0:
        return [f"label {labels.min():g}; expected 0 or more"]
    return []


def _notes(pair: Pair) -> list[str]:
    """Say what is allowed and likely a mistake."""
    if pair.images.dtype == np.uint8 and pair.images.max() <= 1:
        return [
            f"x_{pair.suffix}: the largest grey level is {pair.images.max()} of 255, all but "
            "black; are these floats from 0 to 1 that were stored as integers?"
        ]
    return []


def _is_one_hot(labels: np.ndarray) -> bool:
    if labels.ndim != 2 or labels.shape[1] < 2:
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _class_count(train: np.ndarray) -> int:
    return train.shape[1] if _is_one_hot(train) else int(train.max()) + 1


def _class_problems(pairs: Sequence[Pair]) -> list[str]:
    count = _class_count(pairs[0].labels)
    present = np.unique(_numbers(pairs[0].labels))
    if count == 1:
        return class_problems(("0",), "y_train")
    problems = []
    if len(present) < count:  # never a list of all: a single label may be 2**32 - 1
        absent = int(np.append(present != np.arange(len(present)), True).argmax())
        problems.append(
            f"y_train: no image of class {absent}; expected all of 0 to {count - 1}"
            + (", which may stand for -1" if count == 1 << (count - 1).bit_length() >= 256 else "")
        )
    for pair in pairs[1:]:
        largest = int(_numbers(pair.labels).max())
        columns = pair.labels.shape[1] if _is_one_hot(pair.labels) else count
        if largest >= count:
            problems.append(f"y_{pair.suffix}: label {largest}, but y_train has {count} classes")
        elif columns != count:
            problems.append(
                f"y_{pair.suffix}: one-hot of {columns} classes, but y_train has {count} classes"
            )
    return problems


def _numbers(labels: np.ndarray) -> np.ndarray:
    """Return the number of each class, of any type and size."""
    return labels.argmax(axis=1) if _is_one_hot(labels) else labels.reshape(-1)


def _splits(
    pair: Pair,
    images: np.ndarray,
    settings: NpzData | ArrayFile,
    names: dict[str, str],
    rule: Rule,
) -> dict[str, Split]:
    """Return the split of a pair, and with that of training those that are cut off."""
    labels = _numbers(pair.labels).astype(np.int32)
    marks = _marks(pair.images)
    rows = {pair.split: np.arange(len(labels))}
    if pair.split == "train":
        shares = {"validation": settings.validation, "test": settings.test}
        missing = {name: share for name, share in shares.items() if name not in names}
        if missing and rule == "order":
            rows = cut_by_order(labels, missing)
        elif missing:
            rows = cut(labels, missing, marks)
    whole = len(rows) == 1
    return {
        name: Split(
            images if whole else images[chosen],
            labels if whole else labels[chosen],
            _digest([marks[i] for i in chosen], labels[chosen]),
        )
        for name, chosen in rows.items()
    }


def _marks(images: np.ndarray) -> list[bytes]:
    """Return what stands for the name of each image: a hash, and which of equal ones it is."""
    seen: Counter[bytes] = Counter()
    marks = []
    for image in images:
        digest = hashlib.sha256(image.tobytes()).digest()
        marks.append(digest + seen[digest].to_bytes(8))
        seen[digest] += 1
    return marks


def _digest(marks: list[bytes], labels: np.ndarray) -> str:
    return hashlib.sha256(b"".join(marks) + labels.astype("<i4").tobytes()).hexdigest()


def _images(pair: Pair, shape: Shape) -> np.ndarray:
    images = pair.images if pair.images.ndim == 4 else pair.images[..., None]
    if images.dtype == np.uint8 and images.shape[1:] == shape:
        return np.ascontiguousarray(images)  # MATLAB's are not, and OpenCV takes no others
    found = np.empty((len(images), *shape), np.uint8)
    for start in range(0, len(images), CHUNK):  # floats take several times as much
        chunk = images[start : start + CHUNK]
        if chunk.dtype != np.uint8:
            chunk = np.rint(chunk.clip(0, 1) * 255).astype(np.uint8)
        found[start : start + CHUNK] = [from_array(image, shape) for image in chunk]
    return found
