"""What is wrong with recipes, found by building their networks and reading their images."""

from collections.abc import Mapping

import keras

from specnet import data
from specnet.errors import RecipeError
from specnet.models import builder
from specnet.ops.compiled import use_precision
from specnet.recipe.schema import Recipe, Settings


def check(recipes: Mapping[str, Recipe], tested: bool = True) -> None:
    """Builds each model and looks at its head; reads the images, which fills the cache.

    Args:
        recipes: label -> recipe.
        tested: whether there must be test images.

    Raises:
        RecipeError, DataError: with what is wrong with any of them.
    """
    problems: list[str] = []
    loaded: list[tuple[Settings, data.Dataset]] = []
    for label, recipe in recipes.items():
        use_precision(recipe.training.precision)
        dataset = next((found for known, found in loaded if known == recipe.data), None)
        if dataset is None:
            dataset = data.load(recipe.data)
            loaded.append((recipe.data, dataset))
        data.check(dataset, recipe.training.batch_size)
        if tested:
            data.check_not_empty(dataset, "test")
        try:
            builder.check_head(recipe, builder.build(recipe), dataset.classes)
        except RecipeError as error:
            problems += [f"{label}: {problem}" for problem in error.problems]
        keras.backend.clear_session()
    if problems:
        raise RecipeError(problems)
