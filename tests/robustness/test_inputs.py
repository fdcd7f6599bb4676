"""What studies cannot measure they refuse; what means the same gives the same numbers."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_classifier import linear_classifier

from specnet.errors import UsageError
from specnet.robustness import (
    STUDIES,
    Attacks,
    AutoAttack,
    Bands,
    Classifier,
    Corruptions,
    Heatmap,
    Shift,
    bands,
    measure,
)
from specnet.robustness.inputs import labels_of

pytestmark = pytest.mark.backend
SIZE, CLASSES = (6, 5, 3), 3
CLASSIFIER, _, _ = linear_classifier(SIZE, CLASSES)
IMAGES = np.random.default_rng(0).random((400, *SIZE)).astype("float32")
EACH = [np.flatnonzero(CLASSIFIER.predict(IMAGES) == number)[:4] for number in range(CLASSES)]
IMAGES, OWN = IMAGES[np.concatenate(EACH)], np.repeat(np.arange(CLASSES), 4)
FEW = {
    "bands": Bands(radii=(0.71,)),
    "heatmap": Heatmap(levels=1, norm=0.0),
    "attacks": Attacks(linf=(), l2=()),
    "shift": Shift(pixels=(0,)),
    "corruptions": Corruptions(corruptions=(), strengths=()),
    "autoattack": AutoAttack(linf=(), l2=()),
}


def share(labels, images=IMAGES, model=CLASSIFIER):
    return bands(model, images, labels, radii=(0.71,))[0].count.share


@pytest.mark.parametrize("written", [
    lambda own: own[:, None],
    lambda own: own.tolist(),
    lambda own: own.astype("uint8"),
    lambda own: np.eye(CLASSES)[own],
    lambda own: np.eye(CLASSES, dtype=bool)[own],
])  # fmt: skip
def test_labels_in_every_usual_form_give_the_same_accuracy(written):
    half = np.where(np.arange(12) % 2, OWN, (OWN + 1) % CLASSES)
    assert share(written(OWN)) == 1
    assert share(written(half)) == 0.5


@pytest.mark.parametrize(("labels", "words"), [
    (OWN + 1, "subtract 1"),
    (OWN - 1, "labels from -1 to"),
    (np.array(list("abc"))[OWN], "expected integers from 0 to 2"),
    (OWN.astype("float32"), "expected integers"),
    (np.where(OWN == 0, np.nan, OWN), "expected integers"),
    (OWN.astype(object), "expected integers"),
    (OWN[:-1], "expected one label for each image"),
    (np.stack([OWN, OWN], axis=1), "or one-hot"),
    (np.full((12, CLASSES), 1 / 3), "not one-hot"),
    (np.int64(1), "expected one label for each image"),
])  # fmt: skip
@pytest.mark.parametrize("study", STUDIES)
def test_other_labels_are_refused_by_every_study(study, labels, words):
    with pytest.raises(UsageError, match=f"^robustness: .*{words}"):
        measure(FEW[study], CLASSIFIER, IMAGES, labels)


@pytest.mark.parametrize(("images", "words"), [
    ((IMAGES - 0.5) * 4, "Classifier.model, scale=1 / std"),
    (IMAGES * 255, "expected uint8, or floats from 0 to 1"),
    ((IMAGES * 255).astype("int32"), "pixels of type int32"),
    (np.where(IMAGES > 0.99, np.nan, IMAGES), "not numbers"),
    (np.where(IMAGES > 0.99, np.inf, IMAGES), "infinite"),
    (IMAGES[0], "is images.None."),
    (IMAGES[:0], "none of them 0"),
    (IMAGES[:, :5], r"the model takes \(6, 5, 3\)"),
    (IMAGES.transpose(0, 3, 1, 2), "the model takes"),
    (IMAGES[..., :1], "the model takes"),
])  # fmt: skip
def test_other_images_are_refused(images, words):
    for study in FEW.values():
        with pytest.raises(UsageError, match=words):
            measure(study, CLASSIFIER, images, OWN[: len(images)])


def test_standardised_images_are_measured_as_the_message_says():
    """The network that was trained on (pixel - mean) / std, given both ways."""
    mean, std = 0.5, 0.25
    told = Classifier(CLASSIFIER.model, scale=1 / std, offset=-mean / std)
    own = CLASSIFIER.predict((IMAGES - mean) / std)
    assert share(own, IMAGES, told) == 1


def test_a_rounding_error_beyond_1_is_no_other_range():
    assert share(OWN, IMAGES / IMAGES.max() * np.float32(1 + 1e-6)) > 0.5


def ending_in(*layers):
    images = keras.Input(SIZE)
    return keras.Model(images, keras.Sequential([keras.layers.Flatten(), *layers])(images))


def test_models_that_give_no_scores_of_classes_are_refused():
    flat = keras.layers.Flatten()
    one = ending_in(keras.layers.Dense(1, activation="sigmoid"))
    images = keras.Input(SIZE)
    scores = keras.layers.Dense(3)(flat(images))
    refused = {
        "one score": one,
        "2 outputs": keras.Model(images, [scores, flat(images)]),
        "outputs of shape": keras.Model(images, keras.layers.Conv2D(3, 1)(images)),
    }
    for words, model in refused.items():
        with pytest.raises(UsageError, match=words):
            share(OWN, model=model)
    listed = keras.Model(images, {"scores": scores})
    assert 0 <= share(OWN, model=listed) <= 1


def test_what_the_refusal_of_one_sigmoid_advises_has_its_decisions():
    one = ending_in(keras.layers.Dense(1, activation="sigmoid"))
    kernel, bias = one.get_weights()
    bias = bias - np.median(IMAGES.reshape(12, -1) @ kernel)
    one.set_weights([kernel, bias])
    two = ending_in(keras.layers.Dense(2))
    two.set_weights([np.hstack([0 * kernel, kernel]), np.append(0, bias)])
    decisions = (one.predict(IMAGES, verbose=0)[:, 0] > 0.5).astype(int)
    assert share(decisions, model=two) == 1
    assert 0 < decisions.mean() < 1


@pytest.mark.graph
def test_probabilities_are_known_by_a_softmax_however_deep_or_have_to_be_told():
    logits = ending_in(keras.layers.Dense(CLASSES))
    weights = logits.get_weights()
    soft = ending_in(keras.layers.Dense(CLASSES), keras.layers.Softmax())
    hidden = ending_in(
        keras.layers.Dense(CLASSES), keras.layers.Softmax(), keras.layers.Reshape((CLASSES,))
    )
    for model in (soft, hidden):
        model.set_weights(weights)
    expected = Classifier(logits).loss_gradient(IMAGES, OWN)
    with pytest.raises(UsageError, match="probabilities=True"):
        share(OWN, model=hidden)
    for known in (Classifier(soft), Classifier(hidden, probabilities=True)):
        assert known.probabilities
        np.testing.assert_allclose(known.loss_gradient(IMAGES, OWN), expected, atol=1e-5)
    with pytest.raises(UsageError, match="probabilities=False"):
        share(OWN, model=Classifier(logits, probabilities=True))


def test_scores_that_are_not_numbers_are_no_class():
    broken = ending_in(keras.layers.Dense(CLASSES))
    broken.set_weights([np.full_like(each, np.nan) for each in broken.get_weights()])
    with pytest.raises(UsageError, match="of 12 among 12 images"):
        share(OWN, model=broken)


@pytest.mark.parametrize(("study", "options"), [
    (Attacks, {"starts": 0}), (Attacks, {"steps": 0}), (Attacks, {"linf": (-0.1,)}),
    (Attacks, {"l2": (float("nan"),)}), (Attacks, {"queries": 1.5}),
    (Bands, {"radii": (-1,)}), (Bands, {"radii": ("0.1",)}),
    (Heatmap, {"levels": 0}), (Heatmap, {"norm": float("inf")}),
    (Shift, {"pixels": (1.5,)}), (Shift, {"borders": ("zero",)}),
    (Corruptions, {"strengths": (0,)}), (Corruptions, {"strengths": (6,)}),
    (Corruptions, {"corruptions": ("fog",)}),
])  # fmt: skip
def test_settings_that_would_measure_something_else_are_refused(study, options):
    (name,) = options
    with pytest.raises(UsageError, match=f"robustness: .*: {name}: expected"):
        study(**options)


def test_images_of_two_channels_are_not_corrupted():
    classifier, _, _ = linear_classifier((6, 5, 2))
    study = Corruptions(corruptions=("jpeg",), strengths=(1,))
    with pytest.raises(UsageError, match="2 channels"):
        measure(study, classifier, IMAGES[..., :2], OWN * 0)


@settings(max_examples=60)
@given(
    labels=st.lists(st.integers(-3, 9), min_size=1, max_size=6),
    classes=st.integers(2, 6),
    dtype=st.sampled_from(["int8", "int64", "uint8", "float64", "bool", "U3"]),
)
def test_labels_are_taken_as_they_are_or_not_at_all(labels, classes, dtype):
    written = np.array(labels).astype(dtype)
    whole = dtype not in ("float64", "U3") and written.min() >= 0 and written.max() < classes
    if whole:
        np.testing.assert_array_equal(labels_of(written, len(labels), classes), written)
    else:
        with pytest.raises(UsageError):
            labels_of(written, len(labels), classes)
