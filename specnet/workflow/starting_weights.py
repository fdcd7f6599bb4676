"""What a training begins with in place of random weights: those of another network, or run.

A recipe's `training.weights` names a run. Layers are matched by name, and taken where all their
weights have the same shapes; which were, and why others were not, is reported and kept in run.json.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet import data
from specnet.errors import RecipeError, RunError, SpecnetError
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.workflow.evaluation import load_model
from specnet.workflow.recorded_recipe import load_recipe


@dataclass(frozen=True)
class Start:
    """Where a training begins that goes on from another network.

    Attributes:
        weights: of the model, in place of random ones.
        facts: what run.json says of their origin.
        rule: how splits were cut for that network.
    """

    weights: Sequence[np.ndarray]
    facts: Mapping[str, Any] = field(default_factory=dict)
    rule: data.Rule = "names"


def start_of(recipe: Recipe, model: keras.Model, note: Callable[[str], None]) -> Start | None:
    """The start that `training.weights` asks for, None if it asks for none.

    Args:
        recipe: of the training.
        model: its model; layers that are not taken keep the weights that they have.
        note: is told which layers are taken.

    Raises:
        RunError: where there is no such run, or it is damaged.
        RecipeError: where none of its layers fits.
    """
    if recipe.training.weights is None:
        return None
    run, source = _opened(recipe.training.weights)
    theirs = {layer.name: layer for layer in source.layers}
    taken, fresh = [], []
    for layer in model.layers:
        if not layer.weights:
            continue
        if difference := _difference(layer, theirs.get(layer.name)):
            fresh.append(f"{layer.name} ({difference})")
            continue
        layer.set_weights(theirs[layer.name].get_weights())
        taken.append(layer.name)
    if not taken:
        raise RecipeError(
            [
                f"training.weights: {run.path}: no layer of it fits: {', '.join(fresh)}; name a "
                "run of the same layers, or leave training.weights out"
            ]
        )
    begun = f"; begin at random: {', '.join(fresh)}" if fresh else ""
    note(f"weights of {run.path}: {', '.join(taken)}{begun}")
    facts = {"weights_from": str(run.path), "weights_taken": taken}
    return Start(model.get_weights(), facts)


def check_trained(recipe: Recipe, model: keras.Model) -> None:
    """Raises RecipeError where `training.freeze` leaves nothing to train."""
    if recipe.training.freeze and model.weights and not model.trainable_variables:
        frozen = ", ".join(recipe.training.freeze)
        raise RecipeError(
            [f"training.freeze: [{frozen}] are all layers with weights; leave one to be trained"]
        )


def _opened(path: Path) -> tuple[Run, keras.Model]:
    try:
        run = Run.find(path)
        recipe = load_recipe(run)
        return run, load_model(run, recipe, recipe.data.image_size)
    except SpecnetError as error:
        raise RunError(f"training.weights: {error}") from error


def _difference(layer: keras.layers.Layer, other: keras.layers.Layer | None) -> str:
    """Why a layer cannot have the weights of another; empty if it can."""
    if other is None:
        return "not in that run"
    ours, theirs = ([tuple(each.shape) for each in one.weights] for one in (layer, other))
    if ours == theirs:
        return ""
    shown = (" and ".join("x".join(map(str, shape)) for shape in one) for one in (theirs, ours))
    return "there {}, here {}".format(*shown)
