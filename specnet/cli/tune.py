"""`specnet tune`."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.common import (
    Jobs,
    Json,
    KeepRuns,
    Quiet,
    RecipeName,
    RetryFailed,
    err,
    named,
    out,
    print_json,
    print_report,
)
from specnet.cli.early import check_data, check_out
from specnet.errors import RunError, UsageError


def tune(
    recipe: RecipeName,
    space: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=SPACE | KEY=VALUE]...",
            help="what is searched: log(1e-4,1e-2), uniform(0,0.5), int(4,16) or int(4,16,4), "
            "choice(adam,sgd); and overrides for all trials",
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="in all; those that are there already count")
    ] = 20,
    metric: Annotated[
        str | None,
        typer.Option(
            help="accuracy, loss or mse, on the validation images; default: accuracy, "
            "of autoencoders loss"
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="end trials early that are behind the median")
    ] = True,
    seed: Annotated[int, typer.Option(min=0, help="of the choice of settings")] = 0,
    jobs: Jobs = 1,
    directory: Annotated[
        Path | None,
        typer.Option("--out", parser=named, metavar="PATH", help="default: ckpt/tune-RECIPE"),
    ] = None,
    retry_failed: RetryFailed = False,
    keep_runs: KeepRuns = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Which settings are best? 'training.optimizer.learning_rate=log(1e-4,1e-2)', by Optuna."""
    if find_spec("optuna") is None:
        raise UsageError("tune: needs Optuna; pip install 'specnet[tune]'")
    display = console.StudyDisplay(out, err, quiet=quiet or json)
    try:
        from specnet.studies import tune as tuning

        plan = tuning.plan(recipe, space or [], metric, seed, prune)
        target = directory or Path("ckpt") / f"tune-{plan.recipe.name}"
        check_out(target)
        check_data(plan.recipe.data)
        options = tuning.Options(jobs, retry_failed, keep_runs)
        found = tuning.tune(plan, target, trials, options, display)
    finally:
        display.stop()
    _print(found, json)
    if found.best is None:
        raise RunError(f"{target}: no trial was trained to the end; see above")
    if found.failed:
        count = len(found.trials)
        raise RunError(f"{target}: {len(found.failed)} of {count} trials failed; see above")


def _print(found: Any, json: bool) -> None:
    if json:
        best = found.best
        print_json(
            out=str(found.out),
            best=None if best is None else vars(best),
            importances=found.importances,
            sentences=found.sentences,
            failed={trial.key: trial.reason for trial in found.failed},
        )
        return
    print_report(found)
