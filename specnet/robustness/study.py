"""What every study of robustness is: settings, and what a classifier makes of images under each.

How studies are run and counted. What they do to images is in files of their own; where results are
kept, and how they are shown, is for the callers.

    N  images      H, W  their height and width      C  channels
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Protocol, TypeVar

import numpy as np

from specnet.errors import UsageError
from specnet.robustness.classifier import Classifier

Setting = dict[str, str | float | int]  # one condition, as JSON can hold it
Chunk = tuple[np.ndarray, np.ndarray]  # pixels float32 (N, H, W, C) in [0, 1], labels int (N,)
Item = TypeVar("Item")


@dataclass(frozen=True)
class Outcome:
    """What a classifier made of one chunk of images under one setting.

    Attributes:
        right: bool (N,): predicted as labelled; of shifts, as the image before it was shifted.
        sums: arrays summed over the N images, such as the spectra of perturbations.
    """

    right: np.ndarray
    sums: dict[str, np.ndarray] = field(default_factory=dict)


class Study(Protocol):
    """A list of settings, and how to measure one of them."""

    @property
    def name(self) -> str:
        """One word, such as "attacks"."""

    def settings(self, size: tuple[int, int]) -> Sequence[Setting]:
        """What is measured on images of `size` (H, W), in the order to measure: coarse first."""

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """Measure one chunk: pixels float32 (N, H, W, C) in [0, 1], labels int (N,).

        The same `seed` gives the same outcome; each chunk has another.
        """


@dataclass(frozen=True)
class Count:
    """How many of how many images; a mean over several settings need not be a whole number."""

    right: float
    images: int

    @property
    def share(self) -> float:
        """In [0, 1]; not a number of no images."""
        return self.right / self.images if self.images else float("nan")

    def wrong(self) -> "Count":
        """How many are not."""
        return Count(self.images - self.right, self.images)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's interval of the share (1927), for at least one image."""
        from scipy.stats import norm

        z = float(norm.ppf((1 + confidence) / 2))
        per_image = z**2 / self.images
        spread = sqrt(per_image * (self.share * (1 - self.share) + per_image / 4))
        middle = self.share + per_image / 2
        low, high = (middle - spread) / (1 + per_image), (middle + spread) / (1 + per_image)
        return max(low, 0.0), min(high, 1.0)


@dataclass(frozen=True, eq=False)
class Measured:
    """One setting, measured on all images.

    Attributes:
        setting: what was done to them.
        right: bool (N,), as in `Outcome`.
        means: `Outcome.sums` over the number of images.
    """

    setting: Setting
    right: np.ndarray
    means: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def count(self) -> Count:
        """How many are right."""
        return Count(int(self.right.sum()), len(self.right))


def setting_key(setting: Mapping[str, Any]) -> str:
    """A setting as one line of JSON, keys in order: the same line for equal settings."""
    return json.dumps(dict(setting), sort_keys=True)


def run_study(
    study: Study,
    classifier: Classifier,
    chunks: Callable[[], Iterator[Chunk]],
    size: tuple[int, int],
    seed: int = 0,
    done: Mapping[str, Measured] | None = None,
    on_measured: Callable[[Measured], None] | None = None,
) -> list[Measured]:
    """Measures every setting on all images, one chunk at a time.

    Args:
        study: what to measure.
        classifier: whom to measure.
        chunks: gives a new iterator over the same chunks each time, so that sets larger than
            memory can be read again for each setting.
        size: (H, W) of the images.
        seed: of all randomness; every setting meets the same.
        done: what was measured before, by `setting_key`; it is not measured again.
        on_measured: told of each new result at once.

    Returns:
        One for each setting, in the order of the study.
    """
    known = dict(done or {})
    for setting in study.settings(size):
        key = setting_key(setting)
        if key not in known:
            known[key] = _measured(study, classifier, chunks(), setting, seed)
            if on_measured is not None:
                on_measured(known[key])
    return [known[setting_key(setting)] for setting in study.settings(size)]


def _measured(
    study: Study, classifier: Classifier, chunks: Iterable[Chunk], setting: Setting, seed: int
) -> Measured:
    right, sums = list[np.ndarray](), dict[str, np.ndarray]()
    for index, (images, labels) in enumerate(chunks):
        outcome = study.measure(classifier, images, labels, setting, _chunk_seed(seed, index))
        right.append(outcome.right)
        sums = {name: sums.get(name, 0) + value for name, value in outcome.sums.items()}
    all_right = np.concatenate(right)
    means = {name: value / len(all_right) for name, value in sums.items()}
    return Measured(setting, all_right, means)


def _chunk_seed(seed: int, index: int) -> int:
    return int(np.random.SeedSequence((seed, index)).generate_state(1)[0])


def check_options(
    study: str, name: str, values: Iterable[Any], allowed: Callable[[Any], bool], expected: str
) -> None:
    """Raises UsageError where a study cannot be measured with one of these values."""
    for value in values:
        if isinstance(value, bool) or not allowed(value):
            raise UsageError(f"robustness: {study}: {name}: expected {expected}, found {value!r}")


def is_size(value: Any) -> bool:
    """Whether it is a finite number, 0 or more."""
    return isinstance(value, int | float | np.number) and bool(0 <= value < np.inf)


def is_whole(value: Any, least: int = 0, most: int | None = None) -> bool:
    """Whether it is a whole number in a range."""
    whole = isinstance(value, int | np.integer)
    return whole and least <= value and (most is None or value <= most)


def coarse_first(items: Sequence[Item]) -> list[Item]:
    """The same items, ends and middle first, so that the first few already span them all."""
    if len(items) < 3:
        return list(items)
    order, gaps = [0, len(items) - 1], [(0, len(items) - 1)]
    while gaps:
        low, high = gaps.pop(0)
        middle = (low + high) // 2
        if middle > low:
            order.append(middle)
            gaps += [(low, middle), (middle, high)]
    return [items[index] for index in order]
