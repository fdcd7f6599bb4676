"""How results look in a terminal: plain objects -> rich tables, and the progress of a training.

Only `cli` uses this. What may go in here: layout; no files, no decisions.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.status import Status
from rich.table import Table
from rich.text import Text

from specnet.reporting import Reporter


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """A table whose numbers stand to the right."""
    rows = [[_cell(value) for value in row] for row in rows]
    drawn = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        numeric = all(_is_number(row[number]) for row in rows)
        drawn.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))  # a plain string would be read as markup
    return drawn


def facts(pairs: Mapping[str, Any]) -> Table:
    """Names and values, one pair a line."""
    drawn = Table(box=None, show_header=False, pad_edge=False)
    drawn.add_column(style="bold")
    drawn.add_column(overflow="fold")
    for name, value in pairs.items():
        drawn.add_row(name, Text(_cell(value)))
    return drawn


def percent(share: float) -> str:
    """0.6789 -> 67.9 %."""
    return f"{100 * share:.1f} %"


def training_summary(trained: Any) -> Group:
    """What a training reached, and what to do next."""
    best, path = trained.best, trained.run.path
    return Group(
        facts(
            {
                "run": path,
                "best epoch": f"{best['epoch']:.0f} of {len(trained.rows)}",
                "validation": f"accuracy {percent(best['val_accuracy'])}, "
                f"loss {best['val_loss']:.4f}",
                "parameters": trained.parameters,
                "time": f"{trained.seconds:.0f} s",
            }
        ),
        Text(f"\nnext:  specnet eval {path}"),
    )


def evaluation_report(result: Any, run: Path) -> Group:
    """An Evaluation: what was measured, each class, and which were taken for which."""
    height, width = result.image_size
    summary = {
        "run": run,
        "images": f"{result.images:,} of split {result.split}, {height}x{width}",
        "loss": f"{result.loss:.4f}",
        "accuracy": percent(result.accuracy),
    }
    if result.roc_auc is not None:
        summary["ROC AUC"] = f"{result.roc_auc:.4f}"
    scores = [
        (c.name, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", c.images)
        for c in result.classes
    ]
    # Rows carry the names; columns are numbered, so that ten classes fit into a terminal.
    numbered = [f"{number} {c.name}" for number, c in enumerate(result.classes, 1)]
    counts = [(name, *row) for name, row in zip(numbered, result.confusion, strict=True)]
    numbers = [str(number) for number in range(1, len(numbered) + 1)]
    return Group(
        facts(summary),
        Text("\nclasses", style="bold"),
        table(("class", "precision", "recall", "F1", "images"), scores),
        Text("\nconfusion: rows are true, columns predicted", style="bold"),
        table(("", *numbers), counts),
    )


def recipe_list(rows: Iterable[Sequence[Any]]) -> Group:
    """The recipes at hand, and how to use one."""
    return Group(
        table(("recipe", "task", "data", "parameters"), rows),
        Text("\nspecnet recipes show NAME, specnet train NAME"),
    )


def layer_list(rows: Iterable[Sequence[Any]]) -> Group:
    """Every layer with its first line of help."""
    return Group(
        table(("layer", "what it does"), rows),
        Text("\nspecnet layers NAME, specnet layers --image-size 150x150"),
    )


def layer_page(name: str, summary: str, arguments: Iterable[Sequence[Any]]) -> Group:
    """One layer: what it does and what it takes."""
    return Group(
        Text(name, style="bold"),
        Text(summary + "\n"),
        table(("argument", "default", "type"), arguments),
    )


def filter_costs(costs: Iterable[Any], image_size: tuple[int, int]) -> Group:
    """Parameters a filter at an image size."""
    rows = [(cost.layer, cost.parameters, cost.layer_parameters) for cost in costs]
    heading = Text(f"parameters at {image_size[0]}x{image_size[1]}, one channel", style="bold")
    return Group(heading, table(("layer", "one filter", "64 filters"), rows))


@dataclass
class TrainingDisplay(Reporter):
    """Tells of a training: a live bar in a terminal, a line an epoch elsewhere.

    With `quiet` it only passes on what needs attention.
    """

    out: Console
    err: Console
    quiet: bool = False
    status: Status | None = None
    bar: Progress | None = None
    task: TaskID | None = None
    epochs: int = 0
    batch_size: int = 0
    last_step: float = 0.0
    headed: bool = field(default=False, init=False)

    def wait(self, message: str) -> None:
        """Shows that something takes a while; the next wait or `start` ends it."""
        self.stop()
        if not self.quiet and self.err.is_terminal:
            self.status = self.err.status(message)
            self.status.start()

    def start(self, run: Path, known: Mapping[str, Any], recipe: Any, dataset: Any) -> None:
        """Says what the training runs on and what it trains."""
        self.stop()
        self.epochs, self.batch_size = recipe.training.epochs, recipe.training.batch_size
        if self.quiet:
            return
        machine = known["machine"]
        height, width = recipe.data.image_size
        sizes = f"{len(dataset.train):,} train, {len(dataset.validation):,} validation"
        self.out.print(
            facts(
                {
                    "run": run,
                    "device": f"{machine['device']}, {machine['cpus']} threads, "
                    f"{machine['backend']}, {recipe.training.precision}",
                    "model": f"{recipe.name}, {known['parameters']:,} parameters",
                    "data": f"{sizes}, {height}x{width}x{recipe.data.channels}, "
                    f"{len(dataset.classes)} classes",
                }
            )
        )
        if self.out.is_terminal:
            self.bar = _progress_bar(self.out)
            self.bar.start()
            self.task = self.bar.add_task("", figures="")

    def stop(self) -> None:
        """Takes away what moves."""
        for moving in (self.status, self.bar):
            if moving is not None:
                moving.stop()

    def note(self, message: str) -> None:
        """Something the user should know."""
        self.err.print(Text(f"note: {message}"), soft_wrap=True)

    def step(self, epoch: int, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """Moves the bar."""
        now = time.monotonic()
        rate, self.last_step = self.batch_size / max(now - self.last_step, 1e-9), now
        if self.bar is not None and self.task is not None:
            self.bar.update(
                self.task,
                description=f"epoch {epoch + 1}/{self.epochs} step {step}/{steps}",
                total=steps * self.epochs,
                completed=steps * epoch + step,
                figures=f"loss {logs['loss']:.4f} acc {percent(logs['accuracy'])} {rate:.0f} img/s",
            )

    def epoch(self, row: Mapping[str, float]) -> None:
        """Adds a line to the table of epochs."""
        if self.quiet:
            return
        if not self.headed:
            self.out.print(_EPOCH_HEAD, style="bold", highlight=False)
            self.headed = True
        self.out.print(_epoch_line(row, self.epochs), highlight=False)


_EPOCH_HEAD = "   epoch      loss  accuracy  val loss  val acc.  images/s  seconds"


def _epoch_line(row: Mapping[str, float], epochs: int) -> str:
    place = f"{row['epoch']:.0f}/{epochs}"
    return (
        f"{place:>8}  {row['loss']:8.4f}  {percent(row['accuracy']):>8}  {row['val_loss']:8.4f}"
        f"  {percent(row['val_accuracy']):>8}  {row['images_per_second']:8.0f}"
        f"  {row['seconds']:7.1f}"
    )


def _progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=8),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("-", "").replace(" %", "").isdigit()
