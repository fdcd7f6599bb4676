"""`specnet compare`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.autoencode import parse_seeds
from specnet.cli.bench import parse_sizes
from specnet.cli.common import (
    Jobs,
    Json,
    KeepRuns,
    Quiet,
    RetryFailed,
    err,
    named,
    out,
    print_json,
    print_report,
)
from specnet.cli.early import check_data, check_out
from specnet.errors import RunError, UsageError
from specnet.studies.engine.subjects import is_override


class MatchChoice(StrEnum):
    """What is made equal."""

    params = "params"
    time = "time"


def compare(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RECIPE | KEY=VALUE]...",
            help="recipes, the first is what the others are compared with; and overrides for all",
        ),
    ] = None,
    suite: Annotated[
        str | None,
        typer.Option(
            help="wood2021, rippel2015, families or equal-parameters, in place of recipes"
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="of each recipe; default: 20, fewer with --quick")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="0,1,2 in place of --trials")] = None,
    jobs: Jobs = 1,
    match: Annotated[
        MatchChoice | None,
        typer.Option(help="equal parameters by the width of hidden layers, or time by the epochs"),
    ] = None,
    eval_sizes: Annotated[
        str | None, typer.Option(help="64,96,150,224: pixels to test at too, where a model can")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="few and small images: all of it in five minutes")
    ] = False,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=named, metavar="PATH", help="default: ckpt/compare-FIRST-LAST or -SUITE"
        ),
    ] = None,
    retry_failed: RetryFailed = False,
    keep_runs: KeepRuns = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="tcp://host:8786: run trials on a Dask cluster, in place of --jobs"),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Is it better, and at what cost? specnet compare catsdogs-spatial catsdogs-gaussian"""
    sizes = () if eval_sizes is None else parse_sizes(eval_sizes, "--eval-sizes")
    numbers = _seeds(trials, seeds)
    display = console.StudyDisplay(out, err, quiet=quiet or json)
    try:
        from specnet.studies import compare as comparison

        texts = what or []
        plan = comparison.plan(
            [text for text in texts if not is_override(text)],
            [text for text in texts if is_override(text)],
            suite=suite,
            seeds=numbers,
            match=None if match is None else match.value,
            eval_sizes=sizes,
            quick=quick,
        )
        name = suite or "-".join(each.label for each in (plan.contenders[0], plan.contenders[-1]))
        target = directory or Path("ckpt") / f"compare-{name}{'-quick' if quick else ''}"
        check_out(target)
        for each in plan.contenders:
            check_data(each.recipe.data)
        options = comparison.Options(jobs, retry_failed, keep_runs, scheduler)
        found = comparison.compare(plan, target, options, display)
    finally:
        display.stop()
    _print(found, json)
    if found.failed:
        count = len(plan.seeds) * len(plan.contenders)
        raise RunError(f"{target}: {len(found.failed)} of {count} trials failed; see above")


def _print(found: Any, json: bool) -> None:
    if json:
        rows = [row.as_dict() for row in found.rows]
        failed = {trial.key: trial.reason for trial in found.failed}
        print_json(out=str(found.out), rows=rows, sentences=found.sentences, failed=failed)
        return
    print_report(found)


def _seeds(trials: int | None, seeds: str | None) -> list[int] | None:
    if trials is not None and seeds is not None:
        raise UsageError("compare: --trials counts seeds from 0; give it or --seeds, not both")
    if seeds is not None:
        return parse_seeds(seeds)
    return None if trials is None else [*range(trials)]
