"""The losses that attacks raise, against finite differences and the laws that make them useful."""

import keras
import numpy as np
import pytest
from linear_classifier import grey_images, linear_classifier

from specnet.robustness import Classifier
from specnet.robustness.score_losses import cross_entropy, targeted_ratio

SIZE = (5, 4, 1)


def some_scores(classes, count=7, seed=0):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(size=(count, classes)), rng.integers(0, classes, count)
    return scores, labels, (labels + rng.integers(1, classes, count)) % classes


def ratio(scores, labels, targets):
    """One image after the other, from the formula."""
    found = []
    for z, y, t in zip(scores, labels, targets, strict=True):
        first, _, third, fourth = np.sort(z)[::-1][:4]
        found.append(-(z[y] - z[t]) / (first - (third + fourth) / 2))
    return np.array(found)


def slopes(loss, scores, step=1e-6):
    """Central differences by each score, (N, K)."""
    found = np.zeros_like(scores)
    for k in range(scores.shape[1]):
        way = step * np.eye(scores.shape[1])[k]
        found[:, k] = (loss(scores + way).values - loss(scores - way).values) / (2 * step)
    return found


@pytest.mark.parametrize("classes", [2, 3, 4, 5, 11])
def test_derivatives_are_the_slopes_of_the_losses(classes):
    scores, labels, targets = some_scores(classes)
    for loss in (lambda z: cross_entropy(z, labels), lambda z: targeted_ratio(z, labels, targets)):
        np.testing.assert_allclose(loss(scores).derivatives, slopes(loss, scores), atol=1e-7)


@pytest.mark.parametrize("classes", [4, 7])
def test_the_ratio_is_that_of_the_paper_and_knows_no_shift_and_no_scale(classes):
    scores, labels, targets = some_scores(classes)
    expected = ratio(scores, labels, targets)
    for scale, shift in ((1, 0), (1e4, 3.0), (1e-4, -50.0)):
        found = targeted_ratio(scale * scores + shift, labels, targets).values
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_fewer_than_four_classes_have_the_plain_difference_and_so_have_four_equal_ones():
    scores, labels, targets = some_scores(3)
    rows = np.arange(len(labels))
    plain = scores[rows, targets] - scores[rows, labels]
    np.testing.assert_allclose(targeted_ratio(scores, labels, targets).values, plain)
    level = targeted_ratio(np.ones((1, 5)), np.array([0]), np.array([3]))
    np.testing.assert_array_equal(level.derivatives, [[-1, 0, 0, 1, 0]])
    assert level.values == 0


def test_the_cross_entropy_of_a_sure_network_still_has_digits_and_a_slope():
    found = cross_entropy(np.array([[300.0, 0.0, 1.0]], "float32"), np.array([0]))
    np.testing.assert_allclose(found.values, np.exp(-300) + np.exp(-299))
    np.testing.assert_allclose(found.derivatives[0, 1:], np.exp([-300, -299]))
    assert found.derivatives[0, 0] == -found.derivatives[0, 1:].sum()


@pytest.mark.backend
@pytest.mark.graph
@pytest.mark.parametrize("softmax", [False, True])
def test_derivatives_by_the_scores_give_the_gradient_by_the_pixels(softmax):
    classifier, weights, _ = linear_classifier(SIZE, 4)
    if softmax:  # whose logarithms are less by a number that is the same for all classes
        model = keras.Sequential([classifier.model, keras.layers.Softmax()])
        classifier = Classifier(model, batch_size=4)
    images, blame = grey_images(9, SIZE), some_scores(4, 9)[0]
    blame -= blame.mean(axis=1, keepdims=True)
    expected = np.einsum("nk,hwck->nhwc", blame, weights)
    found = classifier.score_gradient(images, blame)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    labels = np.arange(9) % 4
    derivatives = cross_entropy(classifier.scores(images), labels).derivatives
    own = classifier.loss_gradient(images, labels)
    np.testing.assert_allclose(classifier.score_gradient(images, derivatives), own, atol=1e-6)
