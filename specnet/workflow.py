"""Whole jobs, from a recipe or a run directory to results: what the verbs do, for Python users too.

    trained = workflow.train(recipe.load("gratings-gaussian"), Path("ckpt/mine"))
    workflow.evaluate(trained.run, "test").accuracy

What may go in here: the order of steps. Each step belongs to a module of its own.
"""

import csv
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from specnet import compilation, data, evaluation, figures, inspection, machine, models
from specnet import recipe as recipes
from specnet.errors import DataError, DivergedError, InterruptedRun, RunError, UsageError
from specnet.reporting import Reporter, Row
from specnet.runs import Run, write_atomically
from specnet.schema import Recipe
from specnet.training import Trainer

# What may differ between a run and the recipe that it is resumed with: how long, not what.
_MAY_CHANGE = ("training.epochs:", "training.checkpoint_seconds:")


@dataclass(frozen=True)
class Trained:
    """What a finished training leaves: the run, its rows of metrics.csv, and facts to sum up."""

    run: Run
    rows: list[Row]
    best: Row
    parameters: int
    seconds: float


def train(
    recipe: Recipe, wanted: Path, reporter: Reporter | None = None, resume: bool = False
) -> Trained:
    """Trains a recipe into the run directory `wanted`, or the next free name like it.

    Args:
        recipe: what to train.
        wanted: directory; an existing run is not touched unless it is resumed.
        reporter: is told of progress; nobody is, if it is not given.
        resume: go on in the newest run of that name.

    Raises:
        RecipeError, DataError, RunError, DivergedError, InterruptedRun: as their kinds say.
    """
    began = time.monotonic()
    reporter = reporter or Reporter()
    keras.config.set_dtype_policy(recipe.training.precision)
    keras.utils.set_random_seed(recipe.training.seed)
    model = models.build(recipe)
    reporter.wait("reading the data")
    dataset = data.load(recipe.data)
    data.check(dataset, recipe.training.batch_size)
    models.check_head(recipe, model, dataset.classes)
    compilation.compile_model(model, recipe.training)
    run = _run_of(recipe, wanted, resume)
    with run.locked():
        trainer = Trainer(recipe, model, dataset, run, reporter)
        parameters = model.count_params()
        facts = {"parameters": parameters, "machine": machine.facts()}
        reporter.start(run.path, facts, recipe, dataset)
        if resume:
            _check_classes(run, dataset)
            trainer.resume()
        _describe(run, recipe, dataset, trainer, facts)
        with _status(run):
            rows = trainer.fit()
        seconds = sum(row["seconds"] for row in rows)
        run.describe(status="finished", training_seconds=round(seconds, 1))
    best = rows[trainer.progress.best_epoch - 1]
    return Trained(run, rows, best, parameters, time.monotonic() - began)


def evaluate(
    run: Run, split: evaluation.SplitName = "test", image_size: tuple[int, int] | None = None
) -> evaluation.Evaluation:
    """Measures the best weights of a run on a split, at the trained image size or another."""
    recipe = load_recipe(run)
    keras.config.set_dtype_policy(recipe.training.precision)
    size = image_size or recipe.data.image_size
    model = evaluation.load_model(run, recipe, size)
    dataset = data.load(recipe.data.model_copy(update={"image_size": size}))
    _check_classes(run, dataset)
    normalization = data.Normalization.from_dict(run.facts()["normalization"])
    return evaluation.evaluate(model, dataset, split, normalization, recipe.training.batch_size)


def learned(run: Run, layer: str | None = None) -> list[inspection.Learned]:
    """What the layers of a run learned; or one of them, by name.

    Raises:
        UsageError: where no layer of that name has filters, cut-offs or strides to show.
    """
    recipe = load_recipe(run)
    model = evaluation.load_model(run, recipe, recipe.data.image_size)
    found = inspection.learned(model)
    chosen = [each for each in found if layer in (None, each.layer)]
    if layer is not None and not chosen:
        names = ", ".join(each.layer for each in found) or "none"
        raise UsageError(
            f"--layer: no layer '{layer}' that learned something to show; there are: {names}"
        )
    return chosen


def draw_confusion(run: Run, result: evaluation.Evaluation) -> None:
    """Draws the confusion matrix of an evaluation into the run; RunError where it cannot."""
    height, width = result.image_size
    file = run.path / "figures" / f"confusion-{result.split}-{height}x{width}.png"
    title = f"{run.path.name}, {result.split}"
    figure = figures.confusion(result.confusion, [each.name for each in result.classes], title)
    write_atomically(file, lambda path: figure.savefig(path, dpi=120))


def load_recipe(run: Run) -> Recipe:
    """The resolved recipe that a run was trained with."""
    return recipes.load(str(run.path / "recipe.yaml"))


def _run_of(recipe: Recipe, wanted: Path, resume: bool) -> Run:
    """A new run, or the one to resume, which must be of this recipe."""
    if not resume:
        return Run.create(wanted)
    run = Run.newest_of(wanted)
    changes = [
        line
        for line in recipes.differences(load_recipe(run), recipe)
        if not line.startswith(_MAY_CHANGE)
    ]
    if changes:
        raise RunError(
            f"{run.path}: was trained with another recipe:\n  " + "\n  ".join(changes) + "\n"
            "Resume it with the recipe it began with, or train anew without --resume"
        )
    return run


def _check_classes(run: Run, dataset: data.Dataset) -> None:
    trained = run.facts()["classes"]
    if list(dataset.classes) != trained:
        raise DataError(
            f"{run.path}: was trained on the classes {', '.join(trained)}, and the data now has "
            f"{', '.join(dataset.classes)}; restore the data, or train anew"
        )


def _describe(
    run: Run, recipe: Recipe, dataset: data.Dataset, trainer: Trainer, facts: dict[str, Any]
) -> None:
    run.write("recipe.yaml", recipes.dump(recipe))
    run.describe(
        status="running",
        recipe=recipe.name,
        seed=recipe.training.seed,
        **facts,
        classes=list(dataset.classes),
        normalization=trainer.normalization.to_dict(),
    )
    if dataset.skipped:
        text = io.StringIO()
        csv.writer(text).writerows([("file", "reason"), *dataset.skipped])
        run.write("skipped.csv", text.getvalue())


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """Keeps in run.json how a training ended."""
    try:
        yield
    except BaseException as error:
        with suppress(RunError):  # on a full disk there is no room for this either
            run.describe(status=_ending(error))
        raise


def _ending(error: BaseException) -> str:
    if isinstance(error, DivergedError):
        return "diverged"
    return "interrupted" if isinstance(error, InterruptedRun | KeyboardInterrupt) else "failed"
