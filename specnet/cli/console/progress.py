"""The progress of a training in a terminal: a live bar, or a line an epoch."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.status import Status

from specnet.cli.console.console import Text
from specnet.cli.console.tables import facts, measured, percent
from specnet.progress import ATTACKED, Reporter


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
    metric: str = "accuracy"
    batch_size: int = 0
    last_step: float = 0.0
    steps_done: int = 0
    headed: bool = field(default=False, init=False)

    def wait(self, message: str) -> None:
        """Shows that something takes a while; the next wait or `start` ends it."""
        self.stop()
        if not self.quiet and self.err.is_terminal:
            self.status = self.err.status(Text(message))
            self.status.start()

    def start(self, run: Path, known: Mapping[str, Any], recipe: Any, dataset: Any) -> None:
        """Says what the training runs on and what it trains."""
        self.stop()
        self.epochs, self.batch_size = recipe.training.epochs, recipe.training.batch_size
        self.metric = recipe.metric
        if self.quiet:
            return
        machine = known["machine"]
        shape = "x".join(map(str, (*recipe.data.image_size, recipe.data.channels)))
        sizes = f"{len(dataset.train):,} train, {len(dataset.validation):,} validation"
        self.out.print(
            facts(
                {
                    "run": run,
                    "device": f"{machine['device']}, {machine['cpus']} threads, "
                    f"{machine['backend']}, {recipe.training.precision}",
                    "model": f"{recipe.name}, {known['parameters']:,} parameters",
                    "data": f"{sizes}, {shape}, {len(dataset.classes)} classes",
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
        now, done = time.monotonic(), steps * epoch + step
        images = (done - self.steps_done) * self.batch_size
        rate, self.last_step, self.steps_done = images / max(now - self.last_step, 1e-9), now, done
        if self.bar is not None and self.task is not None:
            self.bar.update(
                self.task,
                description=f"epoch {epoch + 1}/{self.epochs} step {step}/{steps}",
                total=steps * self.epochs,
                completed=done,
                figures=f"loss {logs['loss']:.4f} {_SHORT[self.metric]} "
                f"{measured(self.metric, logs)} {rate:.0f} img/s",
            )

    def epoch(self, row: Mapping[str, float]) -> None:
        """Adds a line to the table of epochs."""
        if self.quiet:
            return
        if not self.headed:
            self.out.print(_epoch_head(self.metric, row), style="bold")
            self.headed = True
        self.out.print(_epoch_line(row, self.epochs, self.metric))


_SHORT = {"accuracy": "acc.", "mse": "mse"}


def _epoch_head(metric: str, row: Mapping[str, float]) -> str:
    short = f"val {_SHORT[metric]}"
    attacked = "  attacked" if ATTACKED in row else ""
    return f"   epoch      loss  {metric:>8}  val loss  {short:>8}{attacked}  images/s  seconds"


def _epoch_line(row: Mapping[str, float], epochs: int, metric: str) -> str:
    place = f"{row['epoch']:.0f}/{epochs}"
    attacked = f"  {percent(row[ATTACKED]):>8}" if ATTACKED in row else ""
    return (
        f"{place:>8}  {row['loss']:8.4f}  {measured(metric, row):>8}  {row['val_loss']:8.4f}"
        f"  {measured(metric, row, 'val_'):>8}{attacked}  {row['images_per_second']:8.0f}"
        f"  {row['seconds']:7.1f}"
    )


def _progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=8),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
