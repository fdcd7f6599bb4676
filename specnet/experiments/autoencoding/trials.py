"""The trainings of the study: each a run directory of its own, done once and found again.

`trial.json` in a run says what it came to; it is written last, so a trial that has one is finished.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from specnet import models, workflow
from specnet.errors import RunError
from specnet.experiments.autoencoding.networks import Design
from specnet.reconstruction import Reconstruction
from specnet.reporting import Reporter
from specnet.runs import Run
from specnet.schema import Recipe

FILE = "trial.json"


@dataclass(frozen=True)
class Trial:
    """What one training came to.

    Attributes:
        label: the encoder, with what is not as published about it.
        path: its run directory.
        seed: of the weights and the order of the images.
        epochs: how many there were.
        encoder_parameters, parameters: of the encoder, and of all of the network.
        val_loss: of the best epoch, the one whose weights are kept.
        test_loss, mse, ssim: of those weights, on the test split.
        seconds_per_epoch: mean, without validation.
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
    """One training into `out`, or what it came to where it is already there.

    A training that was interrupted goes on; one with fewer epochs than now wanted does too.

    Raises:
        RunError: where `out` holds a training of this name with other settings.
        UsageError, RecipeError, DataError, DivergedError, InterruptedRun: as their kinds say.
    """
    recipe = design.recipe(encoder, seed)
    path = out / f"{recipe.name}-seed{seed}"
    done = _finished(path, recipe)
    if done is not None:
        return done
    begun = (path / "run.json").exists()
    trained = workflow.train(recipe, path, reporter, resume=begun)
    measured = workflow.evaluate(trained.run, "test")
    assert isinstance(measured, Reconstruction)  # the recipe has an encoder and a decoder
    trial = Trial(
        label=recipe.name,
        path=path,
        seed=seed,
        epochs=len(trained.rows),
        encoder_parameters=models.parameter_count(recipe, "encoder"),
        parameters=trained.parameters,
        val_loss=trained.best["val_loss"],
        test_loss=measured.loss,
        mse=measured.mse,
        ssim=measured.ssim,
        seconds_per_epoch=sum(row["seconds"] for row in trained.rows) / len(trained.rows),
    )
    trained.run.write(FILE, json.dumps(asdict(trial) | {"path": path.name}, indent=2) + "\n")
    return trial


def found(out: Path) -> list[Trial]:
    """Every finished trial in a folder, by label and seed."""
    return sorted(
        (_read(file.parent) for file in out.glob(f"*/{FILE}")), key=lambda t: (t.label, t.seed)
    )


def _finished(path: Path, recipe: Recipe) -> Trial | None:
    """What a finished training of this recipe came to; None where there is more to do."""
    if not (path / FILE).exists():
        return None
    if workflow.load_recipe(Run(path)) == recipe:
        return _read(path)
    return None  # of other settings: `train` says which, or goes on where only epochs were added


def _read(path: Path) -> Trial:
    try:
        return Trial(**json.loads(Run(path).read(FILE)) | {"path": path})
    except (json.JSONDecodeError, TypeError) as error:
        raise RunError(f"{path / FILE}: is damaged ({error}); delete it, and run again") from error
