"""What every source returns, a `Dataset` of three `Split`s, and the checks it must pass."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from specnet.data.splitting import Rule
from specnet.errors import DataError

# N images, H height, W width, C channels
Shape = tuple[int, int, int]  # (H, W, C) of one image


class Unreadable(NamedTuple):
    """An image that could not be decoded, and why."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Split:
    """Images of one purpose.

    Attributes:
        images: uint8 (N, H, W, C); may be a read-only memory map, so copy before changing it. In
            their place signals (N, T, C) or volumes (N, D, H, W, C), float32.
        labels: int32 (N,), indices into `Dataset.classes`.
        digest: of the names, labels and contents of the samples, whatever their size when decoded;
            empty if unknown.
    """

    images: np.ndarray
    labels: np.ndarray
    digest: str = ""

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """The images of a recipe.

    Attributes:
        skipped: images left out because they could not be read.
        notes: what a user should know of what was read or left out, a line each.
        rule: how splits were cut that the source does not have itself.
    """

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    skipped: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    rule: Rule = "names"

    @classmethod
    def of(
        cls,
        splits: Mapping[str, Split],
        classes: tuple[str, ...],
        **more: Any,
    ) -> "Dataset":
        """Build a dataset from splits under the names `train`, `validation` and `test`."""
        return cls(splits["train"], splits["validation"], splits["test"], classes, **more)


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return different labels in order: of numbers if all are whole ones, else of text."""
    found = sorted(set(labels))
    if all(re.fullmatch(r"-?[0-9]{1,18}", label) for label in found):
        found.sort(key=int)
    return tuple(found)


def class_problems(classes: tuple[str, ...], where: str) -> list[str]:
    """Say what is wrong with the classes found at `where`: nothing can be learned of one."""
    if len(classes) >= 2:
        return []
    found = f"one class only ({classes[0]!r})" if classes else "no class"
    return [f"{where}: found {found}; at least two are needed"]


def check(dataset: Dataset, batch_size: int) -> None:
    """Refuse a dataset that cannot be trained on: a training batch and a validation image at least.

    Raises:
        DataError: with the number of images and the batch size that would do.
    """
    for name in ("train", "validation"):
        check_not_empty(dataset, name)
    count = len(dataset.train)
    if count < batch_size:
        raise DataError(
            f"data: the train split has {count} images, less than one batch of {batch_size}; "
            f"set training.batch_size to {count} or less, or add images"
        )


def check_not_empty(dataset: Dataset, split: str) -> None:
    """Refuse an empty split; DataError says which."""
    if not len(getattr(dataset, split)):
        raise DataError(f"data: the {split} split is empty; give it images or a share of them")
