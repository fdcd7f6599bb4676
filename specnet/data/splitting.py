"""Cutting validation and test images from the training ones, where a source has no such split."""

from collections.abc import Mapping

import numpy as np

from specnet.errors import DataError

SEED = 0  # of the cut alone, so that every training seed sees the same test images


def cut(labels: np.ndarray, shares: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Divide images so that each split has about its share of every class, and at least one image.

    Args:
        labels: int (N,).
        shares: the share of each split to cut off, in [0, 1); the rest is `train`.

    Returns:
        For `train` and each split of `shares`, indices into `labels`, int64, ascending; the same
        for the same labels.

    Raises:
        DataError: the shares leave a class nothing to train on.
    """
    random = np.random.default_rng(SEED)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("train", *shares)}
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        for name, share in shares.items():
            taken = _taken(len(labels[labels == label]), share)
            parts[name].append(members[:taken])
            members = members[taken:]
        if not len(members):
            raise DataError(_nothing_left(label, np.sum(labels == label), shares))
        parts["train"].append(members)
    return {name: np.sort(np.concatenate(chosen)) for name, chosen in parts.items()}


def _taken(count: int, share: float) -> int:
    return max(1, round(count * share)) if share else 0


def _nothing_left(label: int, count: int, shares: Mapping[str, float]) -> str:
    wanted = " and ".join(f"{name} {share:g}" for name, share in shares.items())
    return (
        f"data: class {label} has {count} images, too few for the shares {wanted} and one to train "
        "on; lower the shares or add images"
    )
