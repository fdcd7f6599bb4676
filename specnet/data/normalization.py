"""From grey levels to the numbers a network sees."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np

from specnet.data.dataset import Split
from specnet.recipe.schema import Settings

CHUNK = 256  # images whose statistics are taken together


@dataclass(frozen=True)
class Normalization:
    """`x * scale + offset`, each a number a channel; kept with a run, as evaluation needs it."""

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    @classmethod
    def of(cls, settings: Settings, train: Split) -> "Normalization":
        """Return what `settings.normalize` asks for: unit, centred, or standard over `train`."""
        if settings.normalize == "standard":
            grey = train.images.dtype == np.uint8
            mean, deviation = (_statistics if grey else _exact)(train.images)
            return cls(tuple((-mean / deviation).tolist()), tuple((1 / deviation).tolist()))
        scale, offset = {"unit": (1 / 255, 0.0), "centred": (1 / 127.5, -1.0), "none": (1.0, 0.0)}[
            settings.normalize
        ]
        return cls((offset,) * settings.channels, (scale,) * settings.channels)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Normalization":
        """Return the normalization that `to_dict` described."""
        return cls(tuple(values["offset"]), tuple(values["scale"]))

    def to_dict(self) -> dict[str, list[float]]:
        """Return it as JSON can hold it."""
        return {name: list(values) for name, values in asdict(self).items()}

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Normalize images of grey levels, (B, H, W, C), or signals or volumes, to float32."""
        # over whole rows: along an axis of 3 channels, NumPy takes 6 times as long
        rows = images.reshape(*images.shape[:2], -1).astype(np.float32)
        times = math.prod(images.shape[2:-1])
        rows *= np.tile(np.array(self.scale, np.float32), times)
        rows += np.tile(np.array(self.offset, np.float32), times)
        return rows.reshape(images.shape)


def _exact(arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `_statistics`, of signals or volumes, which are not rounded to grey levels."""
    numbers = arrays.reshape(-1, arrays.shape[-1])
    mean, deviation = numbers.mean(0, dtype="float64"), numbers.std(0, dtype="float64")
    return mean, np.where(deviation > 0, deviation, 1)


def _statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each channel, float64 (C,); 1 for a channel without any."""
    total = np.zeros((2, images.shape[3]))
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        # images on top of each other are one tall image
        tall = np.ascontiguousarray(chunk).reshape(-1, *chunk.shape[2:])
        mean, deviation = (value[:, 0] for value in cv2.meanStdDev(tall))
        total += len(chunk) * np.stack([mean, deviation**2 + mean**2])
    mean, square = total / len(images)
    deviation = np.sqrt(np.maximum(square - mean**2, 0))
    return mean, np.where(deviation > 0, deviation, 1)
