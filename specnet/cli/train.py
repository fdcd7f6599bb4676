"""`specnet train`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from specnet import recipe as recipes
from specnet.cli import console
from specnet.cli.common import Json, Quiet, RecipeName, err, named, out, print_json
from specnet.cli.early import check_data, check_out, check_weights
from specnet.training import processes, trackers
from specnet.workflow.recorded_recipe import run_to_resume


def train(
    recipe: RecipeName,
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="such as training.epochs=3")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=named, metavar="PATH", help="run directory; default: ckpt/RECIPE"
        ),
    ] = None,
    resume: Annotated[bool, typer.Option(help="go on in the newest run of this name")] = False,
    seed: Annotated[int | None, typer.Option(help="short for training.seed=SEED")] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Train a recipe: specnet train gratings-gaussian training.epochs=3"""
    chosen = [*(overrides or []), *([] if seed is None else [f"training.seed={seed}"])]
    loaded = recipes.load(recipe, chosen)
    wanted = directory or Path("ckpt") / loaded.name
    if resume:
        if processes.count() == 1:  # of several, one finds it and tells the others
            run_to_resume(loaded, wanted)
    else:
        check_out(wanted.parent if os.path.exists(wanted) else wanted)
        check_weights(loaded.training)
    check_data(loaded.data)
    trackers.check(loaded.training)
    first = processes.is_first()
    display = console.TrainingDisplay(out, err, quiet=quiet or json or not first)
    display.wait("starting Keras")
    try:
        from specnet import workflow

        trained = workflow.train(loaded, wanted, display, resume=resume)
    finally:
        display.stop()
    if not first:
        return
    if json:
        print_json(
            run=str(trained.run.path),
            parameters=trained.parameters,
            seconds=trained.seconds,
            best=trained.best,
            last=trained.rows[-1],
        )
        return
    out.print(console.training_summary(trained))
