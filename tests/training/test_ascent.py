"""Training on images that an attack has changed: where they move to, and a step."""

import keras
import numpy as np
import pytest
from keras import ops
from recipes_at_hand import SPATIAL, write

from specnet import recipe, workflow
from specnet.data import Normalization, Split
from specnet.errors import DivergedError, RecipeError
from specnet.progress import ATTACKED
from specnet.recipe.adversarial import Adversarial
from specnet.recipe.schema import Training
from specnet.robustness import Classifier
from specnet.robustness.gradient_attacks import fgsm
from specnet.robustness.norms import Ball
from specnet.training.ascent import Ascent, UnderAttack, on_moved

pytestmark = pytest.mark.backend

SHAPE, CLASSES = (5, 6, 3), 4
OF_PIXELS = Normalization((-0.4, 0.1, -1.0), (1 / 60, 1 / 255, 1 / 90))
EPSILON = 8 / 255


def linear(seed=0):
    model = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(CLASSES)]
    )
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    return model


def batch(images=7, seed=1):
    """Grey levels from 0 to 255, many of them at the ends, and labels one-hot."""
    rng = np.random.default_rng(seed)
    levels = rng.normal(128, 120, (images, *SHAPE)).clip(0, 255).round().astype("float32")
    return levels, np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, images)]


def moved(model, wanted, levels, labels, steps=0):
    """Where an ascent moves grey levels, as grey levels."""
    model.optimizer.iterations.assign(steps)
    ascent = Ascent(model, wanted, OF_PIXELS, seed=3)
    found = ascent(ops.convert_to_tensor(OF_PIXELS(levels)), ops.convert_to_tensor(labels))
    scale, offset = np.array(OF_PIXELS.scale), np.array(OF_PIXELS.offset)
    return (ops.convert_to_numpy(found).astype("float64") - offset) / scale


def test_one_step_from_the_image_is_the_sign_of_the_gradient_that_softmax_has():
    model, (levels, labels) = linear(), batch()
    kernel, bias = (weight.astype("float64") for weight in model.get_weights())
    scores = OF_PIXELS(levels).reshape(len(levels), -1) @ kernel + bias
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    gradient = ((shares - labels) @ kernel.T).reshape(levels.shape)
    expected = (levels + 255 * EPSILON * np.sign(gradient)).clip(0, 255)
    found = moved(model, Adversarial(epsilon=EPSILON, random_start=False), levels, labels)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("wanted", [{}, {"steps": 4}, {"step": 1.0}])
def test_pixels_stay_in_their_range_and_within_epsilon_and_the_loss_grows(wanted):
    model, (levels, labels) = linear(), batch()
    found = moved(model, Adversarial(epsilon=EPSILON, **wanted), levels, labels)
    assert np.abs(found - levels).max() == pytest.approx(255 * EPSILON, abs=1e-3)
    assert found.min() > -1e-3
    assert found.max() < 255 + 1e-3
    before, after = (
        ops.convert_to_numpy(model.loss.call(labels, model(OF_PIXELS(each.astype("float32")))))
        for each in (levels, found)
    )
    assert (after > before).all()


def test_a_start_at_random_follows_from_the_number_of_the_step():
    model, (levels, labels) = linear(), batch()
    wanted = Adversarial(epsilon=EPSILON, step=EPSILON / 10)
    first, again, next_one = (moved(model, wanted, levels, labels, at) for at in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - next_one).max() > 255 * EPSILON  # from one side to the other
    inner = (levels > 20) & (levels < 235)
    start = (first - levels)[inner] / (255 * EPSILON)
    assert abs(start.mean()) < 0.15
    assert 0.4 < start.std() < 0.7  # evenly over (-1, 1), 0.58


def test_the_length_of_a_step_is_that_of_the_papers():
    assert Adversarial(epsilon=0.08).length == pytest.approx(0.1)  # Wong et al.: 10 for 8
    assert Adversarial(epsilon=0.08, random_start=False).length == 0.08
    assert Adversarial(epsilon=0.08, steps=10).length == pytest.approx(0.02)
    assert Adversarial(epsilon=0.08, steps=7, step=0.03).length == 0.03


def test_an_ascent_leaves_the_model_as_it_is():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dropout(0.3, seed=1),
            layers.Dense(CLASSES),
        ]
    )
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
    before = [ops.convert_to_numpy(each) for each in model.variables]
    moved(model, Adversarial(epsilon=EPSILON, steps=2), *batch())
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(variable), value)


@pytest.mark.graph
def test_a_step_is_that_of_images_which_fgsm_has_moved():
    levels, labels = batch()
    attacked = Classifier.normalized(linear(), OF_PIXELS, batch_size=len(levels))
    ball = Ball("linf", EPSILON)
    images = fgsm(attacked, levels / 255, labels.argmax(axis=1), ball)
    expected, found = linear(), linear()
    wanted = Adversarial(epsilon=EPSILON, random_start=False)
    found.train_step = on_moved(Ascent(found, wanted, OF_PIXELS, seed=0), found.train_step)
    expected.fit(OF_PIXELS(255 * images), labels, batch_size=len(levels), verbose=0)
    found.fit(OF_PIXELS(levels), labels, batch_size=len(levels), verbose=0)
    for ours, theirs in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.graph
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("sure", [1.0, 20.0])
def test_low_precision_moves_pixels_as_float32_does_also_of_a_network_that_is_sure(precision, sure):
    """At 20 float16 has no number for the loss of many images, where they are right."""
    levels, _ = batch(64)
    signs = {}
    for policy in ("float32", precision):
        keras.config.set_dtype_policy(policy)
        try:
            model = linear()
        finally:
            keras.config.set_dtype_policy("float32")
        kernel, bias = model.get_weights()
        spread = sure / np.abs(kernel).sum(axis=0).mean() * 4
        model.set_weights([spread * kernel, spread * bias])
        model.optimizer.build(model.trainable_variables)
        scores = ops.convert_to_numpy(ops.cast(model(OF_PIXELS(levels)), "float32"))
        labels = np.eye(CLASSES, dtype="float32")[scores.argmax(axis=1)]
        wanted = Adversarial(epsilon=EPSILON, random_start=False)
        signs[policy] = np.sign(moved(model, wanted, levels, labels) - levels)
    inner = (levels > 10) & (levels < 245)
    assert (signs["float32"][inner] == signs[precision][inner]).mean() > 0.95
    assert (signs["float32"][inner] != 0).mean() > 0.95


