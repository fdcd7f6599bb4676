"""What every job on a run needs: its recipe, and data of the classes that it was trained on."""

from specnet import data
from specnet import recipe as recipes
from specnet.errors import DataError
from specnet.runs import Run
from specnet.schema import Recipe


def load_recipe(run: Run) -> Recipe:
    """The resolved recipe that a run was trained with."""
    return recipes.load(str(run.path / "recipe.yaml"))


def check_classes(run: Run, dataset: data.Dataset) -> None:
    """Raises DataError unless the data has the classes that a run was trained on."""
    trained = run.facts()["classes"]
    if list(dataset.classes) != trained:
        raise DataError(
            f"{run.path}: was trained on the classes {', '.join(trained)}, and the data now has "
            f"{', '.join(dataset.classes)}; restore the data, or train anew"
        )
