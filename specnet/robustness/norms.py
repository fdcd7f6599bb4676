"""Which changes of an image are small: balls of two norms, within the range of pixels.

What attacks need to know of a norm. Candidates for an image always have its shape, and pixels from
0 to 1.

    N  images      H, W  their height and width      C  channels      D  H W C numbers of an image
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Norm = Literal["linf", "l2"]


@dataclass(frozen=True)
class Ball:
    """All changes of an image up to a norm.

    Args:
        norm: `linf`, the largest change of any number; `l2`, the root of the sum of squares over
            all D numbers.
        radius: in units of the pixel range [0, 1], 0 or more.
    """

    norm: Norm
    radius: float

    def project(self, candidates: np.ndarray, images: np.ndarray) -> np.ndarray:
        """The images nearest to `candidates` within the ball around `images`, then in [0, 1].

        Both float32 (N, H, W, C). The second step keeps the first: it only moves numbers towards
        those of `images`, which are in [0, 1] themselves.
        """
        changes = candidates - images
        _PROJECTED[self.norm](changes, self.radius)
        changes += images
        return np.clip(changes, 0, 1, out=changes)

    def steepest(self, gradients: np.ndarray) -> np.ndarray:
        """The change of norm 1 along which a loss with these gradients grows most, (N, H, W, C)."""
        return _STEEPEST[self.norm](gradients)

    def random(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Images evenly distributed in the ball around `images`, then in [0, 1]; (N, H, W, C)."""
        changes = _RANDOM[self.norm](images.shape, rng)
        changes *= np.float32(self.radius)
        return np.clip(np.add(changes, images, out=changes), 0, 1, out=changes)


def lengths(changes: np.ndarray) -> np.ndarray:
    """The L2 norm of each change, (N, 1, 1, 1)."""
    return np.sqrt(np.einsum("nhwc,nhwc->n", changes, changes))[:, None, None, None]


def _linf_projected(changes: np.ndarray, radius: float) -> None:
    np.clip(changes, -radius, radius, out=changes)


def _l2_projected(changes: np.ndarray, radius: float) -> None:
    changes *= radius / np.maximum(lengths(changes), max(radius, _SMALLEST))


def _l2_steepest(gradients: np.ndarray) -> np.ndarray:
    # The squares of the gradients of a classifier that is very sure are 0 in float32.
    largest = np.abs(gradients).max(axis=(1, 2, 3), keepdims=True)
    directions = gradients / np.maximum(largest, _SMALLEST)
    directions /= np.maximum(lengths(directions), _SMALLEST)
    return directions


def _linf_steepest(gradients: np.ndarray) -> np.ndarray:
    return np.sign(gradients)


def _linf_random(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return 2 * rng.random(shape, "float32") - 1


def _l2_random(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    changes = rng.standard_normal(shape, "float32")
    radii = rng.random((len(changes), 1, 1, 1), "float32") ** np.float32(1 / changes[0].size)
    changes *= radii / lengths(changes)
    return changes


_SMALLEST = float(np.finfo("float32").tiny)
_PROJECTED: dict[Norm, Callable[[np.ndarray, float], None]] = {
    "linf": _linf_projected,
    "l2": _l2_projected,
}
_STEEPEST: dict[Norm, Callable[[np.ndarray], np.ndarray]] = {
    "linf": _linf_steepest,
    "l2": _l2_steepest,
}
_RANDOM: dict[Norm, Callable[[tuple[int, ...], np.random.Generator], np.ndarray]] = {
    "linf": _linf_random,
    "l2": _l2_random,
}
