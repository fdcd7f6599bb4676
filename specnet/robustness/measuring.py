"""Each study as a function of a model, images and labels, for those who write Python.

N  images      H, W  their height and width      C  channels
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from specnet.robustness.attack_study import Attacks
from specnet.robustness.auto_attack_study import AutoAttack
from specnet.robustness.band_study import Bands
from specnet.robustness.classifier import Classifier
from specnet.robustness.corruption_study import Corruptions
from specnet.robustness.heatmap_study import Heatmap
from specnet.robustness.inputs import checked, pixels
from specnet.robustness.shift_study import Shift
from specnet.robustness.study import Chunk, Measured, Study, run_study

CHUNK = 256  # images at a time


def measure(
    study: Study,
    model: keras.Model | Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    seed: int = 0,
) -> list[Measured]:
    """Runs one study.

    Args:
        study: such as `Attacks()`.
        model: takes pixels in [0, 1] as they are; a `Classifier` scales them first.
        images: pixels float (N, H, W, C) in [0, 1]; or grey levels uint8, which are divided by 255.
            A memory map of these is read chunk by chunk.
        labels: integers from 0, (N,) or (N, 1); or one-hot (N, K).
        seed: of all randomness.

    Returns:
        One for each setting of the study.

    Raises:
        UsageError: where model, images and labels are not what is said above, with what to do.
    """
    classifier = model if isinstance(model, Classifier) else Classifier(model)
    images, labels = checked(classifier, images, labels)
    height, width = images.shape[1:3]
    return run_study(study, classifier, lambda: _chunks(images, labels), (height, width), seed)


def bands(
    model: keras.Model | Classifier, images: np.ndarray, labels: np.ndarray, **options: Any
) -> list[Measured]:
    """Accuracy on low- and high-passed images; options are those of `Bands`."""
    return measure(Bands(**options), model, images, labels)


def heatmap(
    model: keras.Model | Classifier, images: np.ndarray, labels: np.ndarray, **options: Any
) -> list[Measured]:
    """Accuracy under waves of each frequency; options are those of `Heatmap`."""
    return measure(Heatmap(**options), model, images, labels)


def attacks(
    model: keras.Model | Classifier, images: np.ndarray, labels: np.ndarray, **options: Any
) -> list[Measured]:
    """Accuracy under attack; options are those of `Attacks`."""
    return measure(Attacks(**options), model, images, labels)


def auto_attack(
    model: keras.Model | Classifier, images: np.ndarray, labels: np.ndarray, **options: Any
) -> list[Measured]:
    """Accuracy under AutoAttack, which takes long; options are those of `AutoAttack`."""
    return measure(AutoAttack(**options), model, images, labels)


def shift(
    model: keras.Model | Classifier, images: np.ndarray, labels: np.ndarray, **options: Any
) -> list[Measured]:
    """How often predictions stay the same; options are those of `Shift`."""
    return measure(Shift(**options), model, images, labels)


def corruptions(
    model: keras.Model | Classifier, images: np.ndarray, labels: np.ndarray, **options: Any
) -> list[Measured]:
    """Accuracy on corrupted images; options are those of `Corruptions`."""
    return measure(Corruptions(**options), model, images, labels)


def _chunks(images: np.ndarray, labels: np.ndarray) -> Iterator[Chunk]:
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        yield pixels(images[chunk]), labels[chunk]
