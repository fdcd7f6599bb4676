"""The `npz` source: arrays of images and labels in one .npz file. It needs no TensorFlow."""

import zipfile
from dataclasses import dataclass

import numpy as np

from specnet.data.dataset import Dataset, Shape, Split, class_problems
from specnet.data.images import from_array
from specnet.data.splitting import cut
from specnet.errors import DataError
from specnet.schema import NpzData

NAMES = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Pair:
    """Images and labels of a split as stored, with the names they have in the file."""

    split: str
    images: np.ndarray
    labels: np.ndarray
    suffix: str


def load(settings: NpzData) -> Dataset:
    """Read `x_train`, `y_train` and, where they are there, `x_validation` (or `x_val`), `x_test`.

    Images are (N, H, W) or (N, H, W, 1 or 3), uint8 or float in [0, 1]; labels are integers (N,)
    from 0, or one-hot (N, K).

    Raises:
        DataError: the file cannot be read, or its arrays have the wrong names, types or values.
    """
    where = str(settings.path)
    pairs, problems = _pairs(_read(settings))
    problems += [problem for pair in pairs for problem in _pair_problems(pair)]
    _raise_if(problems, where)
    count = _class_count(pairs)
    _raise_if(_class_problems(pairs, count), where)
    shape = (*settings.image_size, settings.channels)
    splits = {pair.split: Split(_images(pair, shape), _labels(pair)) for pair in pairs}
    splits |= _missing_splits(splits, settings)
    return Dataset.of(splits, tuple(map(str, range(count))))


def _read(settings: NpzData) -> Arrays:
    path = settings.path.expanduser()
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}; correct data.path") from error
    except (ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: not a .npz file of plain arrays ({error}); "
            "write it with numpy.savez(path, x_train=..., y_train=...)"
        ) from error


def _raise_if(problems: list[str], where: str) -> None:
    if problems:
        raise DataError("\n".join(f"{where}: {problem}" for problem in problems))


def _pairs(arrays: Arrays) -> tuple[list[Pair], list[str]]:
    """Match images with labels; say what is missing and what is not understood."""
    pairs, problems = [], []
    unknown = set(arrays)
    for split, suffixes in NAMES.items():
        for suffix in suffixes:
            names = (f"x_{suffix}", f"y_{suffix}")
            present = [name for name in names if name in arrays]
            unknown -= set(present)
            if len(present) == 2:
                pairs.append(Pair(split, arrays[names[0]], arrays[names[1]], suffix))
            elif present or suffix == "train":
                problems += [f"no array {name}" for name in names if name not in arrays]
    if unknown:
        problems.append(f"unknown arrays {', '.join(sorted(unknown))}; {_expected()}")
    if {"val", "validation"} <= {pair.suffix for pair in pairs}:
        problems.append("holds both x_val and x_validation; keep one of them")
    return pairs, problems


def _expected() -> str:
    return "expected x_train, y_train and the same for validation (or val) and test"


def _pair_problems(pair: Pair) -> list[str]:
    x, y = f"x_{pair.suffix}", f"y_{pair.suffix}"
    problems = [f"{x}: {problem}" for problem in _image_problems(pair.images)]
    problems += [f"{y}: {problem}" for problem in _label_problems(pair.labels)]
    if len(np.atleast_1d(pair.images)) != len(np.atleast_1d(pair.labels)):
        lengths = f"{len(np.atleast_1d(pair.images))} and {len(np.atleast_1d(pair.labels))}"
        problems.append(f"{x} and {y} have {lengths} entries; expected as many")
    return problems


def _image_problems(images: np.ndarray) -> list[str]:
    if not (images.ndim == 3 or (images.ndim == 4 and images.shape[3] in (1, 3))):
        return [f"shape {images.shape}; expected (N, H, W) or (N, H, W, 1 or 3), channels last"]
    if images.size == 0:
        return [f"shape {images.shape}: there is no image in it"]
    if images.dtype == np.uint8:
        return []
    if not np.issubdtype(images.dtype, np.floating):
        return [f"dtype {images.dtype}; expected uint8, or float in [0, 1]"]
    low, high = images.min(), images.max()
    if low >= 0 and high <= 1:  # false for NaN too
        return []
    return [f"floats from {low:g} to {high:g}; expected [0, 1]: divide by 255, or store uint8"]


def _label_problems(labels: np.ndarray) -> list[str]:
    if _is_one_hot(labels):
        return []
    if labels.ndim == 2 and labels.shape[1] > 1:
        return [f"shape {labels.shape}, but not every row holds a single 1 and zeros"]
    if labels.size != len(np.atleast_1d(labels)):
        return [f"shape {labels.shape}; expected (N,), or one-hot (N, classes)"]
    if not np.issubdtype(labels.dtype, np.integer):
        return [f"dtype {labels.dtype}; expected integers, or one-hot rows"]
    if labels.size and labels.min() < 0:
        return [f"label {labels.min()}; expected 0 or more"]
    return []


def _is_one_hot(labels: np.ndarray) -> bool:
    if labels.ndim != 2 or labels.shape[1] < 2 or not np.issubdtype(labels.dtype, np.number):
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _class_count(pairs: list[Pair]) -> int:
    train = pairs[0].labels
    return train.shape[1] if _is_one_hot(train) else int(train.max()) + 1


def _class_problems(pairs: list[Pair], count: int) -> list[str]:
    problems = class_problems(tuple(map(str, range(count))), "y_train")
    absent = sorted(set(range(count)) - set(_labels(pairs[0]).tolist()))
    if absent and not problems:
        problems.append(f"y_train: no image of class {absent[0]}; expected all of 0 to {count - 1}")
    for pair in pairs[1:]:
        if (largest := _labels(pair).max()) >= count:
            problems.append(f"y_{pair.suffix}: label {largest}, but y_train has {count} classes")
    return problems


def _labels(pair: Pair) -> np.ndarray:
    labels = pair.labels.argmax(axis=1) if _is_one_hot(pair.labels) else pair.labels.reshape(-1)
    return labels.astype(np.int32)


def _images(pair: Pair, shape: Shape) -> np.ndarray:
    images = pair.images if pair.images.ndim == 4 else pair.images[..., None]
    if images.dtype != np.uint8:
        images = np.rint(images * 255).astype(np.uint8)
    if images.shape[1:] == shape:
        return images
    return np.stack([from_array(image, shape) for image in images])


def _missing_splits(splits: dict[str, Split], settings: NpzData) -> dict[str, Split]:
    shares = {"validation": settings.validation, "test": settings.test}
    missing = {name: share for name, share in shares.items() if name not in splits}
    if not missing:
        return {}
    train = splits["train"]
    parts = cut(train.labels, missing)
    return {name: Split(train.images[rows], train.labels[rows]) for name, rows in parts.items()}
