"""From a recipe to a run directory: what `specnet train` does."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from specnet import data, environment
from specnet import recipe as recipes
from specnet.errors import DivergedError, InterruptedRun, RunError
from specnet.models import budget, builder, compilation
from specnet.ops.compiled import use_precision
from specnet.plain import csv_text
from specnet.progress import Reporter, Row
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.training import distribution, processes, trackers
from specnet.training.first_step import Trainer, explained
from specnet.training.trackers.following import followed
from specnet.workflow.common import check_classes, check_unchanged, layer_names
from specnet.workflow.recorded_recipe import run_to_resume
from specnet.workflow.starting_weights import Start, check_trained, start_of


@dataclass(frozen=True)
class Trained:
    """What a finished training leaves: the run, its rows of metrics.csv, and facts to sum up."""

    run: Run
    rows: list[Row]
    best: Row
    parameters: int
    seconds: float
    metric: str


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
        reporter: receives progress; optional.
        resume: go on in the newest run of that name.
        start: weights to begin with; those of the recipe's `training.weights`, or random ones, if
            not given.

    Raises:
        RecipeError, DataError, RunError, DivergedError, InterruptedRun: as their kinds say.
    """
    began = time.monotonic()
    trackers.check(recipe.training)
    reporter = reporter if reporter and processes.is_first() else Reporter()
    use_precision(recipe.training.precision)
    keras.utils.set_random_seed(recipe.training.seed)
    with distribution.across(recipe.training) as share:
        with processes.together():
            rule = _rule(recipe, wanted, resume, start)
            model = _model(recipe, reporter)
            if start is None and not resume:
                start = start_of(recipe, model, reporter.note)
            if start is not None:
                model.set_weights(start.weights)
            dataset = _prepared(recipe, model, reporter, rule)
        with _run_of(recipe, wanted, resume) as run:
            trainer = Trainer(recipe, model, dataset, run, reporter, share)
            rows = _fit(trainer, recipe, start, resume)
    best = trainer.best_row()
    parameters, seconds = model.count_params(), time.monotonic() - began
    return Trained(run, rows, best, parameters, seconds, recipe.metric)


def _rule(recipe: Recipe, wanted: Path, resume: bool, start: Start | None) -> data.Rule:
    """How the splits are cut: as they were for the run that is resumed, or begun from."""
    if resume:
        with suppress(RunError):  # told later, by the process that writes
            return data.rule_of(Run.newest_of(wanted, recipe.name).facts())
    return start.rule if start is not None else "names"


def _model(recipe: Recipe, reporter: Reporter) -> keras.Model:
    model = builder.build(recipe)
    check_trained(recipe, model)
    difference = distribution.adapt(model, recipe.training)
    if difference:
        reporter.note(difference)
    return model


def _prepared(
    recipe: Recipe, model: keras.Model, reporter: Reporter, rule: data.Rule
) -> data.Dataset:
    """Compiles a model, and reads the data that it fits."""
    reporter.wait("reading the data")
    dataset = data.load(recipe.data, rule)
    for message in dataset.notes:
        reporter.note(message)
    data.check(dataset, recipe.training.batch_size)
    builder.check_head(recipe, model, dataset.classes)
    budget.check_training(model, recipe.training)
    compilation.compile_model(model, recipe, len(dataset.train) // recipe.training.batch_size)
    return dataset


def _fit(trainer: Trainer, recipe: Recipe, start: Start | None, resume: bool) -> list[Row]:
    """Trains in a run directory, which says how it began and how it ended."""
    run, dataset = trainer.run, trainer.data
    facts = _facts(trainer, start)
    trainer.out.start(run.path, facts, recipe, dataset)
    begins = True
    if resume:
        with processes.together():
            check_classes(run, dataset)
            check_unchanged(run, dataset)
        facts |= _moved(run, facts["machine"], trainer)
        begins = not trainer.resume()
        if begins and start is None:  # it was killed before it had saved any
            with processes.together():
                start = start_of(recipe, trainer.model, trainer.out.note)
    else:
        facts["data"] = data.record(dataset)
    distribution.on_first(lambda: _describe(run, recipe, dataset, trainer, facts))
    with _status(run), followed(trainer, recipe):
        if start is not None and begins:
            trainer.save()  # so that going on never begins with random weights
        with explained(trainer, recipe):
            rows = trainer.fit()
    seconds = sum(row["seconds"] for row in rows)
    finished = {"status": "finished", "training_seconds": round(seconds, 1)}
    distribution.on_first(lambda: run.describe(**finished))
    return rows


def _moved(run: Run, machine: Mapping[str, Any], trainer: Trainer) -> dict[str, Any]:
    """The machines that a run was trained on before, with a note where another one goes on."""
    known = run.facts()
    before = [*known.get("machines_before", []), known.get("machine", {})]
    changed = environment.changes(before[-1], machine)
    if not changed:
        return {}
    trainer.out.note(
        f"goes on with {', '.join(changed)}; weights will not be those of an undisturbed training"
    )
    return {"machines_before": before}


def _facts(trainer: Trainer, start: Start | None) -> dict[str, Any]:
    spread = {"devices": trainer.share.devices, "processes": trainer.share.processes}
    facts = {"parameters": trainer.model.count_params(), "machine": environment.facts(), **spread}
    facts["layers"] = layer_names(trainer.model)
    return facts | (dict(start.facts) if start is not None else {})


@contextmanager
def _run_of(recipe: Recipe, wanted: Path, resume: bool) -> Iterator[Run]:
    """The run directory, which the process that writes makes or finds, and locks."""
    with ExitStack() as locks:
        run = None
        with processes.together():
            if processes.is_first():
                run = run_to_resume(recipe, wanted) if resume else Run.create(wanted)
                locks.enter_context(run.locked())
        path = processes.of_first(str(run.path) if run else "")
        yield run or Run(Path(path))


def _describe(
    run: Run, recipe: Recipe, dataset: data.Dataset, trainer: Trainer, facts: dict[str, Any]
) -> None:
    run.begin(
        recipes.dump(recipe),
        status="running",
        recipe=recipe.name,
        seed=recipe.training.seed,
        **facts,
        classes=list(dataset.classes),
        normalization=trainer.normalization.to_dict(),
    )
    if dataset.skipped:
        rows = [{"file": file, "reason": reason} for file, reason in dataset.skipped]
        run.write("skipped.csv", csv_text(["file", "reason"], rows))


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """Keeps in run.json how a training ended."""
    try:
        yield
    except BaseException as error:
        if processes.is_first():
            with suppress(RunError):  # on a full disk there is no room for this either
                run.describe(status=_ending(error))
        raise


def _ending(error: BaseException) -> str:
    if isinstance(error, DivergedError):
        return "diverged"
    return "interrupted" if isinstance(error, InterruptedRun | KeyboardInterrupt) else "failed"
