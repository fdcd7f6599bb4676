"""What other processes do for a search, so that the command itself never loads a backend.

Before the first trial `prepare`: models at both ends of the space built, the data read once. Then
`run_trial`: settings chosen, trained, recorded.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specnet import environment
from specnet import recipe as recipes
from specnet.errors import DivergedError, InterruptedRun, RunError, SpecnetError
from specnet.progress import Row
from specnet.recipe.schema import Recipe
from specnet.runs import RECIPE, Run
from specnet.studies.engine import resuming
from specnet.studies.engine.checks import check
from specnet.studies.engine.processes import STARTED
from specnet.studies.engine.records import RUNNING, RUNS, key_of
from specnet.studies.engine.resuming import Follower
from specnet.studies.engine.subjects import read_recipe
from specnet.studies.tune import sampling, space
from specnet.studies.tune.design import best_of
from specnet.studies.tune.trial import RECORDS, State, Trial

if TYPE_CHECKING:
    import optuna


def prepare(corners: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Answers with the facts of the machine, once the networks were built and the images read.

    Args:
        corners: settings in words -> a recipe at the ends of the space, as JSON.

    Raises:
        RecipeError, DataError: with what is wrong with any of them.
    """
    check({words: read_recipe(content) for words, content in corners.items()}, tested=False)
    return environment.facts()


class Pruned(Exception):
    """A training ends, as it is behind the others."""


class Watcher(Follower):
    """Keeps the metric of each epoch, hands it to Optuna, and ends a training that is behind."""

    def __init__(self, asked: "optuna.Trial", metric: str, scratch: Path, epochs: int):
        super().__init__(scratch, epochs)
        self.asked, self.metric = asked, f"val_{metric}"
        self.rows: list[Row] = []
        self.parameters = 0
        self._known = -1  # the last epoch that Optuna was told of before

    @property
    def values(self) -> list[float]:
        """The metric of each epoch, those before a stop among them."""
        return [row[self.metric] for row in self.rows]

    def start(self, run: Path, known: Mapping[str, Any], recipe: Any, dataset: Any) -> None:
        """Keeps the size of the network, and takes the epochs of a process before this one."""
        self.parameters = known["parameters"]
        told = self.asked.study.get_trials(deepcopy=False)[self.asked.number].intermediate_values
        self._known, self.rows = max(told, default=-1), []
        for row in Run(run).metrics(self.metric)[: self.at[0]] if self.at[0] else []:
            self.epoch(row)

    def epoch(self, row: Mapping[str, float]) -> None:
        """Raises Pruned where the trial is behind the median and has epochs left."""
        self.rows.append(dict(row))
        last = len(self.rows) - 1
        if last > self._known:
            self.asked.report(row[self.metric], last)
        # Of earlier ones it was asked before; Optuna looks at the last that it knows.
        if self._known <= last < self.epochs - 1 and self.asked.should_prune():
            raise Pruned


def run_trial(
    out: str,
    label: str,
    seed: int,
    dimensions: Sequence[str],
    metric: str,
    search_seed: int,
    prune: bool,
    keep: bool,
) -> None:
    """Has Optuna choose settings, trains the recipe with them and records the result in `out`.

    Args:
        out: the study's folder, with the recipe and Optuna's storage.
        label: `trial-3`.
        seed: of the training; the recipe's own.
        dimensions: the space, as texts.
        metric, search_seed, prune: of the plan.
        keep: whether the run directory stays.
    """
    folder, dims = Path(out), space.read(dimensions, [])
    base = recipes.load(folder / RECIPE, folder=Path())
    number = int(label.rpartition("-")[2])
    study = sampling.opened(folder, metric, search_seed, number, base.training.epochs, prune)
    asked, settings = sampling.ask(study, dims, label)
    trial = Trial(label, seed, settings=settings)
    try:
        recipe = recipes.load(folder / RECIPE, space.overrides(settings), Path())
        trial = _trained(recipe, trial, asked, metric, folder, keep)
    except InterruptedRun:
        raise
    except SpecnetError as error:  # of these settings: the others may do
        trial = replace(trial, error=str(error))
    RECORDS.write(folder, replace(trial, seconds=trial.seconds + time.monotonic() - STARTED))
    with suppress(RunError):  # the record counts; `reconcile` tells it later
        sampling.tell(study, asked, trial, folder)


def _trained(
    recipe: Recipe, trial: Trial, asked: "optuna.Trial", metric: str, folder: Path, keep: bool
) -> Trial:
    key = key_of(trial.label, trial.seed)
    scratch = folder / RUNNING / key
    epochs = recipe.training.epochs
    watcher = Watcher(asked, metric, scratch, epochs)
    state: State = "complete"
    try:
        resuming.train_on(recipe, scratch, watcher)
    except Pruned:
        state = "pruned"
    except DivergedError:
        state = "diverged"
    if keep:
        resuming.keep(scratch, folder / RUNS / key)
    shutil.rmtree(scratch, ignore_errors=True)
    return replace(
        trial,
        state=state,
        value=best_of(metric, watcher.values) if watcher.values else None,
        values=watcher.values,
        seconds=watcher.seconds_before(watcher.rows),
        epochs=epochs,
        parameters=watcher.parameters,
    )
