"""What the square attack tries in L2: windows that take from others what they may change.

Andriushchenko et al. 2020 (arXiv 1912.00049), algorithm 3. The L2 norm of the whole change is
limited: where one window is to change more, another one goes back to the image.

    N  images      H, W  their height and width      C  channels      S  pixels of a window's side
"""

from functools import cache

import numpy as np

from specnet.robustness.norms import Ball

_TILES = 5  # in a row, at the start

Window = tuple[np.ndarray, np.ndarray, np.ndarray]


def tiled(images: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    """Images (N, H, W, C) with tiles of bumps up and down, at `radius` or, at the ends, within."""
    count, height, width, channels = images.shape
    side = max(1, min(height, width) // _TILES)
    rows, columns = -(-height // side), -(-width // side)
    up = signs((count, rows, 1, columns, 1, channels), rng)
    tiles = up * bump(side)[None, None, :, None, :, None]
    changes = tiles.reshape(count, rows * side, columns * side, channels)[:, :height, :width]
    return _inside(images, _unit(changes, (1, 2, 3)) * np.float32(radius), radius)


def with_windows(
    best: np.ndarray, images: np.ndarray, radius: float, side: int, rng: np.random.Generator
) -> np.ndarray:
    """What `best` (N, H, W, C) becomes if one window of each image takes from another.

    In each channel the change in the first window is turned towards a bump up or down, and gets as
    long as what both windows had, and what was not used before, allow.
    """
    count, height, width, channels = images.shape
    taking, giving = (window((height, width), side, count, rng) for _ in range(2))
    changes = best - images
    power = np.square(changes).sum(axis=(1, 2))  # (N, C)
    unused = np.maximum(radius**2 - power.sum(axis=1), 0)
    before = changes[taking]
    changes[giving] = 0
    changes[taking] = 0
    freed = power - np.square(changes).sum(axis=(1, 2)) + unused[:, None] / channels
    turned = signs((count, 1, 1, channels), rng) * _bumps(side, count, rng)[..., None]
    turned += _unit(before, (1, 2))
    available = np.sqrt(np.maximum(freed, 0)).astype("float32")[:, None, None, :]
    changes[taking] = _unit(turned, (1, 2)) * available
    return _inside(images, changes, radius)


def window(size: tuple[int, int], side: int, count: int, rng: np.random.Generator) -> Window:
    """Indices of a square anywhere in each image, which broadcast to (N, S, S)."""
    rows, columns = (
        rng.integers(0, length - side + 1, (count, 1)) + np.arange(side) for length in size
    )
    return np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]


def signs(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """-1 or 1, float32."""
    return (2 * rng.integers(0, 2, shape) - 1).astype("float32")


@cache
def bump(side: int) -> np.ndarray:
    """A bump up beside one down, (S, S) of L2 norm 1, float32; not to be changed."""
    half = side // 2
    both = np.concatenate([_mound(side, half), -_mound(side, side - half)], axis=1)
    return (both / np.linalg.norm(both)).astype("float32")


def _mound(height: int, width: int) -> np.ndarray:
    """(height, width): sums of 1 / (n + 1 - k)^2 that grow ring by ring to the middle."""
    middle = height // 2
    rings = np.maximum(
        np.abs(np.arange(height) - middle)[:, None], np.abs(np.arange(width) - width // 2)[None]
    )
    heights = np.cumsum(1 / np.arange(middle + 1, 0, -1.0) ** 2)
    return heights[middle - rings]


def _bumps(side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Bumps side by side or one above the other, (N, S, S)."""
    upright = rng.integers(0, 2, (count, 1, 1)).astype(bool)
    return np.where(upright, bump(side).T, bump(side))


def _unit(changes: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Changes over their L2 norm over some axes; 0 where that is 0."""
    norms = np.sqrt(np.square(changes).sum(axis=axes, keepdims=True))
    return np.divide(changes, norms, out=np.zeros_like(changes), where=norms > 0)


def _inside(images: np.ndarray, changes: np.ndarray, radius: float) -> np.ndarray:
    return Ball("l2", radius).project(images + changes, images)