def losses(**options):
    """Of epochs that train nothing, each on the same images twice, which move at random alone."""
    levels, labels = (np.concatenate([each, each]) for each in batch())
    accumulated = {
        key: options.pop(key) for key in ["gradient_accumulation_steps"] if key in options
    }
    model = linear()
    model.compile(keras.optimizers.SGD(0.0, **accumulated), model.loss, **options)
    wanted = Adversarial(epsilon=0.2, step=1e-6)
    model.train_step = on_moved(Ascent(model, wanted, OF_PIXELS, seed=3), model.train_step)
    seen = OF_PIXELS(levels)
    return model.fit(seen, labels, batch_size=7, epochs=3, shuffle=False, verbose=0).history["loss"]


@pytest.mark.graph
def test_each_step_of_a_training_starts_elsewhere():
    found = losses()
    assert len({round(loss, 4) for loss in found}) == 3
    np.testing.assert_allclose(losses(gradient_accumulation_steps=2), found, rtol=1e-5)
    if keras.backend.backend() != "torch":
        np.testing.assert_allclose(losses(steps_per_execution=2), found, rtol=1e-5)


@pytest.mark.parametrize(("asked", "epsilon"), [(5, 0.005), (40, 0.02), (300, 0.1)])
def test_of_two_classes_and_a_linear_network_the_share_under_attack_is_known(asked, epsilon):
    """PGD of 10 steps gets to the corner of the ball where the margin is smallest."""
    rng = np.random.default_rng(asked)
    images = rng.integers(0, 256, (211, *SHAPE)).astype("uint8")
    weights = 0.1 * rng.normal(size=(np.prod(SHAPE), 2))
    model = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.set_weights([weights, np.zeros(2)])
    seen = OF_PIXELS(images).reshape(211, -1) @ weights
    labels = np.where(rng.random(211) < 0.9, seen.argmax(axis=1), seen.argmin(axis=1))
    rows = np.linspace(0, 210, min(asked, 211)).astype(int)
    away = np.where(labels == 0, -1, 1)[:, None] * (weights[:, 1] - weights[:, 0])  # margins grow
    corner = np.clip(images.reshape(211, -1) / 255 - epsilon * np.sign(away), 0, 1)
    levels = 255 * corner.reshape(images.shape)
    margins = (OF_PIXELS(levels).reshape(211, -1) * away).sum(axis=1)

    attacks = Adversarial(epsilon=epsilon, validation_images=asked)
    split = Split(images, labels)
    found = UnderAttack(model, OF_PIXELS, split, Training(adversarial=attacks))()
    assert found[ATTACKED] == pytest.approx((margins[rows] > 0).mean(), abs=1e-9)
    assert UnderAttack(model, OF_PIXELS, split, Training())() == {}


@pytest.mark.usefixtures("undrawn")
def test_what_pgd_leaves_right_chooses_the_best_epoch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = recipe.load(
        write(tmp_path, SPATIAL),
        ["training.adversarial={epsilon: 0.03, validation_images: 20}", "training.epochs=2"],
    )
    for chosen in (1, 2):  # whatever images as they are say
        shares = iter([0.4 - 0.1 * abs(epoch - chosen) for epoch in (1, 2)])
        monkeypatch.setattr(
            UnderAttack, "__call__", lambda self, left=shares: {ATTACKED: next(left)}
        )
        trained = workflow.train(loaded, tmp_path / f"run{chosen}")
        assert trained.best["epoch"] == chosen


def test_a_score_under_attack_that_is_no_number_is_told_as_a_divergence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = recipe.load(
        write(tmp_path, SPATIAL),
        ["training.adversarial={epsilon: 0.03, validation_images: 20}", "training.epochs=1"],
    )
    monkeypatch.setattr(
        Classifier, "_batched", lambda self, scores, images: np.full((len(images), 2), np.nan)
    )
    with pytest.raises(DivergedError, match="attacked validation image is not finite in epoch 1"):
        workflow.train(loaded, tmp_path / "run")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["training.distribute=mirrored"], "is for one device"),
        (["training.adversarial.validation_images=-1"], "greater than or equal to 0"),
    ],
)
def test_what_attacks_no_validation_images_is_told(changes, words):
    asked = "training.adversarial={epsilon: 0.1, validation_images: 8}"
    with pytest.raises(RecipeError) as told:
        recipe.load("gratings-gaussian", [asked, *changes])
    assert words in str(told.value)


def test_signals_have_no_black_and_white(tmp_path):
    with pytest.raises(RecipeError) as told:
        recipe.load("chirps-gaussian", ["training.adversarial={epsilon: 0.1}"])
    assert "training.adversarial: is for images" in str(told.value)
