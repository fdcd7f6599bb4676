"""Callbacks that receive the progress of long jobs. The command line draws it; no Keras here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Row = dict[str, float]  # of metrics.csv
ATTACKED = "val_attacked_accuracy"  # of validation images that PGD has moved, where it is asked for


class Reporter:
    """Callbacks of a training that do nothing; subclasses display progress."""

    def wait(self, message: str) -> None:
        """Something takes a while, until `start`."""

    def start(self, run: Path, known: Mapping[str, Any], recipe: Any, dataset: Any) -> None:
        """The training is about to begin; `known` are facts on the machine and the model."""

    def note(self, message: str) -> None:
        """Something the user should know."""

    def missing(self, message: str) -> None:
        """Something that was asked for is not shown, and why."""

    def part(self, name: str, number: int, count: int) -> None:
        """Of a job of `count` trainings, this one begins; `number` counts from 1."""

    def progress(self, done: float, count: int, running: str, seconds_left: float | None) -> None:
        """Of `count` trainings at once, so many are done, parts of them counted; `running` says
        which are under way; the time left is None while unknown."""

    def result(self, message: str) -> None:
        """Report the result of a part."""

    def step(self, epoch: int, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """A step is done; `step` counts from 1, `epoch` from 0; `logs` are means of the epoch."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is done; `row` is its line of metrics.csv."""
