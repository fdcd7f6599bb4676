"""Which runs are trials of one recipe: those that differ in their seed alone.

From run directories to groups of them. What is made of groups is in `over_trials`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from specnet import recipe as recipes
from specnet.recipe.schema import Recipe

Trials = Mapping[str, Mapping[int, str]]  # recipe -> seed -> label of the run that it gave

# What says how fast a training is, and not what comes of it.
_HOW = {
    "seed": 0, "workers": 1, "steps_per_execution": 1, "checkpoint_seconds": 60,
    "distribute": "none", "trackers": (),
}  # fmt: skip


def grouped(labels: Sequence[str], found: Sequence[Recipe], finished: Sequence[bool]) -> Trials:
    """Runs by recipe, in the order of the first of each.

    A run stands alone, under its own label, where it is the only one of its recipe, where its
    training is not finished, and where several have its recipe and seed: no one knows which of
    them is the trial.

    Args:
        labels, found, finished: of each run, the label, the recipe, and whether it was trained to
            the end.
    """
    known = zip(labels, found, finished, strict=True)
    keys = [_of_any_seed(recipe) if done else label for label, recipe, done in known]
    seeds = [recipe.training.seed for recipe in found]
    times = Counter(zip(keys, seeds, strict=True))
    groups: dict[str, dict[int, str]] = {}
    names: dict[str, str] = {}
    for label, key, seed, recipe in zip(labels, keys, seeds, found, strict=True):
        group = key if times[key, seed] == 1 else label
        groups.setdefault(group, {})[seed] = label
        names.setdefault(group, recipe.name)
    made: dict[str, dict[int, str]] = {}
    for group, runs in groups.items():
        alone = next(iter(runs.values())) if len(runs) == 1 else None
        made[alone or _free(names[group], {*labels, *made})] = runs
    return made


def _of_any_seed(recipe: Recipe) -> str:
    """What the recipe says, but for the seed."""
    training = recipe.training.model_copy(update=_HOW)
    return recipes.dump(recipe.model_copy(update={"training": training}))


def _free(name: str, taken: set[str]) -> str:
    """The name, or `name (2)` and so on where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} ({number})"
    return free
