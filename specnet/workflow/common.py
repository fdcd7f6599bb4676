"""What every job on a run needs: its recipe, and data of the classes that it was trained on."""

from collections.abc import Callable

import keras

from specnet import data
from specnet.errors import DataError, UsageError
from specnet.messages import suggest
from specnet.ops.compiled import use_precision
from specnet.recipe.schema import FolderData, NpzData, Recipe, Settings
from specnet.runs import Run
from specnet.workflow import evaluation
from specnet.workflow.recorded_recipe import check_of_images, load_recipe

_CUT_HERE = (FolderData, NpzData)  # whose splits are cut by a rule, where they have none


def open_model(
    run: Run,
    image_size: tuple[int, ...] | None = None,
    precision: str | None = None,
    any_rank: bool = False,
) -> tuple[Recipe, keras.Model]:
    """A run's recipe, and its model at the best weights.

    Args:
        run: which one.
        image_size: (H, W); that of the training if not given.
        precision: a policy of Keras; that of the training if not given.
        any_rank: take models of signals and of volumes too.

    Raises:
        UsageError, RunError: as `evaluation.load_model` does; UsageError where the model is of
            signals or volumes and these are not taken, or not at another size.
    """
    recipe = load_recipe(run)
    if image_size is not None or not any_rank:
        check_of_images(run, recipe)
    use_precision(precision or recipe.training.precision)
    return recipe, evaluation.load_model(run, recipe, image_size or recipe.data.image_size)


def layer_names(model: keras.Model) -> list[str]:
    """Those that --layer takes."""
    return [each.name for each in model.layers if not isinstance(each, keras.layers.InputLayer)]


def check_layer(run: Run, model: keras.Model, layer: str | None) -> None:
    """Raises UsageError where a layer is asked for that the model of a run does not have."""
    names = layer_names(model)
    if layer is not None and layer not in names:
        close = suggest(layer, names, f"; there are: {', '.join(names)}")
        raise UsageError(f"--layer: {run.path} has no layer '{layer}'{close}")


def load_normalization(run: Run) -> data.Normalization:
    """How a run's images were normalized."""
    return data.Normalization.from_dict(run.fact("normalization"))


def check_classes(run: Run, dataset: data.Dataset) -> None:
    """Raises DataError unless the data has the classes that a run was trained on."""
    trained = run.fact("classes")
    if list(dataset.classes) != trained:
        raise DataError(
            f"{run.path}: was trained on the classes {', '.join(trained)}, and the data now has "
            f"{', '.join(dataset.classes)}; restore the data, or train anew"
        )


def load_data(
    run: Run, settings: Settings, note: Callable[[str], None] = lambda message: None
) -> data.Dataset:
    """The data of a run, cut into splits as when it was trained.

    Args:
        run: which remembers what it was trained on.
        settings: its data, perhaps at another image size.
        note: is told what a user should know of it: what is left out, what is no longer the same.

    Raises:
        DataError: where it cannot be read, or has other classes.
    """
    facts = run.facts()
    dataset = data.load(settings, data.rule_of(facts))
    for message in dataset.notes:
        note(message)
    check_as_trained(run, settings, dataset, note)
    if facts.get("data") is None and isinstance(settings, _CUT_HERE):
        note(
            f"{run.path}: does not say which images it was trained on; splits are cut as versions "
            "before did that kept no record"
        )
    return dataset


def check_as_trained(
    run: Run, settings: Settings, dataset: data.Dataset, note: Callable[[str], None]
) -> None:
    """Tells where images are others than a run was trained on.

    Args:
        run: that is tested on them.
        settings: of the data.
        dataset: as it is now, perhaps loaded for another run.
        note: is told of images that have changed since.

    Raises:
        DataError: where the run learned other classes.
        UsageError: where its splits were cut by another rule, so that it may have been trained on
            what is tested.
    """
    check_classes(run, dataset)
    facts = run.facts()
    if isinstance(settings, _CUT_HERE) and data.rule_of(facts) != dataset.rule:
        raise UsageError(
            f"{run.path}: its splits were cut by another version of specnet, in another way than "
            "those of the first run; test it alone"
        )
    if changed := data.changes(facts, dataset):
        note(
            f"{run.path}: the images are not those that it was trained on "
            f"({'; '.join(changed.values())}); some that are tested now may have been trained on"
        )


def check_unchanged(run: Run, dataset: data.Dataset) -> None:
    """Raises DataError unless the images to train on are those that a run began with."""
    changed = data.changes(run.facts(), dataset)
    changed.pop("test", None)
    if changed:
        raise DataError(
            f"{run.path}: the images are not those that it began with "
            f"({'; '.join(changed.values())}); restore them, or train anew without --resume"
        )
