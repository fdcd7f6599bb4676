"""The recipe that a run keeps, and whether another one may go on with it. No Keras in here."""

from pathlib import Path

from specnet import recipe as recipes
from specnet.errors import RunError, UsageError
from specnet.recipe.schema import Recipe
from specnet.runs import RECIPE, Run

# What may differ between a run and the recipe that it is resumed with: how long, not what.
_MAY_CHANGE = tuple(
    f"training.{key}:"
    for key in (
        *("epochs", "checkpoint_seconds", "steps_per_execution", "workers", "distribute"),
        "trackers",
    )
)


def load_recipe(run: Run) -> Recipe:
    """The resolved recipe that a run was trained with.

    A relative path of its data is of an older version, which read it in the current folder.
    """
    run.read_known(RECIPE, may_change=True)  # by hand: data that has moved, say
    return recipes.load(str(run.path / RECIPE), folder=Path())


def check_of_images(run: Run, recipe: Recipe) -> None:
    """Raises UsageError where a run is of signals or volumes, and what is asked is for images."""
    if len(recipe.data.image_size) != 2:
        size = "x".join(map(str, (*recipe.data.image_size, recipe.data.channels)))
        raise UsageError(
            f"{run.path}: its model takes arrays of {size}, and this is for images; train, eval at "
            "the trained size, inspect, visualize, export at the trained size and compare are for "
            "signals and volumes too"
        )


def changes_since(run: Run, recipe: Recipe) -> list[str]:
    """What keeps a run from being resumed with a recipe: a line for each value that differs."""
    lines = recipes.differences(load_recipe(run), recipe)
    return [line for line in lines if not line.startswith(_MAY_CHANGE)]


def run_to_resume(recipe: Recipe, wanted: Path) -> Run:
    """The newest run of a name; RunError where there is none, or none of this recipe."""
    run = Run.newest_of(wanted, recipe.name)
    status = run.facts().get("status")
    if status in ("converted", "pruned"):
        raise RunError(f"{run.path}: was {status}, not trained; train its recipe.yaml instead")
    changes = changes_since(run, recipe)
    if changes:
        raise RunError(
            f"{run.path}: was trained with another recipe:\n  " + "\n  ".join(changes) + "\n"
            "Resume it with the recipe it began with, or train anew without --resume"
        )
    return run
