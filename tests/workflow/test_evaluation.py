"""What an evaluation says, against scikit-learn on the model's own predictions, and by hand."""

import numpy as np
import pytest
from recipes_at_hand import tiny
from scipy.stats import binom
from sklearn.metrics import f1_score, roc_auc_score

from specnet.data import Dataset, Normalization, Split
from specnet.errors import DataError
from specnet.models import builder, compilation
from specnet.workflow import evaluation


@pytest.fixture
def two_classes(rng):
    """A dataset of noise with two classes, uneven, not a multiple of a batch."""
    images = rng.integers(0, 256, (37, 16, 15, 1)).astype("uint8")
    split = Split(images, (np.arange(37) % 3 == 0).astype("int32"))
    empty = Split(split.images[:0], split.labels[:0])
    return Dataset(split, split, empty, ("rest", "third"))


@pytest.fixture
def model(tmp_path):
    recipe = tiny(tmp_path, "model[4].dense.units=2", "model[3].dropout.rate=0.9")
    built = builder.build(recipe)
    compilation.compile_model(built, recipe)
    return built


UNIT = Normalization((0.0,), (1 / 255,))


def test_scores_are_those_of_the_models_predictions(model, two_classes):
    found = evaluation.evaluate(model, two_classes, "validation", UNIT, batch_size=8)
    split = two_classes.validation
    logits = model.predict(split.images / 255.0, verbose=0)
    predicted = logits.argmax(1)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert found.images == 37
    assert found.accuracy == pytest.approx((predicted == split.labels).mean())
    assert found.loss == pytest.approx(
        -np.log(shares[np.arange(37), split.labels]).mean(), rel=1e-4
    )
    assert found.roc_auc == pytest.approx(roc_auc_score(split.labels, shares[:, 1]))
    assert found.classes[1].f1 == pytest.approx(f1_score(split.labels, predicted))
    for true in range(2):
        for taken in range(2):
            count = np.sum((split.labels == true) & (predicted == taken))
            assert found.confusion[true][taken] == count


def test_mirrored_probabilities_are_the_mean_of_both_images(model, two_classes):
    found = evaluation.evaluate(model, two_classes, "validation", UNIT, 8, mirror=True)
    split = two_classes.validation
    shares = np.zeros((37, 2))
    for images in (split.images, split.images[:, :, ::-1]):
        logits = model.predict(images / 255.0, verbose=0).astype("float64")
        shares += np.exp(logits) / np.exp(logits).sum(1, keepdims=True) / 2
    assert found.accuracy == pytest.approx((shares.argmax(1) == split.labels).mean())
    loss = -np.log(shares[np.arange(37), split.labels]).mean()
    assert found.loss == pytest.approx(loss, rel=1e-4)
    assert found.roc_auc == pytest.approx(roc_auc_score(split.labels, shares[:, 1]))
    once = evaluation.evaluate(model, two_classes, "validation", UNIT, 8)
    assert found.loss != pytest.approx(once.loss, rel=1e-3)


@pytest.mark.parametrize("counts", [(50, 50), (700, 900), (10, 30, 20), (1000,) * 10, (40, 0)])
def test_guessing_ends_where_the_binomial_distribution_of_the_most_frequent_class_does(counts):
    images = sum(counts)
    scores = evaluation.Evaluation(
        "test", (8, 8), images, 1.0, 0.5, None, (), tuple((count, 0) for count in counts)
    )
    end = binom.ppf(0.95, images, max(counts) / images) / images
    assert scores.guessing == pytest.approx(end, abs=1 / images)


def test_an_empty_split_is_explained(model, two_classes):
    with pytest.raises(DataError, match="the test split is empty"):
        evaluation.evaluate(model, two_classes, "test", UNIT, batch_size=8)
