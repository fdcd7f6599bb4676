"""A study of many trainings: a line for each that is done, a live bar below, tables at the end."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from specnet.cli.console.console import Text
from specnet.cli.console.tables import table
from specnet.plain import one_line
from specnet.progress import Reporter

_BAR = 24  # columns of the bar and the time


@dataclass
class StudyDisplay(Reporter):
    """Tells of a study of many `unit`s; with `quiet` only of what needs attention."""

    out: Console
    err: Console
    quiet: bool = False
    bar: Progress | None = None
    task: TaskID | None = None
    name: str = ""
    epochs: int = 0
    drawn: float = 0.0
    unit: str = "trials"

    def part(self, name: str, number: int, count: int) -> None:
        """Another training begins."""
        self.name = f"{number}/{count} {name}"
        self._show(self.name, None, None)

    def wait(self, message: str) -> None:
        """Something takes a while."""
        self._show(f"{self.name} {message}", None, None)

    def progress(self, done: float, count: int, running: str, seconds_left: float | None) -> None:
        """Moves the bar over all trainings."""
        left = "" if seconds_left is None else f", {duration(seconds_left)} left"
        words = f"{done / count:.0%} of {count:,} {self.unit}{left} | {running}"
        room = max(self.err.width - _BAR, 20)
        self._show(words if len(words) <= room else f"{words[: room - 3]}...", done, count)

    def start(self, run: Path, known: Mapping[str, Any], recipe: Any, dataset: Any) -> None:
        """The epochs to come."""
        self.epochs = recipe.training.epochs

    def step(self, epoch: int, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """Moves the bar."""
        words = f"{self.name}, epoch {epoch + 1}/{self.epochs}, loss {logs['loss']:.4f}"
        self._show(words, steps * epoch + step, steps * self.epochs)

    def result(self, message: str) -> None:
        """A line for a training that is done."""
        self.name = ""
        if not self.quiet:
            self.out.print(Text(message), soft_wrap=True)

    def note(self, message: str) -> None:
        """Something the user should know."""
        self.err.print(Text(f"note: {message}"), soft_wrap=True)

    def stop(self) -> None:
        """Takes away what moves."""
        if self.bar is not None:
            self.bar.stop()

    def _show(self, words: str, done: float | None, total: int | None) -> None:
        now = time.monotonic()
        if self.quiet or not self.err.is_terminal or (done and now - self.drawn < 0.1):
            return
        words = one_line(words)  # nothing else of it is Text
        if self.bar is None or self.task is None:
            columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=12))
            self.bar = Progress(*columns, TimeElapsedColumn(), console=self.err, transient=True)
            self.task = self.bar.add_task(words, total=None)
            self.bar.start()
        self.drawn = now
        self.bar.update(self.task, description=words, completed=done or 0, total=total)


def duration(seconds: float) -> str:
    """40 s, 12 min, 3 h 20 min."""
    if seconds < 99:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def study(
    tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
    out: Path,
    files: Iterable[Path],
) -> Group:
    """The tables of a study, each a title, a head and rows; and the files that hold more."""
    parts: list[Any] = []
    for title, head, rows in tables:
        parts += [Text(f"\n{title}", style="bold"), table(head, rows)]
    names = ", ".join(file.name for file in files)
    return Group(*parts, Text(f"\n{out}: {names or 'nothing finished yet'}"))
