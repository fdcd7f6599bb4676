"""Random changes of each image by itself: mirrored, turned, moved, with a hole in it.

N images of a split      B images of a batch      H height, W width, C channels
"""

import cv2
import numpy as np

from specnet.recipe.schema import Augment

_BEYOND = {
    "reflect": cv2.BORDER_REFLECT_101,
    "nearest": cv2.BORDER_REPLICATE,
    "black": cv2.BORDER_CONSTANT,
}
cv2.setNumThreads(1)  # threads take whole batches; more of them within one small image only wait


def draw_maps(
    augment: Augment,
    count: int,
    shape: tuple[int, ...],
    random: np.random.Generator,
    mirrored: np.ndarray | None = None,
) -> np.ndarray:
    """Draw an affine map for each of `count` images of `shape` (H, W, C).

    A map mirrors, then rotates about the centre, then shifts; it takes (x, y, 1) of a pixel to
    where that pixel goes. A crop is a shift by whole pixels, which changes none of them.

    Args:
        mirrored: bool (N,), the images to mirror; None where `augment.flip` decides by chance.

    Returns:
        float64 (N, 2, 3).
    """
    shift = random.uniform(-augment.shift, augment.shift, (count, 2))
    angle = np.radians(random.uniform(-augment.rotate, augment.rotate, count))
    by_chance = random.random(count) < 0.5
    shift += random.integers(-augment.crop, augment.crop, (count, 2), endpoint=True)
    mirror = bool(augment.flip) & by_chance if mirrored is None else mirrored
    flip = np.where(mirror, -1.0, 1.0)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos * flip, -sin], -1), np.stack([sin * flip, cos], -1)], -2)
    centre = np.array([shape[1] - 1, shape[0] - 1]) / 2
    move = centre + shift - turn @ centre
    return np.concatenate([turn, move[..., None]], axis=-1)


def warp(images: np.ndarray, maps: np.ndarray, fill: str = "reflect") -> np.ndarray:
    """Apply maps (B, 2, 3) to images, uint8 (B, H, W, C); beyond their edges is `Augment.fill`."""
    height, width, channels = images.shape[1:]
    warped = np.empty(images.shape, images.dtype)  # in C order, whatever theirs is
    # OpenCV has no axis for a single channel
    plane = (height, width) if channels == 1 else (height, width, channels)
    for source, target, matrix in zip(images, warped, maps, strict=True):
        cv2.warpAffine(
            source.reshape(plane),
            matrix,
            (width, height),
            dst=target.reshape(plane),
            flags=cv2.INTER_LINEAR,
            borderMode=_BEYOND[fill],
        )
    return warped


def draw_holes(
    augment: Augment, count: int, shape: tuple[int, ...], random: np.random.Generator
) -> np.ndarray:
    """Draw the top left corner (row, column), int (N, 2), of a square inside each image."""
    last = np.array(shape[:2]) - augment.cutout
    return random.integers(0, last, (count, 2), endpoint=True)


def cut_out(images: np.ndarray, corners: np.ndarray, side: int) -> None:
    """Set the squares of `side` pixels at corners (B, 2) of images (B, H, W, C) to 0, in place."""
    for image, (row, column) in zip(images, corners, strict=True):
        image[row : row + side, column : column + side] = 0
