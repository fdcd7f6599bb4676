"""Cutting validation and test images from the training ones, where a source has no such split.

An image goes by a hash of its name: test images have the smallest, validation images the largest.
So an image added or removed moves no other one. Only where a class would have no image in a split
does the next one fill in, and move back when there are others.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from specnet.errors import DataError

Rule = Literal["names", "order"]  # `order` is that of versions which did not look at names
SEED = 0  # of the cut by order alone, so that every training seed sees the same test images


def cut(
    labels: np.ndarray, shares: Mapping[str, float], names: Sequence[bytes]
) -> dict[str, np.ndarray]:
    """Divide images so that each split has about its share of every class, and at least one image.

    Args:
        labels: int (N,).
        shares: of `validation`, `test` or both, in [0, 1); the rest is `train`.
        names: N names, each its own.

    Returns:
        For `train` and each split of `shares`, indices into `labels`, int64, ascending; where an
        image goes depends on its name, not on the others or on their order.

    Raises:
        DataError: the shares leave a class nothing to train on.
    """
    if sum(shares.values()) >= 1:
        wanted = " and ".join(f"data.{name} {share:g}" for name, share in shares.items())
        raise DataError(f"{wanted}: leave nothing to train on; lower them to less than 1 together")
    places = np.array([_place(name) for name in names])
    order = np.lexsort((np.array(names, object), places)) if len(names) else np.empty(0, int)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("train", *shares)}
    for label in np.unique(labels):
        members = order[labels[order] == label]
        first, last = _ends(places[members], label, shares)
        pieces = np.split(members, [first, len(members) - last])
        for name, piece in zip(("test", "train", "validation"), pieces, strict=True):
            parts.get(name, parts["train"]).append(piece)
    return {
        name: np.sort(np.concatenate([[], *chosen]).astype(int)) for name, chosen in parts.items()
    }


def _place(name: bytes) -> float:
    """Return a number in [0, 1) that a name has for good."""
    return int.from_bytes(hashlib.sha256(name).digest()[:6]) / 2**48


def _ends(places: np.ndarray, label: int, shares: Mapping[str, float]) -> tuple[int, int]:
    """Return how many images of a class, in order of their places, go to test and to validation."""
    test, validation = shares.get("test", 0.0), shares.get("validation", 0.0)
    taken = [
        max(int((places < test).sum()), test > 0),
        max(int((places >= 1 - validation).sum()), validation > 0),
    ]
    if len(places) < 1 + (test > 0) + (validation > 0):
        raise DataError(_nothing_left(label, len(places), shares))
    while sum(taken) >= len(places):  # by chance there would be none to train on
        taken[taken.index(max(taken))] -= 1
    return taken[0], taken[1]


def cut_by_order(labels: np.ndarray, shares: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Divide images as versions did that knew no names: where one is missing, all others move."""
    random = np.random.default_rng(SEED)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("train", *shares)}
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        count = len(members)
        for name, share in shares.items():
            taken = max(1, round(count * share)) if share else 0
            parts[name].append(members[:taken])
            members = members[taken:]
        if not len(members):
            raise DataError(_nothing_left(label, count, shares))
        parts["train"].append(members)
    return {name: np.sort(np.concatenate(chosen)) for name, chosen in parts.items()}


def _nothing_left(label: int, count: int, shares: Mapping[str, float]) -> str:
    wanted = " and ".join(f"{name} {share:g}" for name, share in shares.items())
    return (
        f"data: class {label} has {count} images, too few for the shares {wanted} and one to train "
        "on; lower the shares or add images"
    )
