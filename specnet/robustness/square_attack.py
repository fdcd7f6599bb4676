"""The square attack: random search that needs no gradient, and so sees through hidden ones.

N  images      H, W  their height and width      C  channels      K  classes
"""

import numpy as np

from specnet.robustness.classifier import Classifier

# Of 10,000 queries, those after which squares get half their area (Andriushchenko et al. 2020).
_HALVINGS = np.array([10, 50, 200, 1000, 2000, 4000, 6000, 8000]) / 10_000
_FIRST_SHARE = 0.05  # of the image, that the first squares cover


def square_attack(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    radius: float,
    queries: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Changes squares of the images at random and keeps what lowers the margin, in L-infinity.

    Andriushchenko et al. 2020 (arXiv 1912.00049), algorithms 1 and 2: it starts with stripes one
    pixel wide; in every square each channel goes to the lower or the upper end of the ball. Images
    that are fooled are left alone.

    Args:
        classifier: to be fooled; asked for scores only.
        images: pixels float32 (N, H, W, C) in [0, 1].
        labels: int (N,), the classes to get away from.
        radius: of the ball, in units of the pixel range.
        queries: how often each image is shown to the classifier.
        rng: draws stripes and squares.

    Returns:
        Images, (N, H, W, C): inside the ball and in [0, 1].
    """
    count, _, width, channels = images.shape
    best = _moved(images, radius * _signs((count, 1, width, channels), rng))
    margins = _margins(classifier, best, labels)
    for query in range(1, queries):
        alive = np.flatnonzero(margins >= 0)
        if not len(alive):
            break
        side = _side(query / queries, images.shape[1:3])
        tried = _with_squares(best[alive], images, alive, radius, side, rng)
        found = _margins(classifier, tried, labels[alive])
        better = found < margins[alive]
        best[alive[better]], margins[alive[better]] = tried[better], found[better]
    return best


def _margins(classifier: Classifier, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """By how much the right score is ahead of the best wrong one, (N,); fooled where below 0."""
    scores = classifier.scores(images)
    rows = np.arange(len(labels))
    right = scores[rows, labels]
    scores[rows, labels] = -np.inf
    return right - scores.max(axis=1)


def _side(progress: float, size: tuple[int, int]) -> int:
    """Pixels of a square's side after this share of the queries, in [0, 1]."""
    share = _FIRST_SHARE * 0.5 ** np.sum(progress > _HALVINGS)
    return int(np.clip(round(float(np.sqrt(share * size[0] * size[1]))), 1, min(size)))


def _with_squares(
    best: np.ndarray,
    images: np.ndarray,
    alive: np.ndarray,
    radius: float,
    side: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """`best` of the images `alive`; in one square of each, the change is drawn anew."""
    count, (height, width, channels) = len(alive), images.shape[1:]
    rows = _span(height, side, count, rng)[:, :, None]
    columns = _span(width, side, count, rng)[:, None, :]
    pixels = images[alive[:, None, None], rows, columns]
    pixels = _moved(pixels, radius * _signs((count, 1, 1, channels), rng))
    best[np.arange(count)[:, None, None], rows, columns] = pixels
    return best


def _span(length: int, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """The indices of `side` neighbours among `length` pixels, (count, side)."""
    return rng.integers(0, length - side + 1, (count, 1)) + np.arange(side)


def _signs(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return (2 * rng.integers(0, 2, shape) - 1).astype("float32")


def _moved(images: np.ndarray, changes: np.ndarray) -> np.ndarray:
    return np.clip(images + changes.astype("float32"), 0, 1)
