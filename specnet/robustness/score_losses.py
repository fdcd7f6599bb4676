"""Losses of scores that attacks raise, with their derivatives by the scores.

    N  images      K  classes      z  logits      y  the label      t  the class to get to

`Classifier.score_gradient` makes of the derivatives the gradients by the pixels. Everything is in
float64: float32 has no difference between 1 and the softmax of a sure network, and the gradient of
such a cross-entropy would be 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

_RANKED = 4  # scores that the ratio needs


@dataclass(frozen=True, eq=False)
class ScoreLoss:
    """A loss of each image, which grows as the classifier is misled.

    Attributes:
        values: float64 (N,).
        derivatives: by each score, float64 (N, K).
    """

    values: np.ndarray
    derivatives: np.ndarray


def cross_entropy(scores: np.ndarray, labels: np.ndarray) -> ScoreLoss:
    """log(sum_k exp(z_k)) - z_y, whose derivatives are softmax(z)_k, less 1 at y.

    Args:
        scores: logits (N, K).
        labels: int (N,).
    """
    scores, rows = scores.astype("float64"), np.arange(len(scores))
    behind = scores - scores[rows, labels][:, None]
    behind[rows, labels] = -np.inf  # of a sure network, 1 less a probability has no digits left
    values = np.logaddexp(0, logsumexp(behind, axis=1))
    derivatives = np.exp(behind - values[:, None])
    derivatives[rows, labels] = -derivatives.sum(axis=1)
    return ScoreLoss(values, derivatives)


def targeted_ratio(scores: np.ndarray, labels: np.ndarray, targets: np.ndarray) -> ScoreLoss:
    """The targeted difference-of-logits ratio of Croce & Hein 2020 (arXiv 2003.01690, section 4).

    -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2), where z_(1) is the largest score. It stays the
    same if a number is added to all scores, or all are multiplied by one above 0: no network gets
    past it by large scores. It needs four classes. With fewer of them, and where the four largest
    scores are equal, it is the plain difference z_t - z_y.

    Args:
        scores: logits (N, K).
        labels, targets: int (N,), which differ.
    """
    scores, rows = scores.astype("float64"), np.arange(len(scores))
    differences = scores[rows, targets] - scores[rows, labels]
    derivatives = np.zeros_like(scores)
    derivatives[rows, targets], derivatives[rows, labels] = 1, -1
    if scores.shape[1] < _RANKED:
        return ScoreLoss(differences, derivatives)
    order = np.argsort(-scores, axis=1, kind="stable")
    first, third, fourth = order[:, 0], order[:, 2], order[:, 3]
    scales = scores[rows, first] - (scores[rows, third] + scores[rows, fourth]) / 2
    flat = scales == 0
    scales[flat] = 1
    values = differences / scales
    # (n / s)' = (n' - (n / s) s') / s
    shares = np.where(flat, 0, values)
    derivatives[rows, first] -= shares
    derivatives[rows, third] += shares / 2
    derivatives[rows, fourth] += shares / 2
    return ScoreLoss(values, derivatives / scales[:, None])
