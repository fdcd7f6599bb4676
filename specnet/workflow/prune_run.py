"""A trained network without its high frequencies: a low pass put in, saved as a run, tuned to it.

From a run to runs that differ by a low pass; what they are worth is measured elsewhere.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras

from specnet import recipe as recipes
from specnet.data import rule_of
from specnet.errors import RecipeError, RunError, UsageError
from specnet.models import builder
from specnet.progress import Reporter
from specnet.recipe.schema import LayerSpec, Recipe
from specnet.runs.directory import LARGEST, Run
from specnet.runs.files import sha256
from specnet.training import weights
from specnet.workflow.common import check_layer, layer_names, open_model
from specnet.workflow.recorded_recipe import changes_since
from specnet.workflow.starting_weights import Start
from specnet.workflow.train_recipe import train

TRANSITION = 0.05
"""Width of the edge of the low pass, in cycles/pixel."""


@dataclass(frozen=True)
class Pruning:
    """A run to which low passes are added; nothing of it changes.

    Attributes:
        run: of a classifier.
        layer: behind which layer of its model the low pass goes; None for before the network.
    """

    run: Run
    layer: str | None = None

    @cached_property
    def trained(self) -> tuple[Recipe, keras.Model]:
        """Its recipe and its model.

        Raises:
            UsageError: where it has no such layer.
        """
        recipe, model = open_model(self.run)
        check_layer(self.run, model, self.layer)
        return recipe, model

    def recipe(self, cutoff: float) -> Recipe:
        """The recipe with a low pass at a radial frequency in cycles/pixel of what it is put to."""
        recipe, _ = self.trained
        arguments = {"cutoff": cutoff, "transition": min(TRANSITION, 2 * cutoff)}
        place = "before the network" if self.layer is None else f"--layer {self.layer}"
        low_pass = LayerSpec(name="low_pass", arguments=arguments, place=place)
        if self.layer is None:
            return recipes.preceded(recipe, low_pass)
        return recipes.followed(recipe, self.layer, low_pass)

    def model(self, cutoff: float) -> keras.Model:
        """The model of that recipe with the weights of the run, not compiled.

        Raises:
            UsageError: where a low pass does not fit behind the layer.
        """
        _, trained = self.trained
        try:
            twin = builder.build(self.recipe(cutoff))
        except RecipeError as error:
            raise UsageError(
                f"{error}; a low pass takes images or spectra: name a layer that gives such"
            ) from error
        twin.set_weights(trained.get_weights())
        return twin

    def wanted(self, cutoff: float) -> Path:
        """Where the pruned run goes: next to the run itself."""
        behind = "" if self.layer is None else f"-{self.layer}"
        return self.run.beside(f"{behind}-lowpass-{cutoff:g}")


def save_pruned(
    pruning: Pruning, cutoff: float, epochs: int = 0, reporter: Reporter | None = None
) -> Run:
    """The run of a pruned network, made where it is not there yet, perhaps trained on.

    Args:
        pruning: what is pruned, and where.
        cutoff: in cycles/pixel.
        epochs: to train on with the low pass in place; one that was interrupted goes on.
        reporter: is told of the training.

    Raises:
        UsageError, RunError, DataError, InterruptedRun: as their kinds say.
    """
    wanted = pruning.wanted(cutoff)
    if epochs:
        wanted = wanted.with_name(f"{wanted.name}-tuned")
    recipe = pruning.recipe(cutoff).model_copy(update={"name": wanted.name})
    if epochs:
        training = recipe.training.model_copy(update={"epochs": epochs})
        recipe = recipe.model_copy(update={"training": training})
    origin = {"pruned_from": str(pruning.run.path), "pruned_weights": weights_digest(pruning.run)}
    begun = _begun(wanted, recipe, origin)
    if begun is not None and _is_done(begun, epochs):
        return begun
    model = pruning.model(cutoff)
    if epochs:
        start = Start(model.get_weights(), origin, rule_of(pruning.run.facts()))
        return train(recipe, wanted, reporter, begun is not None, start).run
    return _written(wanted, recipe, model, pruning.run.facts() | origin)


def _is_done(run: Run, epochs: int) -> bool:
    """Whether nothing is left to train; one that is finished may be asked for more epochs."""
    status = run.facts()["status"]
    return status == "pruned" or (status == "finished" and len(run.metrics()) >= epochs)


def weights_digest(run: Run) -> str:
    """A checksum of a run's best weights, to know them again."""
    return sha256(run.read_known(weights.BEST, LARGEST))


def _begun(wanted: Path, recipe: Recipe, origin: dict[str, Any]) -> Run | None:
    """The newest run of this name, if it is of this recipe and these weights."""
    try:
        run = Run.newest_of(wanted, recipe.name)
        facts = run.facts()
    except RunError:  # there is none
        return None
    same = all(facts.get(key) == value for key, value in origin.items())
    return run if same and not changes_since(run, recipe) else None


def _written(wanted: Path, recipe: Recipe, model: keras.Model, facts: dict[str, Any]) -> Run:
    made = Run.create(wanted)
    with made.locked():
        changed = {"status": "running", "recipe": recipe.name, "layers": layer_names(model)}
        made.begin(recipes.dump(recipe), **facts | changed)
        weights.save(made, weights.BEST, model)
        made.describe(status="pruned")
    return made
