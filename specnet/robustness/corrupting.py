"""Corruptions of Hendrycks & Dietterich 2019 (arXiv 1903.12261), at the strengths published there.

Functions of images, a number that says how much, and a source of randomness.

    N  images      H, W  their height and width      C  channels
"""

import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from PIL import Image

from specnet.errors import UsageError

Corruption = Callable[[np.ndarray, Any, np.random.Generator], np.ndarray]


def gaussian_noise(images: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """White noise of this deviation."""
    return images + np.float32(deviation) * rng.standard_normal(images.shape, "float32")


def gaussian_blur(images: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian of this deviation, in pixels; the border goes on as it is."""
    border = cv2.BORDER_REPLICATE
    return _each(
        images, lambda image: cv2.GaussianBlur(image, (0, 0), deviation, borderType=border)
    )


def defocus_blur(
    images: np.ndarray, disc: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """A disc: its radius, and the deviation of the Gaussian that softens its edge, in pixels."""
    kernel = _disc(*disc)
    return _each(images, lambda image: cv2.filter2D(image, -1, kernel))


def contrast(images: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """This share of what each channel of an image has next to its mean."""
    means = images.mean(axis=(1, 2), keepdims=True)
    return means + np.float32(share) * (images - means)


def brightness(images: np.ndarray, more: float, rng: np.random.Generator) -> np.ndarray:
    """More value at the same hue and saturation: one factor for all channels; black turns grey."""
    value = images.max(axis=3, keepdims=True)
    lifted = np.minimum(value + np.float32(more), 1)
    return np.where(value > 0, images * (lifted / np.maximum(value, 1e-6)), lifted)


def jpeg(images: np.ndarray, quality: int, rng: np.random.Generator) -> np.ndarray:
    """Stored as JPEG of this quality, up to 100."""

    def stored(picture: Image.Image) -> Image.Image:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        return Image.open(file)

    return _pictures(images, stored)


def pixelate(images: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """This share of the pixels along each axis, which are then drawn larger."""
    height, width = images.shape[1:3]
    small = max(1, int(width * share)), max(1, int(height * share))
    box = Image.Resampling.BOX
    return _pictures(images, lambda each: each.resize(small, box).resize((width, height), box))


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian_noise": gaussian_noise,
    "gaussian_blur": gaussian_blur,
    "defocus_blur": defocus_blur,
    "contrast": contrast,
    "brightness": brightness,
    "jpeg": jpeg,
    "pixelate": pixelate,
}
# How much, at strengths 1 to 5.
IMAGENET_C: dict[str, tuple[Any, ...]] = {
    "gaussian_noise": (0.08, 0.12, 0.18, 0.26, 0.38),
    "gaussian_blur": (1, 2, 3, 4, 6),
    "defocus_blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    "contrast": (0.4, 0.3, 0.2, 0.1, 0.05),
    "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),
    "jpeg": (25, 18, 15, 10, 7),
    "pixelate": (0.6, 0.5, 0.4, 0.3, 0.25),
}
CIFAR_C: dict[str, tuple[Any, ...]] = {
    "gaussian_noise": (0.04, 0.06, 0.08, 0.09, 0.10),
    "gaussian_blur": (0.4, 0.6, 0.7, 0.8, 1),
    "defocus_blur": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
    "jpeg": (80, 65, 58, 50, 40),
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),
}
_SMALL = 64  # pixels of the shorter side, below which images are treated as those of CIFAR


def corrupted(
    images: np.ndarray, corruption: str, strength: int, rng: np.random.Generator
) -> np.ndarray:
    """Images as they come out of a corruption, clipped to [0, 1].

    Args:
        images: pixels float32 (N, H, W, C) in [0, 1], C = 1 or 3.
        corruption: of `CORRUPTIONS`.
        strength: 1 to 5, of `CIFAR_C` for images less than 64 pixels high or wide, of `IMAGENET_C`
            for others; what is in pixels there is not scaled with the image.
        rng: draws the noise.

    Returns:
        float32 (N, H, W, C).
    """
    if images.shape[3] not in (1, 3):
        raise UsageError(
            f"robustness: images with {images.shape[3]} channels cannot be corrupted; expected 1 "
            "or 3"
        )
    table = CIFAR_C if min(images.shape[1:3]) < _SMALL else IMAGENET_C
    result = CORRUPTIONS[corruption](images, table[corruption][strength - 1], rng)
    return np.clip(result, 0, 1).astype("float32", copy=False)


def _disc(radius: float, softness: float) -> np.ndarray:
    reach = np.arange(-max(8, int(radius)), max(8, int(radius)) + 1)
    disc = (np.add.outer(reach**2, reach**2) <= radius**2).astype("float32")
    return cv2.GaussianBlur(disc / disc.sum(), (3, 3) if radius <= 8 else (5, 5), softness)


def _each(images: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What OpenCV makes of each image; it leaves out the axis of a single channel."""
    return np.stack([change(image).reshape(image.shape) for image in images])


def _pictures(images: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """What Pillow makes of each image, as 8 bits a channel."""
    levels = np.rint(255 * np.clip(images, 0, 1)).astype("uint8")
    changed = [
        np.asarray(change(Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image)))
        for image in levels
    ]
    return np.stack(changed).reshape(images.shape).astype("float32") / 255
