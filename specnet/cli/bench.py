"""`specnet bench`."""

import re
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.common import Json, Quiet, err, named, out, print_json, print_report
from specnet.cli.early import check_out
from specnet.errors import InterruptedRun, RunError, UsageError
from specnet.plain import one_line, whole_number
from specnet.studies.engine import store
from specnet.studies.engine.subjects import CHANNELS, NO_TORCH, read

_DAY = 24 * 60 * 60.0  # seconds; the most, since for ever is none


def parse_seconds(text: str) -> float:
    """A number of seconds, a day at most; UsageError otherwise."""
    with suppress(ValueError):
        if 0 <= (seconds := float(text)) <= _DAY:
            return seconds
    raise UsageError(
        f"--seconds: expected a finite number from 0 to {_DAY:.0f}, found '{one_line(text)}'"
    )


def bench(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RECIPE | LAYER | KEY=VALUE]...",
            help="recipes, or layers as a recipe has them: 'spectral_conv2d: {filters: 32}'; "
            "nothing: the standard questions",
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="a recipe or a layer that the others are compared with")
    ] = None,
    sizes: Annotated[
        str | None, typer.Option(help="64,150,512 pixels; default: the recipe's, or 64,150")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="images; default: the recipe's, or 8")
    ] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, help="of the noise that layers get; default: 32")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            parser=parse_seconds,
            metavar="SECONDS",
            help="for each subject, size and measure, 7 rounds at least; default 3",
        ),
    ] = None,
    memory: Annotated[
        bool, typer.Option("--memory/--no-memory", help="peak memory, in other processes")
    ] = True,
    quick: Annotated[
        bool, typer.Option("--quick", help="the standard questions or --peers, small, in a minute")
    ] = False,
    peers: Annotated[
        bool,
        typer.Option(
            "--peers", help="ours next to what others offer for PyTorch; needs specnet[peers]"
        ),
    ] = False,
    directory: Annotated[
        Path | None,
        typer.Option("--out", parser=named, metavar="PATH", help="default: in ckpt/"),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Measure speed side by side: specnet bench catsdogs-gaussian --against catsdogs-spatial"""
    wanted = None if sizes is None else parse_sizes(sizes)
    sized = {"--sizes": sizes, "--batch": batch, "--channels": channels, "--seconds": seconds}
    if peers:
        _check_peers(what, against, quick, sized)
    else:
        _check_together(what, quick, {"--against": against} | sized)
    subjects = read(what, against) if what else []
    name = _folder([each.label for each in subjects] if subjects else ["peers"] * peers)
    target = directory or Path("ckpt") / f"{name}{'-quick' if quick else ''}"
    store.check_own(target, store.MEASURED)
    check_out(target)
    display = console.StudyDisplay(out, err, quiet=quiet or json)
    display.wait("starting Keras")
    try:
        from specnet.studies import bench as benchmark

        found: Any
        options = benchmark.Options(
            wanted, batch, channels or CHANNELS, 3.0 if seconds is None else seconds, memory
        )
        if peers:
            found = benchmark.compare_with_peers(None if quick else options, display)
            report = benchmark.write_peers(found, target)
        elif subjects:
            label = subjects[-1].label if against is not None else None
            found = benchmark.compare(subjects, label, options, display)
            report = benchmark.write_comparison(found, target)
        else:
            plan = benchmark.QUICK if quick else benchmark.Plan(memory=memory)
            found = benchmark.standard_questions(plan, display)
            report = benchmark.write_answers(found, target)
    finally:
        display.stop()
    if json:
        print_json(out=str(target), **report.content)
    else:
        print_report(report)
    if found.stopped_by is not None:
        words = f"{target}: stopped; it holds what was measured so far"
        raise InterruptedRun(words, found.stopped_by)
    if not found.measured:
        raise RunError(f"{target}: nothing could be measured; bench.json says why")


def parse_sizes(text: str, option: str = "--sizes") -> tuple[int, ...]:
    """`64,150` in ascending order, each once; UsageError otherwise."""
    found = [whole_number(part.strip()) for part in text.split(",")]
    sizes = {size for size in found if size}
    if not all(found):
        raise UsageError(
            f"{option}: expected pixels with commas between, such as 64,150, found '{text}'"
        )
    return tuple(sorted(sizes))


def _check_together(what: list[str] | None, quick: bool, options: Mapping[str, Any]) -> None:
    """The standard questions have sizes and rivals of their own."""
    if what and quick:
        raise UsageError("bench: --quick is for the standard questions; leave out what to measure")
    given = [name for name, value in options.items() if value is not None]
    if not what and given:
        raise UsageError(
            f"bench: {', '.join(given)}: needs a recipe or a layer to measure; name one"
        )


def _check_peers(
    what: list[str] | None, against: str | None, quick: bool, options: Mapping[str, Any]
) -> None:
    """What is compared is given; its sizes are not. All peers need PyTorch."""
    if what or against is not None:
        raise UsageError("bench: --peers has layers and rivals of its own; leave out others")
    given = [name for name, value in options.items() if value is not None]
    if quick and given:
        raise UsageError(f"bench: --quick has sizes of its own; leave out {', '.join(given)}")
    if find_spec("torch") is None:
        raise UsageError(NO_TORCH)


def _folder(labels: list[str]) -> str:
    """bench-FIRST-LAST, of letters that every file system takes; `bench` of none."""
    ends = dict.fromkeys((*labels[:1], *labels[-1:]))
    words = (re.sub(r"[^A-Za-z0-9_.]+", "-", label).strip("-") for label in ends)
    return "-".join(("bench", *words))[:120]
