"""`specnet robustness`."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.common import Json, Quiet, err, find_run, named, out, print_json, print_report
from specnet.cli.console import Text
from specnet.cli.early import check_data, check_layer, check_out
from specnet.errors import UsageError
from specnet.studies.engine import store
from specnet.studies.robustness import (
    ASKS,
    SLOW,
    STUDIES,
    Options,
    check_runs,
    chosen,
    parse_cutoffs,
    parse_epsilons,
    parse_save,
)


def robustness(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="run directories, of the same data, or comparisons that kept theirs",
        ),
    ],
    what: Annotated[
        str | None, typer.Option(help=f"{', '.join(STUDIES)}; default: all but {', '.join(SLOW)}")
    ] = None,
    images: Annotated[
        int, typer.Option(min=1, help="of the test split, the same for all runs")
    ] = Options.images,
    seed: Annotated[int, typer.Option(min=0, help="of the images chosen, and all chance")] = 0,
    levels: Annotated[
        int,
        typer.Option(min=1, max=8, help="of the heat map: one more is finer, and 4 times the time"),
    ] = Options.levels,
    epsilons: Annotated[
        str | None,
        typer.Option(
            help="sizes in 1/255: 0.5,1,8; default: of attacks 1/16 to 8, of autoattack 1 and 8"
        ),
    ] = None,
    starts: Annotated[int, typer.Option(min=1, help="of PGD, at random")] = Options.starts,
    queries: Annotated[
        int, typer.Option(min=0, help="of the square attack in autoattack, an image and a size")
    ] = Options.queries,
    cutoffs: Annotated[
        str | None,
        typer.Option(help="of prune, in cycles/pixel: 0.1,0.2,0.3; default: 8 from 0.05 to 0.5"),
    ] = None,
    layer: Annotated[
        str | None, typer.Option(help="prune: behind this layer; default: before the network")
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(metavar="CUTOFF|knee", help="write RUN-lowpass-CUTOFF, a run of its own"),
    ] = None,
    finetune: Annotated[
        int, typer.Option(min=0, metavar="EPOCHS", help="train what is saved for so long")
    ] = 0,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=named, metavar="PATH", help="default: ckpt/robustness-FIRST-LAST"
        ),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """What frequencies do networks lean on, and does pruning them defend? RUN RUN --what bands"""
    names = None if what is None else [name.strip() for name in what.split(",")]
    options = Options(
        what=chosen(names),
        images=images,
        seed=seed,
        levels=levels,
        epsilons=parse_epsilons(epsilons),
        starts=starts,
        queries=queries,
        cutoffs=parse_cutoffs(cutoffs),
        layer=layer,
        save=parse_save(save),
        finetune=finetune,
    )
    options.check()
    from specnet.studies.compare import kept_runs  # with what runs trials: other verbs need none

    found = [run for path in runs for run in kept_runs(path) or [find_run(path, quiet=json)]]
    if len({run.path.resolve() for run in found}) < len(found):
        raise UsageError("robustness: a run is given twice; name each once")
    recipes = check_runs(found)
    for run in found:
        if "prune" in options.what or options.save is not None:
            check_layer(run, layer)
        run.check_weights()
    check_data(recipes[0].data)
    if directory is not None:
        store.check_own(directory, asks=ASKS)
        check_out(directory)
    display = console.StudyDisplay(out, err, quiet=quiet or json, unit="measurements")
    display.wait("starting Keras")
    try:
        from specnet.studies.robustness.study import robustness as study

        made = study(found, directory, options, display)
    finally:
        display.stop()
    _print(made, json)


def _print(made: Any, json: bool) -> None:
    pruned = {label: str(path) for label, path in made.pruned.items()}
    if json:
        from specnet.studies.robustness.results import lines

        shown = made.results.over_trials(made.trials)
        print_json(
            out=str(made.out),
            measured=lines(made.results),
            over_trials=lines(shown) if shown.seeds else [],
            against_first=[asdict(each) for each in made.compared],
            knees=made.knees,
            trials=made.trials,
            sentences=made.sentences,
            pruned=pruned,
        )
        return
    print_report(made, apart=True)
    for label, path in pruned.items():
        out.print(Text(f"\npruned {label}: {path}"))
    if pruned:
        out.print(Text(f"next:  specnet robustness {shlex.join(pruned.values())}"))
