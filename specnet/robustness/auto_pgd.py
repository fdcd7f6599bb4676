"""APGD: projected gradient ascent with momentum that chooses the length of its steps itself.

Croce & Hein 2020 (arXiv 2003.01690), section 3 and algorithm 1.

    N  images      H, W  their height and width      C  channels      K  classes
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from specnet.robustness.classifier import Classifier
from specnet.robustness.norms import Ball
from specnet.robustness.score_losses import ScoreLoss, cross_entropy, targeted_ratio

_MOMENTUM = 0.75  # how much of a step is the new one, the rest is the one before
_RISING = 0.75  # of the steps since a checkpoint, that must raise the loss
_FIRST, _SHORTER, _LEAST = 22, 3, 6  # of periods between checkpoints, in hundredths of all steps


def auto_pgd(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    ball: Ball,
    steps: int = 100,
    targets: np.ndarray | None = None,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Raises a loss of images, each with its own length of step, until the classifier is fooled.

    A step is at first 2 radius long. At each of the `checkpoints` an image whose loss rose in too
    few steps since the last one, or got no higher than before with steps of the same length, goes
    back to where its loss was largest, and its steps become half as long.

    Args:
        classifier: to be fooled.
        images: pixels float32 (N, H, W, C) in [0, 1].
        labels: int (N,), the classes to get away from.
        ball: how far.
        steps: number of gradients.
        targets: int (N,), the classes that `targeted_ratio` goes to; if not given, the loss is the
            cross-entropy.
        rng: draws where in the ball to start; from the images themselves if not given.

    Returns:
        Images (N, H, W, C), inside the ball and in [0, 1]: the first that fool the classifier, and
        those of the largest loss where none does.
    """
    start = images if rng is None else ball.random(images, rng)
    found = start.copy()
    ascent = _begun(classifier, images, labels, targets, start, ball)
    ends = checkpoints(steps)[1:]
    began = 0
    for step in range(steps + 1):
        fooled = ascent.scores.argmax(axis=1) != ascent.labels
        found[ascent.rows[fooled]] = ascent.points[fooled]
        ascent = ascent.chosen(~fooled)
        if step == steps or not len(ascent.rows):
            break
        if step in ends:
            _check(ascent, step - began)
            began = step
        _step(classifier, ascent, ball, 1.0 if step == 0 else _MOMENTUM)
    found[ascent.rows] = ascent.best
    return found


def checkpoints(steps: int) -> list[int]:
    """The steps after which APGD looks back, from 0: those of 100 are 0, 22, 41, 57, ..., 99."""
    places, period = [0], _FIRST
    while places[-1] + period <= 100:
        places.append(places[-1] + period)
        period = max(period - _SHORTER, _LEAST)
    return sorted({-(-place * steps // 100) for place in places})  # rounded up


@dataclass(eq=False)
class _Ascent:
    """The images that are not fooled yet; every array has a row for each of them.

    Attributes:
        rows: which of all the images they are.
        images, labels, targets: as given; targets -1 without any.
        points, scores, values: where they are now, and the scores and the loss there.
        before: the points one step ago.
        best, best_scores, best_values: where the loss was largest.
        sizes: lengths of the next step.
        rises: steps since the last checkpoint that raised the loss.
        checked: the largest loss at the last checkpoint.
        halved: whether the steps became shorter there.
    """

    rows: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    targets: np.ndarray
    points: np.ndarray
    scores: np.ndarray
    values: np.ndarray
    before: np.ndarray
    best: np.ndarray
    best_scores: np.ndarray
    best_values: np.ndarray
    sizes: np.ndarray
    rises: np.ndarray
    checked: np.ndarray
    halved: np.ndarray

    def chosen(self, keep: np.ndarray) -> "_Ascent":
        """Those images alone, bool (N,)."""
        if keep.all():
            return self
        return replace(self, **{each.name: getattr(self, each.name)[keep] for each in fields(self)})

    def loss(self) -> ScoreLoss:
        """Where the images are now."""
        if (self.targets < 0).any():
            return cross_entropy(self.scores, self.labels)
        return targeted_ratio(self.scores, self.labels, self.targets)


def _begun(
    classifier: Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    targets: np.ndarray | None,
    start: np.ndarray,
    ball: Ball,
) -> _Ascent:
    count, scores = len(images), classifier.scores(start)
    ascent = _Ascent(
        rows=np.arange(count),
        images=images,
        labels=labels,
        targets=np.full(count, -1) if targets is None else targets,
        points=start,
        scores=scores,
        values=np.zeros(count),
        before=start,
        best=start.copy(),
        best_scores=scores.copy(),
        best_values=np.zeros(count),
        sizes=np.full(count, 2 * ball.radius, "float32"),
        rises=np.zeros(count, int),
        checked=np.zeros(count),
        halved=np.zeros(count, bool),
    )
    ascent.values = ascent.loss().values
    ascent.best_values, ascent.checked = ascent.values.copy(), ascent.values.copy()
    return ascent


def _step(classifier: Classifier, ascent: _Ascent, ball: Ball, momentum: float) -> None:
    """Moves the images once along the gradient, and looks at the scores there."""
    move = ball.steepest(_gradient(classifier, ascent))
    move *= ascent.sizes[:, None, None, None]
    move += ascent.points
    ahead = ball.project(move, ascent.images)
    if momentum < 1:
        ahead -= ascent.points
        ahead *= np.float32(momentum)
        ahead += np.float32(1 - momentum) * (ascent.points - ascent.before)
        ahead += ascent.points
        ahead = ball.project(ahead, ascent.images)
    ascent.before, ascent.points = ascent.points, ahead
    ascent.scores = classifier.scores(ahead)
    values = ascent.loss().values
    ascent.rises += values > ascent.values
    ascent.values = values
    better = values > ascent.best_values
    ascent.best[better], ascent.best_values[better] = ahead[better], values[better]
    ascent.best_scores[better] = ascent.scores[better]


def _gradient(classifier: Classifier, ascent: _Ascent) -> np.ndarray:
    """Of the loss by the pixels, times a number above 0 that keeps it from rounding to 0."""
    derivatives = ascent.loss().derivatives
    largest = np.abs(derivatives).max(axis=1, keepdims=True)
    weights = derivatives / np.where(largest > 0, largest, 1)
    return classifier.score_gradient(ascent.points, weights)


def _check(ascent: _Ascent, steps: int) -> None:
    """Halves steps that did not help, and goes back to the best points, `steps` after the last."""
    stuck = ~ascent.halved & (ascent.best_values <= ascent.checked)
    halve = (ascent.rises < _RISING * steps) | stuck
    ascent.sizes[halve] /= 2
    points, scores, values = ascent.points.copy(), ascent.scores.copy(), ascent.values.copy()
    points[halve], scores[halve] = ascent.best[halve], ascent.best_scores[halve]
    values[halve] = ascent.best_values[halve]
    ascent.points, ascent.scores, ascent.values = points, scores, values
    ascent.halved, ascent.checked = halve, ascent.best_values.copy()
    ascent.rises[:] = 0
