"""Random shifts, rotations and flips: drawn for a whole epoch, applied as one warp an image."""

import cv2
import numpy as np

from specnet.schema import Augment

# B images of a batch, H height, W width, C channels
cv2.setNumThreads(1)  # threads take whole batches; more of them within one small image only wait


def draw(
    augment: Augment, count: int, shape: tuple[int, ...], random: np.random.Generator
) -> np.ndarray:
    """Draw an affine map for each of `count` images of `shape` (H, W, C).

    A map flips, then rotates about the centre, then shifts; it takes (x, y, 1) of a pixel to where
    that pixel goes.

    Returns:
        float64 (count, 2, 3).
    """
    shift = random.uniform(-augment.shift, augment.shift, (count, 2))
    angle = np.radians(random.uniform(-augment.rotate, augment.rotate, count))
    flip = np.where(augment.flip & (random.random(count) < 0.5), -1.0, 1.0)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos * flip, -sin], -1), np.stack([sin * flip, cos], -1)], -2)
    centre = np.array([shape[1] - 1, shape[0] - 1]) / 2
    move = centre + shift - turn @ centre
    return np.concatenate([turn, move[..., None]], axis=-1)


def warp(images: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Apply maps (B, 2, 3) to images, uint8 (B, H, W, C), reflected beyond their edges."""
    height, width, channels = images.shape[1:]
    warped = np.empty_like(images)
    # OpenCV has no axis for a single channel
    plane = (height, width) if channels == 1 else (height, width, channels)
    for source, target, matrix in zip(images, warped, maps, strict=True):
        cv2.warpAffine(
            source.reshape(plane),
            matrix,
            (width, height),
            dst=target.reshape(plane),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    return warped
