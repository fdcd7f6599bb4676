"""What the verbs share: consoles, common options, and how JSON and sizes are written."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.console import Console, Text
from specnet.errors import RunWarning, UsageError
from specnet.plain import whole_number
from specnet.runs import Run
from specnet.studies.engine.tables import json_text

if TYPE_CHECKING:
    from specnet.studies.engine.report import Report

out = Console()
err = Console(stderr=True)

RecipeName = Annotated[str, typer.Argument(help="a YAML file, or the name of a shipped recipe")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object, and nothing else")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="print only the result")]
Jobs = Annotated[
    int, typer.Option(min=1, help="trials at once, each in a process with its share of cores")
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="run trials again that failed before")
]
KeepRuns = Annotated[
    bool, typer.Option("--keep-runs", help="keep run directories, for eval and visualize")
]

# Status of a run whose training is not finished -> what a reader of its results should know.
_UNFINISHED = {
    "running": "is being trained; its weights are the best so far",
    "killed": "its training was killed; `specnet train` with --resume goes on",
    "interrupted": "its training was stopped; `specnet train` with --resume goes on",
    "diverged": "its training diverged; its weights are the best before that",
    "failed": "its training failed; its weights are the best before that",
}


def named(text: str) -> Path:
    """The value of --out; UsageError of the empty text, which would mean the working directory."""
    if not text:
        raise UsageError(
            "--out: is empty; name a directory (is a variable of the shell that stands there set?)"
        )
    return Path(text)


def find_run(path: Path, quiet: bool = False) -> Run:
    """The run at `path`, or the newest directly inside it.

    Standard error tells if its training is not finished and, unless `quiet`, which it is.
    """
    found = Run.find(path)
    if found.path != path and not quiet:
        err.print(Text(f"newest run: {found.path}"))
    if words := _UNFINISHED.get(found.status()):
        err.print(Text(f"note: {found.path}: {words}"), soft_wrap=True)
    return found


def print_notes() -> None:
    """Lets what is to be known of a run appear as a note; other warnings as Python has them."""
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, RunWarning):
            err.print(Text(f"note: {message}"), soft_wrap=True)
        else:
            usual(message, category, *where, **more)

    warnings.showwarning = show


def parse_size(text: str) -> tuple[int, int]:
    """`96` or `96x128` as (height, width); UsageError otherwise."""
    sides = [whole_number(part) for part in text.lower().split("x")]
    height, width = sides[0], sides[-1]
    if len(sides) > 2 or not height or not width:
        raise UsageError(f"--image-size: expected a size such as 96 or 96x128, found '{text}'")
    return height, width


def print_report(report: "Report", apart: bool = False) -> None:
    """Tables of a study, what follows from them, and the legend; `apart`: with a line between."""
    out.print(console.study(report.tables, report.out, report.files))
    if report.sentences:
        out.print(Text("\n".join([*[""] * apart, *report.sentences])))
    if report.legend:
        out.print(Text(f"\n{report.legend}", style="dim"))


def print_json(**content: Any) -> None:
    """One JSON object on standard output."""
    out.print(Text(json_text(content).rstrip("\n")), soft_wrap=True)
