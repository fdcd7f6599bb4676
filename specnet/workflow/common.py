"""What every job on a run needs: its recipe, and data of the classes that it was trained on."""

import keras

from specnet import data, evaluation
from specnet import recipe as recipes
from specnet.errors import DataError
from specnet.runs import Run
from specnet.schema import Recipe


def load_recipe(run: Run) -> Recipe:
    """The resolved recipe that a run was trained with."""
    return recipes.load(str(run.path / "recipe.yaml"))


def open_model(run: Run, image_size: tuple[int, int] | None = None) -> tuple[Recipe, keras.Model]:
    """A run's recipe, and its model at the best weights, in the precision that it was trained in.

    Raises:
        UsageError, RunError: as `evaluation.load_model` does.
    """
    recipe = load_recipe(run)
    keras.config.set_dtype_policy(recipe.training.precision)
    return recipe, evaluation.load_model(run, recipe, image_size or recipe.data.image_size)


def layer_names(model: keras.Model) -> list[str]:
    """Those that --layer takes."""
    return [each.name for each in model.layers if not isinstance(each, keras.layers.InputLayer)]


def load_normalization(run: Run) -> data.Normalization:
    """How a run's images were normalized."""
    return data.Normalization.from_dict(run.facts()["normalization"])


def check_classes(run: Run, dataset: data.Dataset) -> None:
    """Raises DataError unless the data has the classes that a run was trained on."""
    trained = run.facts()["classes"]
    if list(dataset.classes) != trained:
        raise DataError(
            f"{run.path}: was trained on the classes {', '.join(trained)}, and the data now has "
            f"{', '.join(dataset.classes)}; restore the data, or train anew"
        )
