"""FAB: the nearest images beyond a boundary between two classes, found along its tangents.

Croce & Hein 2020 (arXiv 1907.02044), algorithm 1, in the targeted form.

    N  images      H, W  their height and width      C  channels      K  classes
"""

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.hyperplanes import to_hyperplane
from specnet.robustness.norms import Ball, Norm, lengths

_BIAS = 0.1  # how much of a step may begin at the image itself, at most: alpha_max
_BEYOND = 1.05  # of the way to the plane: eta
_BACK = 0.9  # of the change, that stays of what fools the classifier: beta
_SEARCHED = 3  # points between the image and what fools the classifier, in the end
_INSIDE = 0.01  # of the margin that is lost beyond the boundary, that they aim at: not on it


def boundary_attack(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    targets: np.ndarray,
    ball: Ball,
    steps: int = 100,
) -> np.ndarray:
    """Looks for the nearest images that fool the classifier, where the score of the target wins.

    In each step the difference of the two scores is taken as linear. An image goes beyond the plane
    where that is 0: for the most part from where it is, and partly from where it began. What fools
    the classifier is kept if it is the nearest so far, and goes part of the way back.

    Args:
        classifier: to be fooled.
        images: pixels float32 (N, H, W, C) in [0, 1], of the class that the classifier says.
        labels: int (N,), the classes to get away from.
        targets: int (N,), the classes to get to.
        ball: what is near is told in its norm; an image that is fooled within it is done.
        steps: number of gradients.

    Returns:
        Images (N, H, W, C) in [0, 1], perhaps beyond the ball: the nearest that fool the
        classifier, and the images themselves where none was found.
    """
    found, nearest = images.copy(), np.full(len(images), np.inf)
    points, rows = images, np.arange(len(images))
    for _ in range(steps):
        points = _step(classifier, points, images[rows], labels[rows], targets[rows], ball.norm)
        fooled = classifier.predict(points) != labels[rows]
        sizes = distances(points - images[rows], ball.norm)
        better = fooled & (sizes < nearest[rows])
        found[rows[better]], nearest[rows[better]] = points[better], sizes[better]
        back = images[rows] + np.float32(_BACK) * (points - images[rows])
        points = np.where(fooled[:, None, None, None], back, points)
        going = nearest[rows] > ball.radius
        points, rows = points[going], rows[going]
        if not len(rows):
            break
    rows = np.flatnonzero(np.isfinite(nearest) & (nearest > ball.radius))
    if len(rows):
        found[rows] = _pulled(classifier, images[rows], found[rows], labels[rows])
    return found


def distances(changes: np.ndarray, norm: Norm) -> np.ndarray:
    """The norm of each change (N, H, W, C), (N,)."""
    if norm == "linf":
        return np.abs(changes).max(axis=(1, 2, 3), initial=0)
    return lengths(changes)[:, 0, 0, 0]


def _step(
    classifier: Classifier,
    points: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
    targets: np.ndarray,
    norm: Norm,
) -> np.ndarray:
    """Beyond the plane, from where the points are and from the images (N, H, W, C)."""
    rows, scores = np.arange(len(points)), classifier.scores(points).astype("float64")
    weights = np.zeros(scores.shape, "float32")
    weights[rows, targets], weights[rows, labels] = 1, -1
    normals = classifier.score_gradient(points, weights)
    gains = scores[rows, labels] - scores[rows, targets]
    between = np.einsum("nhwc,nhwc->n", normals, points - images, dtype="float64")
    moves = to_hyperplane(points, normals, gains, norm)
    first_moves = to_hyperplane(images, normals, gains + between, norm)
    shares = _bias(distances(moves, norm), distances(first_moves, norm))[:, None, None, None]
    ahead = (1 - shares) * (points + np.float32(_BEYOND) * moves)
    ahead += shares * (images + np.float32(_BEYOND) * first_moves)
    return np.clip(ahead, 0, 1)


def _bias(own: np.ndarray, first: np.ndarray) -> np.ndarray:
    """How much of a step begins at the image, float32 (N,), from the sizes of both moves."""
    both = own + first
    shares = np.divide(own, both, out=np.zeros_like(both), where=both > 0)
    return np.minimum(shares, _BIAS).astype("float32")


def _pulled(
    classifier: Classifier, images: np.ndarray, found: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Nearer to the images along straight lines, as long as the classifier is fooled.

    Each point is just beyond where the margin would be 0 if it were linear between the nearest
    points that are known on both sides.
    """
    low, high = np.zeros(len(images)), np.ones(len(images))
    low_margins = classifier.margins(images, labels)
    high_margins = classifier.margins(found, labels)
    result = found.copy()
    for _ in range(_SEARCHED):
        spread = low_margins - high_margins
        goals = low_margins - _INSIDE * high_margins
        share = np.divide(goals, spread, out=np.ones_like(spread), where=spread > 0)
        places = low + np.clip(share, 0, 1) * (high - low)
        points = images + places.astype("float32")[:, None, None, None] * (found - images)
        reached = classifier.margins(points, labels)
        fooled = reached < 0
        result[fooled] = points[fooled]
        low, high = np.where(fooled, low, places), np.where(fooled, places, high)
        low_margins = np.where(fooled, low_margins, reached)
        high_margins = np.where(fooled, reached, high_margins)
    return result
