"""Attacks that follow the gradient of the loss: FGSM, and PGD, which takes many steps.

Functions from images to images that raise the loss of a classifier within a ball. The gradient goes
through every layer of its model, a low-pass in front of it included.

    N  images      H, W  their height and width      C  channels
"""

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.norms import Ball


def fgsm(classifier: Classifier, images: np.ndarray, labels: np.ndarray, ball: Ball) -> np.ndarray:
    """The fast gradient sign method (Goodfellow et al. 2015, arXiv 1412.6572): one full step.

    In L2 the step goes along the gradient instead of its sign.

    Args:
        classifier: to be fooled.
        images: pixels float32 (N, H, W, C) in [0, 1].
        labels: int (N,), the classes to get away from.
        ball: how far.

    Returns:
        Images, (N, H, W, C): inside the ball and in [0, 1].
    """
    return _step(classifier, images, labels, ball, images, ball.radius)


def pgd(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    ball: Ball,
    steps: int = 10,
    step: float | None = None,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Projected gradient ascent (Madry et al. 2018, arXiv 1706.06083).

    Args:
        classifier, images, labels, ball: as for `fgsm`.
        steps: number of gradients.
        step: length of a step, in the norm of the ball; 2.5 radius / steps if not given, as there.
        rng: draws where in the ball to start; from the images themselves if not given.

    Returns:
        Images, (N, H, W, C): inside the ball and in [0, 1].
    """
    length = 2.5 * ball.radius / steps if step is None else step
    candidates = images if rng is None else ball.random(images, rng)
    for _ in range(steps):
        candidates = _step(classifier, images, labels, ball, candidates, length)
    return candidates


def _step(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    ball: Ball,
    candidates: np.ndarray,
    length: float,
) -> np.ndarray:
    move = ball.steepest(classifier.loss_direction(candidates, labels))
    move *= np.float32(length)
    move += candidates
    return ball.project(move, images)
