"""What went wrong in the first step of a training, reported as a problem of the recipe.

A layer can be built and yet not computed, or have no gradient; the shape of a batch is known only
to a step. Each layer is then tried with those before it, until one fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from specnet.errors import RecipeError, SpecnetError
from specnet.messages import said
from specnet.models import builder
from specnet.ops.compiled import forget_call
from specnet.recipe.naming import specs_by_name
from specnet.recipe.schema import Recipe
from specnet.training.trainer import Trainer


@contextmanager
def explained(trainer: Trainer, recipe: Recipe) -> Iterator[None]:
    """Tells an error before the end of the first step as one of the recipe.

    Raises:
        RecipeError: with the layer that cannot be trained, where one alone is to blame.
    """
    before = trainer.progress.epoch, trainer.progress.step
    try:
        yield
    except (SpecnetError, OSError):
        raise
    except Exception as error:
        if (trainer.progress.epoch, trainer.progress.step) != before:
            raise
        raise explanation(trainer.model, recipe, error) from error


def explanation(model: keras.Model, recipe: Recipe, error: Exception) -> RecipeError:
    """An error of a first step in words: the first layer that fails with those before it."""
    specs = specs_by_name(recipe)
    if keras.backend.backend() == "jax":  # a step that failed leaves variables without values
        model = builder.build(recipe)
    for layer in model.layers:
        spec = specs.get(layer.name)
        if spec is None:  # the images
            continue
        found = _failure(model, layer, recipe.training.batch_size)
        if found is not None:
            return builder.problem(spec, f"cannot be trained: {builder.reason(found)}")
    return RecipeError([f'training: the first step failed: the backend says "{said(error)}"'])


def _failure(model: keras.Model, layer: keras.layers.Layer, rows: int) -> Exception | None:
    """What is raised by a step of the network that ends in this layer, on black images."""
    part = keras.Model(model.input, layer.output)
    try:
        output = part(np.zeros((rows, *model.input_shape[1:]), "float32"), training=True)
        if output.shape[1:] != layer.output.shape[1:]:
            raise ValueError(
                f"gives shape {tuple(output.shape[1:])}, not {tuple(layer.output.shape[1:])}"
            )
        if part.trainable_variables:
            part.compile("sgd", "mse", jit_compile=False)
            part.train_on_batch(
                np.zeros((rows, *model.input_shape[1:]), "float32"), np.zeros(output.shape)
            )
    except Exception as error:
        forget_call()
        return error
    return None
