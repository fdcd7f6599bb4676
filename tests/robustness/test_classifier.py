"""What a classifier answers, against NumPy and finite differences."""

import keras
import numpy as np
import pytest
from linear_classifier import grey_images, linear_classifier
from recipes_at_hand import write
from scipy.special import log_softmax, softmax

from specnet import recipe as loader
from specnet.data import Dataset, Normalization, Split
from specnet.layers import LowPass
from specnet.models import builder, compilation
from specnet.robustness import Classifier, attacks
from specnet.workflow import evaluation

pytestmark = [pytest.mark.backend, pytest.mark.graph]
SIZE = (7, 6, 3)
SMOOTH = """
data: {source: gratings, image_size: [16, 15]}
model: [rfft2d, gaussian: {filters: 4}, gaussian: {filters: 3}, flatten, dense: {units: 2}]
"""


def test_scores_losses_and_gradients_of_a_linear_model_are_known():
    scale, offset = np.array([2.0, 3.0, 0.5]), (-1.0, 0.2, 0.0)
    classifier, weights, bias = linear_classifier(SIZE, 3, scale=scale.tolist(), offset=offset)
    images, labels = grey_images(11, SIZE), np.arange(11) % 3  # a batch of 8, and a rest
    scores = np.einsum("nhwc,hwck->nk", images * scale + np.array(offset), weights) + bias
    blame = softmax(scores, axis=1) - np.eye(3)[labels]
    gradient = np.einsum("nk,hwck->nhwc", blame, weights * scale[:, None])
    np.testing.assert_allclose(classifier.scores(images), scores, atol=1e-5)
    np.testing.assert_array_equal(classifier.predict(images), scores.argmax(axis=1))
    losses = -log_softmax(scores, axis=1)[np.arange(11), labels]
    np.testing.assert_allclose(classifier.losses(images, labels), losses, atol=1e-5)
    np.testing.assert_allclose(classifier.loss_gradient(images, labels), gradient, atol=1e-6)


def test_a_classifier_for_few_images_answers_the_same():
    linear, _, _ = linear_classifier(SIZE, 3)
    for probabilities in (True, False):  # what a score is, whatever the layers say
        whole = Classifier(linear.model, [2.0, 3.0, 0.5], (-1.0, 0.2, 0.0), 16, probabilities)
        images = grey_images(3, SIZE)
        assert whole.for_few.batch_size == 2
        np.testing.assert_allclose(whole.for_few.scores(images), whole.scores(images), atol=1e-5)


def test_no_images_get_no_answers():
    classifier, _, _ = linear_classifier(SIZE)
    assert classifier.predict(grey_images(0, SIZE)).shape == (0,)
    assert classifier.loss_gradient(grey_images(0, SIZE), np.zeros(0, int)).shape == (0, *SIZE)


@pytest.mark.parametrize("sure", [1.0, 30.0, 1e4])
def test_the_direction_of_a_loss_is_that_of_its_gradient_however_sure_the_network_is(sure):
    """From margins of 1 to those of thousands, whose gradients no float32 can hold."""
    classifier, weights, bias = linear_classifier(SIZE, 3)
    classifier.model.layers[-1].set_weights([sure * weights.reshape(-1, 3), sure * bias])
    images, labels = grey_images(9, SIZE), np.arange(9) % 3
    scores = sure * (np.einsum("nhwc,hwck->nk", images.astype("float64"), weights) + bias)
    wrong = np.where(np.eye(3)[labels] > 0, -np.inf, scores)
    shares = np.exp(wrong - wrong.max(axis=1, keepdims=True))
    blame = shares - np.eye(3)[labels] * shares.sum(axis=1, keepdims=True)
    exact = np.einsum("nk,hwck->nhwc", blame, sure * weights)
    found = classifier.loss_direction(images, labels)
    np.testing.assert_allclose(found / sure, exact / sure, atol=1e-3 * np.abs(exact).max() / sure)
    if sure == 1:
        gradient = classifier.loss_gradient(images, labels)
        factors = (found * gradient).sum(axis=(1, 2, 3)) / (gradient**2).sum(axis=(1, 2, 3))
        assert (factors > 0).all()
        np.testing.assert_allclose(found, gradient * factors[:, None, None, None], atol=1e-5)


def test_attacks_fool_a_network_of_float16_that_is_sure():
    """Whose losses have gradients of 0, for float16 holds nothing below 6e-8."""
    images, labels = grey_images(8, SIZE), np.zeros(8, int)
    found = {}
    for precision in ("float32", "mixed_float16"):
        inner = keras.layers.Dense(2, dtype=keras.DTypePolicy(precision))
        inputs = keras.Input(SIZE)
        flat = keras.layers.Flatten()(inputs)
        model = keras.Model(inputs, keras.layers.Activation("linear", dtype="float32")(inner(flat)))
        rng = np.random.default_rng(0)
        weights = rng.normal(size=(int(np.prod(SIZE)), 2))
        model.set_weights([weights, np.array([30.0, 0.0])])
        found[precision] = Classifier(model, batch_size=8).loss_direction(images, labels)
    assert (found["mixed_float16"] != 0).mean() > 0.99
    np.testing.assert_array_equal(np.sign(found["mixed_float16"]), np.sign(found["float32"]))


