"""From a recipe to a run directory: what `specnet train` does."""

import csv
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet import compilation, data, machine, models
from specnet import recipe as recipes
from specnet.errors import DivergedError, InterruptedRun, RunError
from specnet.reporting import Reporter, Row
from specnet.runs import Run
from specnet.schema import Recipe
from specnet.training import Trainer
from specnet.workflow.common import check_classes, load_recipe

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
    metric: str


@dataclass(frozen=True)
class Start:
    """Where a training begins that goes on from another network.

    Attributes:
        weights: of the model, in place of random ones.
        facts: what run.json says of their origin.
    """

    weights: Sequence[np.ndarray]
    facts: Mapping[str, Any] = field(default_factory=dict)


def train(
    recipe: Recipe,
    wanted: Path,
    reporter: Reporter | None = None,
    resume: bool = False,
    start: Start | None = None,
) -> Trained:
    """Trains a recipe into the run directory `wanted`, or the next free name like it.

    Args:
        recipe: what to train.
        wanted: directory; an existing run is not touched unless it is resumed.
        reporter: is told of progress; nobody is, if it is not given.
        resume: go on in the newest run of that name.
        start: weights to begin with; random ones if not given.

    Raises:
        RecipeError, DataError, RunError, DivergedError, InterruptedRun: as their kinds say.
    """
    began = time.monotonic()
    reporter = reporter or Reporter()
    keras.config.set_dtype_policy(recipe.training.precision)
    keras.utils.set_random_seed(recipe.training.seed)
    model = models.build(recipe)
    if start is not None:
        model.set_weights(start.weights)
    reporter.wait("reading the data")
    dataset = data.load(recipe.data)
    data.check(dataset, recipe.training.batch_size)
    models.check_head(recipe, model, dataset.classes)
    compilation.compile_model(model, recipe)
    run = _run_of(recipe, wanted, resume)
    with run.locked():
        trainer = Trainer(recipe, model, dataset, run, reporter)
        parameters = model.count_params()
        facts = {"parameters": parameters, "machine": machine.facts()}
        facts |= start.facts if start is not None else {}
        reporter.start(run.path, facts, recipe, dataset)
        if resume:
            check_classes(run, dataset)
            trainer.resume()
        _describe(run, recipe, dataset, trainer, facts)
        if start is not None and not resume:
            trainer.save()  # so that going on never begins with random weights
        with _status(run):
            rows = trainer.fit()
        seconds = sum(row["seconds"] for row in rows)
        run.describe(status="finished", training_seconds=round(seconds, 1))
    best = rows[trainer.progress.best_epoch - 1]
    return Trained(run, rows, best, parameters, time.monotonic() - began, recipe.metric)


def changes_since(run: Run, recipe: Recipe) -> list[str]:
    """What keeps a run from being resumed with a recipe: a line for each value that differs."""
    lines = recipes.differences(load_recipe(run), recipe)
    return [line for line in lines if not line.startswith(_MAY_CHANGE)]


def _run_of(recipe: Recipe, wanted: Path, resume: bool) -> Run:
    """A new run, or the one to resume, which must be of this recipe."""
    if not resume:
        return Run.create(wanted)
    run = Run.newest_of(wanted)
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
