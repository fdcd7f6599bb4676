"""A run and a split -> metrics, as plain numbers; at the trained image size or at others.

N  images      K  classes
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
import numpy as np
from scipy.special import logsumexp

from specnet.data import Dataset, Normalization, Split, check_not_empty
from specnet.data.pipeline import Batches
from specnet.errors import UsageError
from specnet.models import builder
from specnet.models.compilation import compile_model
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.training import weights

SplitName = Literal["train", "validation", "test"]
_ONE_IN_20 = 1.645  # standard deviations


@dataclass(frozen=True)
class ClassScores:
    """How one class fared."""

    name: str
    precision: float
    recall: float
    f1: float
    images: int


@dataclass(frozen=True)
class Evaluation:
    """What a model makes of a split.

    `confusion` is K x K counts, rows true and columns predicted; `roc_auc` is given for two classes
    that both occur.
    """

    split: str
    image_size: tuple[int, ...]
    images: int
    loss: float
    accuracy: float
    roc_auc: float | None
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]

    @property
    def guessing(self) -> float:
        """Accuracy up to which a network shows no more than the most frequent class would.

        That of answering this class for every image, and what chance adds in one of 20 such sets
        of images (one-sided, a normal distribution in place of the binomial one).
        """
        share = max(map(sum, self.confusion)) / self.images
        return min(1.0, share + _ONE_IN_20 * (share * (1 - share) / self.images) ** 0.5)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def load_model(run: Run, recipe: Recipe, image_size: tuple[int, ...]) -> keras.Model:
    """The best model of a run, compiled, for images of this size.

    Raises:
        UsageError: where the model is bound to another size.
        RunError: where the weights are missing or damaged.
    """
    model = builder.build(recipe, image_size)
    if image_size != recipe.data.image_size:
        check_size_is_free(recipe, model)
    run.check_weights()
    weights.load(run, weights.BEST, model)
    compile_model(model, recipe)
    return model


def check_size_is_free(recipe: Recipe, model: keras.Model) -> None:
    """Raises UsageError, naming each layer whose weights depend on the size of the image."""
    trained = builder.build(recipe)
    bound = [
        f"{old.name}: {sum(w.size for w in old.get_weights()):,} weights instead of "
        f"{sum(w.size for w in new.get_weights()):,}"
        for old, new in zip(trained.layers, model.layers, strict=True)
        if [w.shape for w in old.weights] != [w.shape for w in new.weights]
    ]
    if bound:
        size = "x".join(map(str, recipe.data.image_size))
        raise UsageError(
            f"{recipe.name} works at {size} only; layers bound to that size:\n  "
            + "\n  ".join(bound)
            + "\nA model that ends in irfft2d and global_average_pooling2d takes any size"
        )


def evaluate(
    model: keras.Model,
    dataset: Dataset,
    split: SplitName,
    normalization: Normalization,
    batch_size: int,
    mirror: bool = False,
) -> Evaluation:
    """Measures a compiled model on one split of a dataset.

    With `mirror`, an image's probabilities are the means of its own and those of its mirror image,
    left and right; of a model that gives none, its scores.
    """
    check_not_empty(dataset, split)
    images: Split = getattr(dataset, split)

    def scored(pixels: np.ndarray) -> np.ndarray:
        part = Split(pixels, images.labels)
        batches = Batches(part, len(dataset.classes), normalization, batch_size=batch_size)
        return _predictions(model, batches)

    scores = scored(images.images)
    if mirror:
        scores = _mean(model, scores, scored(images.images[:, :, ::-1]))
    size, labels = images.images.shape[1:-1], np.asarray(images.labels)
    return measured(model, split, size, labels, dataset.classes, scores)


def _predictions(model: keras.Model, batches: Batches) -> np.ndarray:
    return np.asarray(model.predict(batches, verbose=0), "float64")


def _mean(model: keras.Model, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The mean of two models' outputs (N, K), in shares of 1 where their softmax is meant."""
    entropy = isinstance(model.loss, keras.losses.CategoricalCrossentropy)
    if not entropy or builder.ends_in(model, keras.activations.softmax):
        return (one + other) / 2
    logarithms = (each - logsumexp(each, axis=1, keepdims=True) for each in (one, other))
    return np.logaddexp(*logarithms) - np.log(2)


def _one_hot(labels: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.eye(like.shape[1], dtype=like.dtype)[labels]


def measured(
    model: keras.Model,
    split: str,
    image_size: tuple[int, ...],
    true: np.ndarray,
    classes: tuple[str, ...],
    scores: np.ndarray,
) -> Evaluation:
    """What a compiled model's scores (N, K) are worth for images of the classes `true` (N,)."""
    # scikit-learn takes a second to import; only an evaluation needs it.
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

    loss = float(model.compute_loss(y=_one_hot(true, scores), y_pred=scores))
    predicted = scores.argmax(axis=1)
    labels = list(range(len(classes)))
    table = precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0.0)
    auc = None
    if len(classes) == 2 and len(set(true.tolist())) == 2:
        auc = float(roc_auc_score(true, scores[:, 1] - scores[:, 0]))
    counts = confusion_matrix(true, predicted, labels=labels)
    return Evaluation(
        split=split,
        image_size=image_size,
        images=len(true),
        loss=loss,
        accuracy=float((true == predicted).mean()),
        roc_auc=auc,
        classes=tuple(
            ClassScores(name, float(p), float(r), float(f), int(n))
            for name, p, r, f, n in zip(classes, *table, strict=True)
        ),
        confusion=tuple(tuple(map(int, row)) for row in counts),
    )