def test_the_gradient_of_a_softmax_that_is_very_sure_is_not_lost():
    classifier, weights, _ = linear_classifier(SIZE)
    sure = classifier.model.layers[-1]
    sure.set_weights([weights.reshape(-1, 2), np.array([40.0, 0.0])])  # 1 - exp(-17) is 1
    soft = keras.Sequential([classifier.model, keras.layers.Softmax()])
    images, labels = grey_images(3, SIZE), np.zeros(3, int)
    gradient = Classifier(soft, batch_size=4).loss_gradient(images, labels)
    away = np.broadcast_to(weights[..., 1] - weights[..., 0], gradient.shape)
    np.testing.assert_array_equal(np.sign(gradient), np.sign(away))


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_a_softmax_has_the_gradient_of_the_logits_in_it_whatever_the_precision(precision):
    """However sure, and with two small layers in one model: the softmax is there afterwards."""
    images, labels = grey_images(8, SIZE), np.zeros(8, int)
    found = {}
    for activation in (None, "softmax"):
        policy = keras.DTypePolicy(precision)
        dense = keras.layers.Dense(3, activation=activation, dtype=policy)
        model = keras.Sequential([keras.Input(SIZE), keras.layers.Flatten(), dense])
        rng = np.random.default_rng(0)
        model.set_weights([rng.normal(size=(int(np.prod(SIZE)), 3)), np.array([60.0, 0, 30])])
        found[activation] = Classifier(model, batch_size=8).loss_direction(images, labels)
    np.testing.assert_allclose(found["softmax"], found[None], atol=1e-3 * np.abs(found[None]).max())
    assert dense.activation is keras.activations.softmax
    np.testing.assert_allclose(np.sum(model(images), axis=1), 1, atol=1e-2)


@pytest.fixture
def spectral(tmp_path):
    """Filters in one loop where the backend has it, without a kink in its loss."""
    recipe = loader.load(write(tmp_path, SMOOTH))
    model = builder.build(recipe)
    compilation.compile_model(model, recipe)
    return model


def test_gradients_of_a_spectral_network_are_the_slopes_of_its_loss(spectral):
    classifier = Classifier(spectral, batch_size=4)
    images, labels = grey_images(3, (16, 15, 1)), np.array([0, 1, 0])
    way = np.random.default_rng(3).normal(size=images.shape).astype("float32")
    step = 1e-3
    ahead, behind = (
        classifier.losses(images + sign * step * way, labels).astype("float64") for sign in (1, -1)
    )
    found = (classifier.loss_gradient(images, labels) * way).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), atol=3e-3, rtol=1e-2)


def test_training_moves_the_answers(spectral):
    classifier = Classifier(spectral, batch_size=4)
    images = grey_images(3, (16, 15, 1))
    before = classifier.scores(images)
    spectral.layers[-1].bias.assign([1.0, -2.0])
    np.testing.assert_allclose(classifier.scores(images) - before, [[1, -2]] * 3, atol=1e-5)


def test_the_gradient_goes_through_a_low_pass_in_front_of_the_network():
    _, weights, _ = linear_classifier((12, 9, 1))
    model = keras.Sequential(
        [keras.Input((12, 9, 1)), LowPass(0.25, transition=0.0), keras.layers.Flatten()]
    )
    model.add(keras.layers.Dense(2))
    model.layers[-1].set_weights([weights.reshape(-1, 2), np.zeros(2)])
    gradient = Classifier(model, batch_size=4).loss_gradient(
        grey_images(4, (12, 9, 1)), np.zeros(4, int)
    )
    radii = np.hypot(np.fft.fftfreq(12)[:, None], np.fft.rfftfreq(9))
    power = np.abs(np.fft.rfft2(gradient[..., 0])).sum(axis=0)
    assert power[radii > 0.251].max() < 1e-4 * power[radii < 0.249].max()


def test_accuracy_without_attack_is_that_of_an_evaluation(spectral, rng):
    images = rng.integers(0, 256, (37, 16, 15, 1)).astype("uint8")
    split = Split(images, rng.integers(0, 2, 37).astype("int32"))
    normalization = Normalization((-0.3,), (1 / 99,))
    dataset = Dataset(split, split, split, ("a", "b"))
    expected = evaluation.evaluate(spectral, dataset, "test", normalization, batch_size=8)
    classifier = Classifier.normalized(spectral, normalization, batch_size=8)
    (clean,) = attacks(classifier, split.images, split.labels, linf=(), l2=())
    assert clean.setting["epsilon"] == 0
    assert clean.count.images == 37
    assert clean.count.share == pytest.approx(expected.accuracy)
