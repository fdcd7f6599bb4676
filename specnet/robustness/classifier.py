"""A trained network as studies of robustness see it: pixels in; classes, losses and gradients out.

What depends on Keras and its backend. Studies compute in NumPy.

    N  images      H, W  their height and width      C  channels      K  classes
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.data import Normalization
from specnet.errors import UsageError
from specnet.messages import counted
from specnet.models.builder import ends_in, last_layer
from specnet.ops.compiled import stays_here
from specnet.ops.input_gradients import gradient_by_images

Tensor = Any
Function = Callable[..., Tensor]
Check = Callable[[], None]

_SMALLEST = float(np.finfo("float32").tiny)


def _nothing() -> None:
    """The check of those who let a study run to its end."""


class Classifier:
    """A model in eval mode (`training=False`), with the normalization of its images inside.

    Losses are cross-entropies of the scores as logits, also of models that were trained for mean
    squares: an attack asks for a loss that grows as the right class falls behind, and with squares
    it would also grow by making the right class too sure. Of a softmax the logarithm is taken.

    Args:
        model: maps (N, H, W, C) to K scores, at least two: logits, or probabilities of a softmax.
        scale, offset: a number each, or one for each channel: the model sees pixel * scale + offset
            of pixels in [0, 1].
        batch_size: images that go through the model at once; smaller rests are filled up, so that
            every function is compiled for one shape only.
        probabilities: whether the scores are probabilities already; if not given, that is so where
            the last layer is a softmax.
        check: is called before each batch; what it raises ends a study, some of which ask a model
            thousands of times.

    Raises:
        UsageError: when it is first asked, where the model gives something else than K scores.
    """

    def __init__(
        self,
        model: keras.Model,
        scale: float | Sequence[float] = 1.0,
        offset: float | Sequence[float] = 0.0,
        batch_size: int = 64,
        probabilities: bool | None = None,
        check: Check = _nothing,
    ):
        self.model, self.batch_size, self.check = model, batch_size, check
        self._scale, self._offset = np.asarray(scale, "float32"), np.asarray(offset, "float32")
        softmax = ends_in(model, keras.activations.softmax)
        self.probabilities = softmax if probabilities is None else probabilities
        compiled = _BACKENDS[keras.backend.backend()]
        self._called = stays_here(lambda images: self.model(images, training=False))
        self._scores = compiled(self._logits, model)
        self._losses = compiled(self._cross_entropies, model)
        self._gradient = compiled(gradient_by_images(self._cross_entropies), model)
        self._direction = compiled(gradient_by_images(self._scaled_losses), model)
        self._score_gradient = compiled(gradient_by_images(self._weighted), model)

    @classmethod
    def normalized(
        cls,
        model: keras.Model,
        normalization: Normalization,
        batch_size: int = 64,
        check: Check = _nothing,
    ) -> "Classifier":
        """A model with a run's normalization, which is of grey levels from 0 to 255."""
        scale = 255 * np.array(normalization.scale)
        return cls(model, scale.tolist(), normalization.offset, batch_size, check=check)

    @cached_property
    def for_few(self) -> "Classifier":
        """The same with an eighth of the batch: for the few images that a long attack leaves.

        It is compiled anew, which pays where there are hundreds of calls.
        """
        scale, offset = self._scale.tolist(), self._offset.tolist()
        few = max(self.batch_size // 8, 1)
        return Classifier(self.model, scale, offset, few, self.probabilities, self.check)

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Logits, float32 (N, K); UsageError where one is not a number."""
        found = self._batched(self._scores, images)
        wrong = np.isnan(found).any(axis=1).sum()
        if wrong:
            raise UsageError(
                f"robustness: of {wrong} among {counted(len(found), 'image')} the model's scores "
                "are not numbers; look at its weights, or at what it was trained on"
            )
        return found

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Classes, int (N,)."""
        return self.scores(images).argmax(axis=1)

    def margins(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """By how much the right score is ahead of the best wrong one, (N,); fooled below 0."""
        scores, rows = self.scores(images), np.arange(len(labels))
        right = scores[rows, labels]
        scores[rows, labels] = -np.inf
        return right - scores.max(axis=1)

    def losses(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Cross-entropy of each image, float32 (N,)."""
        return self._batched(self._losses, images, labels)

    def loss_gradient(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The gradient of each image's loss by its pixels, float32 (N, H, W, C)."""
        return self._batched(self._gradient, images, labels)

    def loss_direction(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The same, times a positive number of each image, (N, H, W, C).

        Where a network is sure of an image, the gradient of its loss is too small for float32, or
        for the float16 it was trained in, and an attack that follows it would stay where it is.
        Here the derivatives by the wrong scores are divided by the largest of them.
        """
        return self._batched(self._direction, images, labels)

    def score_gradient(self, images: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The gradient by the pixels of each image's scores, weighted and added up.

        With the derivatives of a loss by the logits as weights, it is the gradient of that loss.

        Args:
            images: pixels (N, H, W, C) in [0, 1].
            weights: (N, K), one for each logit.

        Returns:
            float32 (N, H, W, C).
        """
        return self._batched(self._score_gradient, images, weights.astype("float32", copy=False))

    def _batched(self, function: Function, images: np.ndarray, *others: np.ndarray) -> np.ndarray:
        arrays = [images.astype("float32", copy=False)]
        arrays += [each if each.dtype == "float32" else each.astype("int32") for each in others]
        parts = []
        for start in range(0, max(len(images), 1), self.batch_size):
            batch = [array[start : start + self.batch_size] for array in arrays]
            filled = [_filled(each, self.batch_size) for each in batch]
            self.check()
            parts.append(ops.convert_to_numpy(function(*filled))[: len(batch[0])])
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _logits(self, images: Tensor) -> Tensor:
        seen = ops.add(ops.multiply(images, self._scale), self._offset)
        with _without_softmax(self.model, self.probabilities) as without:
            scores = ops.cast(_only(self._called(seen)), "float32")
        if without:
            return ops.log_softmax(scores, axis=1)
        return ops.log(ops.maximum(scores, _SMALLEST)) if self.probabilities else scores

    def _weighted(self, images: Tensor, weights: Tensor) -> Tensor:
        return ops.sum(self._logits(images) * weights, axis=1)

    def _cross_entropies(self, images: Tensor, labels: Tensor) -> Tensor:
        logits = self._logits(images)
        return ops.logsumexp(logits, axis=1) - ops.sum(logits * _one_hot(labels, logits), axis=1)

    def _scaled_losses(self, images: Tensor, labels: Tensor) -> Tensor:
        """Of which only the gradient is one of the losses."""
        logits = self._logits(images)
        known, right = ops.stop_gradient(logits), _one_hot(labels, logits)
        wrong = ops.where(right > 0, -np.inf, known)
        shares = ops.exp(wrong - ops.max(wrong, axis=1, keepdims=True))
        return ops.sum(logits * (shares - right * ops.sum(shares, axis=1, keepdims=True)), axis=1)


def _one_hot(labels: Tensor, logits: Tensor) -> Tensor:
    if len(labels.shape) != 1:
        raise UsageError(f"robustness: labels of shape {labels.shape}; expected one an image")
    return ops.one_hot(labels, logits.shape[1], dtype=logits.dtype)


def _only(outputs: Any) -> Tensor:
    """The scores (N, K) among what a model gives; UsageError where there are none, or several."""
    found = keras.tree.flatten(outputs)
    shapes = [tuple(getattr(each, "shape", ())) for each in found]
    if len(found) != 1:
        raise UsageError(
            f"robustness: the model gives {counted(len(found), 'output')}, of shapes "
            f"{', '.join(map(str, shapes))}; choose the scores: "
            "keras.Model(model.inputs, model.outputs[0])"
        )
    if len(shapes[0]) != 2:
        raise UsageError(
            f"robustness: the model gives outputs of shape {shapes[0]}; expected (N, K), a score "
            "for each of K classes"
        )
    if shapes[0][1] == 1:
        raise UsageError(
            "robustness: the model gives one score; expected one for each class. Two classes have "
            "two: end the model in Dense(2), whose first kernel column and bias are 0 and whose "
            "second ones are those of the single score before its sigmoid"
        )
    return found[0]


def _filled(batch: np.ndarray, size: int) -> np.ndarray:
    """(size, ...): zeros after the batch."""
    if len(batch) == size:
        return batch
    return np.concatenate([batch, np.zeros((size - len(batch), *batch.shape[1:]), batch.dtype)])


def _tensorflow_compiled(function: Function, model: keras.Model) -> Function:
    import tensorflow as tf

    # As the model was compiled for training: XLA makes some models faster, others slower.
    whole = getattr(model, "jit_compile", None) is True
    return tf.function(function, jit_compile=whole or None, autograph=False)


def _jax_compiled(function: Function, model: keras.Model) -> Function:
    import jax

    # Weights are arguments: as constants, they would stay what they were.
    @jax.jit
    def run(weights: Sequence[Tensor], *arguments: Tensor) -> Tensor:
        with keras.StatelessScope(list(zip(model.variables, weights, strict=True))):
            return function(*arguments)

    return lambda *arguments: run([each.value for each in model.variables], *arguments)


def _as_it_is(function: Function, model: keras.Model) -> Function:
    return function


# How a function of tensors is compiled.
_BACKENDS: dict[str, Callable[..., Function]] = {
    "tensorflow": _tensorflow_compiled,
    "jax": _jax_compiled,
    "torch": _as_it_is,
}


@contextmanager
def _without_softmax(model: keras.Model, wanted: bool) -> Iterator[bool]:
    """Within, the last layer gives the logits that its softmax is of; whether it does.

    Of probabilities that are too small for their dtype no gradient is left, and that of their
    logarithm is too large for float16.
    """
    last = last_layer(model)
    softmax = getattr(last, "activation", None)
    if not wanted or softmax is not keras.activations.softmax:
        yield False
        return
    last.activation = keras.activations.linear
    try:
        yield True
    finally:
        last.activation = softmax
