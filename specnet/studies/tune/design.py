"""What a search is asked: a recipe, the space around it, and what is to be best. No Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from specnet import recipe as recipes
from specnet.errors import RecipeError
from specnet.recipe.schema import Recipe
from specnet.studies.tune.space import Dimension, check_fixed, is_dimension, overrides, read

TRIALS = 20
_METRICS = {"classification": ("accuracy", "loss"), "reconstruction": ("loss", "mse")}


@dataclass(frozen=True)
class Plan:
    """What is searched.

    Attributes:
        recipe: with its fixed overrides, and the first value of each setting that is searched.
        source: its name or path, as it was given.
        fixed: overrides that are the same for all trials.
        space: the settings that are searched, one at least.
        metric: of the validation split, without `val_`.
        seed: of the choice of settings; that of the trainings is the recipe's.
        prune: whether a trial ends early that is behind the median of those before it.
    """

    recipe: Recipe
    source: str
    fixed: tuple[str, ...]
    space: tuple[Dimension, ...]
    metric: str
    seed: int = 0
    prune: bool = True

    @property
    def corners(self) -> list[list[str]]:
        """Overrides that bring every end and choice once, in as few recipes as can be."""
        return _corners(self.space)


def plan(
    source: str, texts: Sequence[str], metric: str | None = None, seed: int = 0, prune: bool = True
) -> Plan:
    """Reads what is searched; every end and choice is put into the recipe and checked.

    Args:
        source: name or path of a recipe.
        texts: `path=log(1e-4,1e-2)` or its like for what is searched, `path=value` for others.
        metric: such as `accuracy` or `loss`; by default the accuracy, of autoencoders the loss.
        seed, prune: of the plan.

    Raises:
        RecipeError: with every problem of the space, the overrides and the recipe.
    """
    problems: list[str] = []
    fixed = [text for text in texts if not is_dimension(text)]
    space = read([text for text in texts if is_dimension(text)], problems)
    if len(fixed) == len(texts):
        problems.append(
            "tune: expected what to search, such as "
            "'training.optimizer.learning_rate=log(1e-4,1e-2)'"
        )
    check_fixed(space, fixed, problems)
    for corner in _corners(space) or [[]]:
        try:
            recipe = recipes.load(source, [*fixed, *corner])
        except RecipeError as error:
            problems += error.problems
        else:
            known = _metrics(recipe)
            wanted = known[0] if metric is None else metric.removeprefix("val_")
            if wanted not in known:
                problems.append(f"--metric: must be {' or '.join(known)}, found '{metric}'")
    if problems:
        raise RecipeError(dict.fromkeys(problems))
    # The settings that are searched may be missing in it, or be wrong: each trial sets them.
    first = overrides({each.path: each.values[0] for each in space})
    recipe = recipes.load(source, [*fixed, *first])
    return Plan(recipe, source, tuple(fixed), tuple(space), wanted, seed, prune)


def _metrics(recipe: Recipe) -> tuple[str, ...]:
    """What can be searched for, the one first that chooses a training's best epoch."""
    attacks = recipe.training.adversarial
    attacked = ("attacked_accuracy",) if attacks and attacks.validation_images else ()
    return (*attacked, *_METRICS[recipe.task])


def maximises(metric: str) -> bool:
    """Whether more of a metric is better."""
    return metric.endswith("accuracy")


def best_of(metric: str, values: Sequence[float]) -> float:
    """The best of some values of a metric."""
    return max(values) if maximises(metric) else min(values)


def _corners(space: Sequence[Dimension]) -> list[list[str]]:
    found: list[list[str]] = []
    for values in zip_longest(*(each.ends for each in space)):
        known: dict[str, Any] = {
            each.path: each.ends[-1] if value is None else value
            for each, value in zip(space, values, strict=True)
        }
        found.append(overrides(known))
    return found
