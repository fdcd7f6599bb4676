"""What every study of robustness is given, checked before anything is measured.

A wrong kind of image or label would not fail: NumPy and Keras broadcast, wrap around and clip, and
the accuracy that comes out is of another question.

    N  images      H, W  their height and width      C  channels      K  classes
"""

from typing import Any

import numpy as np

from specnet.errors import UsageError
from specnet.messages import counted
from specnet.robustness.classifier import Classifier

_AT_ONCE = 256  # images that are looked at together; a memory map may hold more than fits
_ROUNDING = 1e-5  # of pixels, beyond 0 and 1


def checked(classifier: Classifier, images: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels as studies take them.

    Args:
        classifier: whom they are for.
        images: pixels float (N, H, W, C) in [0, 1], or grey levels uint8; not copied.
        labels: integers from 0 to K - 1, (N,) or (N, 1); or one-hot (N, K).

    Returns:
        The images, and the labels int (N,).

    Raises:
        UsageError: with what is wrong, and what to do.
    """
    images = _images(images)
    classes = _classes(classifier, images)
    return images, labels_of(labels, len(images), classes)


def labels_of(labels: Any, images: int, classes: int) -> np.ndarray:
    """Labels of N images and K classes as int (N,); UsageError where they are something else."""
    found = np.asarray(labels)
    if found.shape[:1] != (images,):
        raise UsageError(
            f"robustness: labels of shape {found.shape} for {counted(images, 'image')}; expected "
            "one label for each image"
        )
    if found.ndim == 2 and found.shape[1] == classes and classes > 1:
        return _of_one_hot(found)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise UsageError(
            f"robustness: labels of shape {found.shape}; expected ({images},), or one-hot "
            f"({images}, {classes})"
        )
    if found.dtype.kind not in "biu":
        raise UsageError(
            f"robustness: labels of type {found.dtype}, such as {found[0]!r}; expected integers "
            f"from 0 to {classes - 1}, in the order of the model's scores (of names: "
            "np.searchsorted(names, labels), where the names are sorted as in training)"
        )
    if int(found.min()) < 0 or int(found.max()) >= classes:
        low, high = int(found.min()), int(found.max())
        advice = "; subtract 1" if low > 0 and high == classes else ""
        raise UsageError(
            f"robustness: labels from {low} to {high}; the model gives {classes} scores, so "
            f"expected 0 to {classes - 1}{advice}"
        )
    return found.astype("int64")


def _of_one_hot(found: np.ndarray) -> np.ndarray:
    numbers = found.dtype.kind in "biuf"
    if not (numbers and np.isin(found, (0, 1)).all() and (found.sum(axis=1) == 1).all()):
        raise UsageError(
            f"robustness: labels of shape {found.shape} are not one-hot (a 1 in each row, else 0); "
            "expected that, or one integer for each image"
        )
    return found.argmax(axis=1)


def _images(images: Any) -> np.ndarray:
    found = images if isinstance(images, np.ndarray) else np.asarray(images)
    if found.ndim != 4 or 0 in found.shape:
        raise UsageError(
            f"robustness: images of shape {found.shape}; expected (N, H, W, C), none of them 0; "
            "one image is images[None], grey ones without channels are images[..., None]"
        )
    if found.dtype == np.uint8:
        return found
    if found.dtype.kind != "f":
        raise UsageError(
            f"robustness: pixels of type {found.dtype}; expected uint8, or floats from 0 to 1"
        )
    ends = [_ends(found[at : at + _AT_ONCE]) for at in range(0, len(found), _AT_ONCE)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise UsageError(
            f"robustness: pixels from {low:.4g} to {high:.4g}; expected uint8, or floats from 0 to "
            "1. Of standardised pixels, (pixel - mean) / std: give pixel in [0, 1] as images, and "
            "Classifier(model, scale=1 / std, offset=-mean / std) as model"
        )
    return found


def _ends(images: np.ndarray) -> tuple[float, float]:
    wrong = int((~np.isfinite(images)).any(axis=(1, 2, 3)).sum())
    if wrong:
        raise UsageError(
            f"robustness: {counted(wrong, 'image')} of {len(images)} with pixels that are not "
            "numbers or infinite; expected floats from 0 to 1"
        )
    return float(images.min()), float(images.max())


def _classes(classifier: Classifier, images: np.ndarray) -> int:
    """K, as the classifier itself says it of an image."""
    shape = getattr(classifier.model, "input_shape", None)
    sizes = shape[1:] if isinstance(shape, tuple) else ()
    fits = len(sizes) == 3 and all(
        wanted in (None, size) for wanted, size in zip(sizes, images.shape[1:], strict=True)
    )
    if sizes and not fits:
        raise UsageError(
            f"robustness: images of shape {images.shape[1:]}; the model takes {tuple(sizes)}"
        )
    scores = classifier.scores(pixels(images[: classifier.batch_size]))
    _check_probabilities(scores, classifier.probabilities)
    return int(scores.shape[1])


def _check_probabilities(scores: np.ndarray, known: bool) -> None:
    """Of probabilities an attack takes the logarithm; of anything else it must not."""
    if not known and (scores >= 0).all() and np.abs(scores.sum(axis=1) - 1).max() < 1e-4:
        raise UsageError(
            "robustness: the model's scores are probabilities, and its last layer is no softmax; "
            "say so with Classifier(model, probabilities=True), or end the model in logits"
        )
    if known and np.abs(np.exp(scores).sum(axis=1) - 1).max() > 0.01:
        raise UsageError(
            "robustness: the model's scores are taken for probabilities, and do not add up to 1; "
            "say otherwise with Classifier(model, probabilities=False)"
        )


def pixels(images: np.ndarray) -> np.ndarray:
    """Grey levels uint8 as float32 in [0, 1]; floats as float32."""
    scale = np.float32(255 if images.dtype == np.uint8 else 1)
    return images.astype("float32") / scale
