"""The trainings of the study: each a run directory of its own, done once and found again.

`trial.json` in a run holds its result; it is written last, so a trial that has one is finished.
"""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
from pydantic import TypeAdapter

from specnet import workflow
from specnet.errors import RunError
from specnet.models import builder
from specnet.progress import Reporter
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.runs.files import listed
from specnet.studies.autoencode.design import END_TO_END, Design
from specnet.studies.engine import store
from specnet.workflow.reconstruction import Reconstruction

FILE = "trial.json"


@dataclass(frozen=True)
class Trial:
    """The result of one training.

    Attributes:
        label: the encoder, with what is not as published about it.
        path: its run directory.
        seed: of the weights and the order of the images.
        epochs: how many there were.
        encoder_parameters, parameters: of the encoder, and of all of the network.
        val_loss: of the best epoch, the one whose weights are kept.
        test_loss, mse, ssim: of those weights, on the test split.
        seconds_per_epoch: median, without validation; the first epoch holds the compilation.
    """

    label: str
    path: Path
    seed: int
    epochs: int
    encoder_parameters: int
    parameters: int
    val_loss: float
    test_loss: float
    mse: float
    ssim: float | None
    seconds_per_epoch: float


def run_trial(
    design: Design, encoder: str, seed: int, out: Path, reporter: Reporter | None = None
) -> Trial:
    """Run one training into `out`, or read its result if it is there already.

    A training that was interrupted goes on; one with fewer epochs than now wanted does too.

    Raises:
        RunError: where `out` holds a training of this name with other settings.
        UsageError, RecipeError, DataError, DivergedError, InterruptedRun: as their kinds say.
    """
    recipe = design.recipe(encoder, seed)
    wanted = out / f"{recipe.name}-seed{seed}"
    run = _begun(wanted, recipe)
    if run is not None:
        done = _finished(run, recipe)
        if done is not None:
            return done
        _forget(run)
    keras.backend.clear_session()  # a study makes many models
    trained = workflow.train(recipe, wanted, reporter, resume=run is not None)
    trial = _measured(recipe, trained)
    text = json.dumps(asdict(trial) | {"path": trial.path.name}, indent=2)
    trained.run.write(FILE, text + "\n")
    return trial


def found(out: Path) -> list[Trial]:
    """Every finished trial in a folder, by label and seed."""
    runs = [Run(file.parent) for file in listed(out, f"*/{FILE}")]
    return sorted(map(_read, runs), key=lambda trial: (trial.label, trial.seed))


def check_comparable(trials: Sequence[Trial], wanted: Sequence[Recipe]) -> None:
    """Checks that trials, and those of some recipes, differ in encoder and seed alone.

    Trials that are wanted again go on up to the epochs of their recipes.

    Raises:
        RunError: with the differences to the first trial that has others.
    """
    epochs = wanted[0].training.epochs
    ends = {(trial.label, trial.seed): trial.epochs for trial in trials}
    for key in ((recipe.name, recipe.training.seed) for recipe in wanted):
        ends[key] = max(epochs, ends.get(key, 0))
    mixed = len({*ends.values()}) > 1
    for trial in trials:
        lines = _differences(trial, wanted[0])
        if mixed and ends[trial.label, trial.seed] != epochs:
            lines.append(f"training.epochs: {trial.epochs} -> {epochs}")
        store.check_same(trial.path, "was trained with other settings", lines)


def _differences(trial: Trial, recipe: Recipe) -> list[str]:
    """What other autoencoders may not differ in from a trial, a line each."""
    own = ["name:", "encoder[", "training.seed:"]
    if any(label.endswith(END_TO_END) for label in (trial.label, recipe.name)):
        own.append("decoder[")  # is of the encoder's filters
    lines = workflow.changes_since(Run(trial.path), recipe)
    return [line for line in lines if not line.startswith(tuple(own))]


def _begun(wanted: Path, recipe: Recipe) -> Run | None:
    """The run of this name, if it was ever begun; RunError where it is of other settings."""
    try:
        run = Run.newest_of(wanted)
    except RunError:  # there is none
        return None
    changes = workflow.changes_since(run, recipe)
    store.check_same(run.path, "was trained with other settings", changes)
    return run


def _forget(run: Run) -> None:
    """Its result after fewer epochs."""
    try:
        (run.path / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"{run.path / FILE}: cannot be removed ({error.strerror})") from error


def _finished(run: Run, recipe: Recipe) -> Trial | None:
    """The result of a run that has all epochs wanted; None if epochs are missing."""
    if not (run.path / FILE).exists():
        return None
    trial = _read(run)
    return trial if trial.epochs >= recipe.training.epochs else None


def _measured(recipe: Recipe, trained: workflow.Trained) -> Trial:
    measured = workflow.evaluate(trained.run, "test")
    assert isinstance(measured, Reconstruction)  # the recipe has an encoder and a decoder
    return Trial(
        label=recipe.name,
        path=trained.run.path,
        seed=recipe.training.seed,
        epochs=len(trained.rows),
        encoder_parameters=builder.parameter_count(recipe, "encoder"),
        parameters=trained.parameters,
        val_loss=trained.best["val_loss"],
        test_loss=measured.loss,
        mse=measured.mse,
        ssim=measured.ssim,
        seconds_per_epoch=statistics.median(row["seconds"] for row in trained.rows),
    )


def _read(run: Run) -> Trial:
    trial = store.read_record(run.path / FILE, TypeAdapter(Trial))
    return replace(trial, path=run.path)
