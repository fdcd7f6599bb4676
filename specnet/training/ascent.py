"""Training steps on images that were moved to where the loss is larger, and what they are worth.

B, N  images      H, W  their height and width      C  channels
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.data import Normalization, Split
from specnet.ops.compiled import stays_here
from specnet.ops.input_gradients import gradient_by_images
from specnet.progress import ATTACKED, Row
from specnet.recipe.adversarial import Adversarial
from specnet.recipe.schema import Training
from specnet.robustness.classifier import Classifier
from specnet.robustness.gradient_attacks import pgd
from specnet.robustness.norms import Ball

Tensor = Any
Step = Callable[..., Any]
Held = Sequence[tuple[keras.Variable, Tensor]]


class Ascent:
    """Moves images to where the loss of a compiled model is larger (L-infinity).

    The model is in training mode, and nothing of it changes: what batch normalization and dropout
    would note is dropped. Where an ascent begins follows from the seed and the number of the
    step, so that a resumed training begins where one undisturbed does.

    Args:
        model: compiled.
        wanted: how far, in how many steps.
        normalization: of the pixels that the model sees, which were grey levels from 0 to 255.
        seed: of the random starts.
    """

    def __init__(
        self, model: keras.Model, wanted: Adversarial, normalization: Normalization, seed: int
    ):
        self.model, self.wanted, self._seed = model, wanted, seed
        self._random = keras.random.SeedGenerator(seed)
        black = np.array(normalization.offset, "float32")
        contrast = 255 * np.array(normalization.scale, "float32")  # white less black
        self.black = ops.convert_to_tensor(black)
        self.white = ops.convert_to_tensor(black + contrast)
        self.radius = ops.convert_to_tensor(wanted.epsilon * contrast)
        self.length = ops.convert_to_tensor(wanted.length * contrast)

    def __call__(self, images: Tensor, targets: Tensor, held: Held = ()) -> Tensor:
        """Images (B, H, W, C) in the ball around these.

        Args:
            images: as the model sees them.
            targets: what it should say of each.
            held: variables with values to take in place of their own, as in a step of JAX.
        """

        def loss(images: Tensor, targets: Tensor) -> Tensor:
            with keras.StatelessScope(held):
                outputs = self.model(images, training=True)
                pair = (ops.cast(each, self.model.loss.dtype) for each in (targets, outputs))
                losses = self.model.loss.call(*pair)
                # As the step scales it: float16 would make zeros of small gradients.
                return self.model.optimizer.scale_loss(ops.mean(losses))

        gradient, moved = gradient_by_images(loss), images
        if self.wanted.random_start:
            moved = self._inside(images + self.radius * self._anywhere(images, held), images)
        for _ in range(self.wanted.steps):
            upwards = ops.sign(gradient(moved, targets))
            upwards = ops.where(ops.isnan(upwards), ops.zeros_like(upwards), upwards)
            moved = self._inside(moved + self.length * upwards, images)
        return ops.stop_gradient(moved)

    def at_first(self) -> Held:
        """What an ascent takes from the optimizer, as it is at the first step of a training."""
        counted, optimizer = self._counted, self.model.optimizer
        held = [(counted, ops.zeros((), counted.dtype))]
        if (scale := getattr(optimizer, "dynamic_scale", None)) is not None:
            held.append((scale, ops.full((), optimizer.initial_scale, scale.dtype)))
        return held

    @property
    def _counted(self) -> keras.Variable:
        """The number of steps: `iterations` would leave out those that are accumulated."""
        optimizer = self.model.optimizer  # one that scales losses has another that counts
        return getattr(optimizer, "inner_optimizer", optimizer)._iterations

    def _anywhere(self, images: Tensor, held: Held) -> Tensor:
        """Numbers from -1 to 1, of the shape of the images."""
        with keras.StatelessScope(held):
            steps = ops.cast(self._counted.value, "uint32")
        state = ops.stack([ops.convert_to_tensor(self._seed, "uint32"), steps])
        with keras.StatelessScope([(self._random.state, state)]):
            return keras.random.uniform(ops.shape(images), -1, 1, "float32", self._random)

    def _inside(self, candidates: Tensor, images: Tensor) -> Tensor:
        near = ops.clip(candidates, images - self.radius, images + self.radius)
        return ops.clip(near, self.black, self.white)


def attached(model: keras.Model, training: Training, normalization: Normalization) -> Ascent | None:
    """Lets training steps of a compiled model see images that moved, if a recipe asks for it."""
    if training.adversarial is None:
        return None
    ascent = Ascent(model, training.adversarial, normalization, training.seed)
    model.train_step = on_moved(ascent, model.train_step)
    return ascent


def on_moved(ascent: Ascent, step: Step, measuring: bool = False) -> Step:
    """A step of the model that sees images that moved.

    Args:
        ascent: moves them.
        step: `train_step` or `test_step` of that model, as the backend calls it.
        measuring: whether an evaluation takes it. It has no state of the optimizer, and is the same
            each time: every ascent begins as that of a training's first step does.
    """
    step = stays_here(step)

    def moved_step(*given: Any) -> Any:
        *state, data = given
        images, targets, weights = keras.utils.unpack_x_y_sample_weight(data)
        held = _held(ascent.model, state[0], measuring) if state else []
        moved = ascent(images, targets, [*held, *ascent.at_first()] if measuring else held)
        return step(*state, (moved, targets, weights))

    return stays_here(moved_step)


_AT_ONCE = 128  # images


class UnderAttack:
    """The share of some validation images that PGD leaves right in eval mode, if it is asked for.

    Of 10 steps from a random start, whatever the training takes: one step from a training with one
    step would not tell where the network has only learned to hide its gradient (Wong et al. 2020).

    Args:
        model: a classifier.
        normalization: of what it sees.
        split: N images, of which some from the first to the last are taken, the same each time.
        training: says how many, within which epsilon, and the seed of the starts.
    """

    def __init__(
        self, model: keras.Model, normalization: Normalization, split: Split, training: Training
    ):
        self.model, self.normalization, self.split = model, normalization, split
        self.wanted, self._seed = training.adversarial, training.seed
        self._classifier: Classifier | None = None  # with what it has compiled

    def __call__(self) -> Row:
        """`ATTACKED` and the share; nothing if it is not asked for."""
        wanted, split = self.wanted, self.split
        if wanted is None or not wanted.validation_images:
            return {}
        if self._classifier is None:
            self._classifier = Classifier.normalized(self.model, self.normalization, _AT_ONCE)
        classifier, ball = self._classifier, Ball("linf", wanted.epsilon)
        rng = np.random.default_rng(self._seed)
        count = min(wanted.validation_images, len(split))
        rows, right = np.linspace(0, len(split) - 1, count).astype(int), 0
        for part in np.array_split(rows, -(-count // _AT_ONCE)):
            images = split.images[part].astype("float32") / 255
            labels = np.asarray(split.labels)[part]
            kept = classifier.predict(images) == labels
            attacked = pgd(classifier, images[kept], labels[kept], ball, rng=rng)
            right += int((classifier.predict(attacked) == labels[kept]).sum())
        return {ATTACKED: right / count}

    def forget(self) -> None:
        """Compiles anew, with shapes that have changed."""
        self._classifier = None


def _held(model: keras.Model, state: Sequence[Sequence[Tensor]], measuring: bool) -> Held:
    """The variables of a model and its optimizer, with the values that a step of JAX is given.

    One that measures is given none of the optimizer.
    """
    parts = [model.trainable_variables, model.non_trainable_variables]
    if not measuring:
        parts.append(model.optimizer.variables)
    return [
        pair
        for variables, values in zip(parts, state, strict=False)  # those of metrics are left out
        for pair in zip(variables, values, strict=True)
    ]
