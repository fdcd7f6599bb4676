"""The square attack: random search that needs no gradient, and so sees through hidden ones.

Andriushchenko et al. 2020 (arXiv 1912.00049), algorithm 1, with the squares of algorithm 2; those
of L2 are in `square_windows`.

    N  images      H, W  their height and width      C  channels
"""

from collections.abc import Callable

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.norms import Ball, Norm
from specnet.robustness.square_windows import signs, tiled, window, with_windows

# Of 10,000 queries, those after which squares get half their area (Andriushchenko et al. 2020).
_HALVINGS = np.array([10, 50, 200, 1000, 2000, 4000, 6000, 8000]) / 10_000
FIRST_SHARE = 0.05  # of the image, that the first squares cover


def square_attack(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    ball: Ball,
    queries: int,
    rng: np.random.Generator,
    share: float = FIRST_SHARE,
) -> np.ndarray:
    """Changes squares of the images at random and keeps what lowers the margin.

    In L-infinity it starts with stripes one pixel wide, and in every square each channel goes to
    the lower or the upper end of the ball. In L2 it starts with tiles, and a square takes what
    another one gives up. Images that are fooled are left alone.

    Args:
        classifier: to be fooled; asked for scores only.
        images: pixels float32 (N, H, W, C) in [0, 1].
        labels: int (N,), the classes to get away from.
        ball: how far.
        queries: how often each image is shown to the classifier.
        rng: draws where the squares are, and their signs.
        share: of the image, that the first squares cover; in (0, 1].

    Returns:
        Images, (N, H, W, C): inside the ball and in [0, 1].
    """
    begin, change = _SEARCHES[ball.norm]
    best = begin(images, ball.radius, rng)
    margins = classifier.margins(best, labels)
    for query in range(1, queries):
        alive = np.flatnonzero(margins >= 0)
        if not len(alive):
            break
        side = _side(query / queries, images.shape[1:3], share)
        tried = change(best[alive], images[alive], ball.radius, side, rng)
        found = classifier.margins(tried, labels[alive])
        better = found < margins[alive]
        best[alive[better]], margins[alive[better]] = tried[better], found[better]
    return best


def _side(progress: float, size: tuple[int, int], share: float) -> int:
    """Pixels of a square's side after this share of the queries, in [0, 1]."""
    covered = share * 0.5 ** np.sum(progress > _HALVINGS)
    return int(np.clip(round(float(np.sqrt(covered * size[0] * size[1]))), 1, min(size)))


def _striped(images: np.ndarray, radius: float, rng: np.random.Generator) -> np.ndarray:
    count, _, width, channels = images.shape
    return _moved(images, radius * signs((count, 1, width, channels), rng))


def _with_squares(
    best: np.ndarray, images: np.ndarray, radius: float, side: int, rng: np.random.Generator
) -> np.ndarray:
    """`best`, (N, H, W, C), in place; in one square of each, the change is drawn anew."""
    count, height, width, channels = images.shape
    each, rows, columns = window((height, width), side, count, rng)
    pixels = _moved(images[each, rows, columns], radius * signs((count, 1, 1, channels), rng))
    best[each, rows, columns] = pixels
    return best


def _moved(images: np.ndarray, changes: np.ndarray) -> np.ndarray:
    return np.clip(images + changes.astype("float32"), 0, 1)


# How a search starts, and what it tries next.
_Begin = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
_Change = Callable[[np.ndarray, np.ndarray, float, int, np.random.Generator], np.ndarray]
_SEARCHES: dict[Norm, tuple[_Begin, _Change]] = {
    "linf": (_striped, _with_squares),
    "l2": (tiled, with_windows),
}
