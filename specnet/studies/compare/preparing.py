"""Before the first trial: every model built, the data read once, sizes and epochs made equal.

Runs in a process of its own, so that the command itself never loads a backend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from specnet import data, environment
from specnet.errors import RecipeError, UsageError
from specnet.models import builder, cost
from specnet.ops.compiled import use_precision
from specnet.recipe.schema import Data, Recipe
from specnet.studies.compare import matching
from specnet.studies.compare.plan import Match
from specnet.studies.engine.subjects import as_json, read_recipe
from specnet.workflow import evaluation


@dataclass(frozen=True)
class Facts:
    """What is known of a contender before it is trained.

    Attributes:
        recipe: as it is trained, widened or with other epochs where that was asked for.
        parameters: weights of the network.
        flops: operations of a forward pass of one image; `uncounted` layers are not in it.
        sizes: at which it can be tested, in pixels along a side.
        note: what a reader should know of how it was made equal.
    """

    recipe: dict[str, Any]
    parameters: int
    flops: int
    uncounted: list[str]
    sizes: list[int]
    note: str | None = None


def prepare(
    contenders: Sequence[Mapping[str, Any]], match: Match | None, eval_sizes: Sequence[int]
) -> dict[str, Any]:
    """Answers with `facts` (label -> `Facts` as a mapping) and the `machine`.

    Args:
        contenders: label, recipe and against of each, as JSON.
        match, eval_sizes: of the plan.

    Raises:
        RecipeError, DataError: with what is wrong with any of them.
    """
    recipes = {each["label"]: read_recipe(each["recipe"]) for each in contenders}
    against = {each["label"]: each["against"] for each in contenders}
    _check(recipes)
    notes: dict[str, str] = {}
    for label, baseline in against.items():
        if match is not None and baseline is not None:
            made = matching.MATCHES[match](recipes[label], recipes[baseline])
            recipes[label], notes[label] = made.recipe, made.note
    facts = {
        label: vars(_facts(recipe, eval_sizes, notes.get(label)))
        for label, recipe in recipes.items()
    }
    return {"facts": facts, "machine": environment.facts()}


def _check(recipes: Mapping[str, Recipe]) -> None:
    """Builds each model and looks at its head; reads the images, which fills the cache."""
    problems: list[str] = []
    loaded: list[tuple[Data, data.Dataset]] = []
    for label, recipe in recipes.items():
        use_precision(recipe.training.precision)
        dataset = next((found for known, found in loaded if known == recipe.data), None)
        if dataset is None:
            dataset = data.load(recipe.data)
            loaded.append((recipe.data, dataset))
        data.check(dataset, recipe.training.batch_size)
        data.check_not_empty(dataset, "test")
        try:
            builder.check_head(recipe, builder.build(recipe), dataset.classes)
        except RecipeError as error:
            problems += [f"{label}: {problem}" for problem in error.problems]
        keras.backend.clear_session()
    if problems:
        raise RecipeError(problems)


def _facts(recipe: Recipe, eval_sizes: Sequence[int], note: str | None) -> Facts:
    use_precision(recipe.training.precision)
    model = builder.build(recipe)
    counted = cost.count(model)
    sizes = [size for size in eval_sizes if _takes(recipe, size)]
    keras.backend.clear_session()
    return Facts(
        as_json(recipe),
        model.count_params(),
        counted.flops,
        list(counted.unknown),
        sizes,
        note,
    )


def _takes(recipe: Recipe, size: int) -> bool:
    """Whether the weights of a recipe fit images of this size."""
    try:
        evaluation.check_size_is_free(recipe, builder.build(recipe, (size, size)))
    except UsageError:  # bound to a size, or cannot be built at this one
        return False
    return True
