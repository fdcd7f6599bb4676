"""Trials on disk: a file each, written whole once the trial is over.

    study.json                what was asked for, and what was made of it
    trials/LABEL-seed0.json   the result of one trial, or why it failed
    running/                  of trials that are under way, or were stopped and may go on
    runs/                     run directories, of failed trials and if they are to be kept

Files and their content; no Keras.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from specnet.runs import Run, files
from specnet.studies.engine import store

TRIALS, RUNNING, RUNS = files.TRIALS, "running", files.RUNS

Key = tuple[str, int]  # label and seed


@dataclass(frozen=True)
class Trial:
    """The result of one subject of a study with one seed; studies add what they measure.

    Attributes:
        label, seed: which subject, and the seed of all that is random about it.
        error: why it failed; None if it finished.
        killed: of a failed one, whether something outside killed it, so that it is tried again.
        seconds: of everything, from the start of the process; of a trial that was stopped, of the
            epochs before and of the process that ended it.
    """

    label: str
    seed: int
    error: str | None = None
    killed: bool = False
    seconds: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether there is a result."""
        return self.error is None

    @property
    def reason(self) -> str:
        """Why there is none."""
        return self.error or ""

    @property
    def key(self) -> str:
        """Its name among the files."""
        return key_of(self.label, self.seed)

    def content(self) -> dict[str, Any]:
        """What its file says."""
        return asdict(self)


T = TypeVar("T", bound=Trial)


def key_of(label: str, seed: int) -> str:
    """The name of a trial among the files."""
    return f"{label}-seed{seed}"


@dataclass(frozen=True)
class Records(Generic[T]):
    """Trials of a kind, in the folder `out` of a study."""

    kind: type[T]

    def write(self, out: Path, trial: T) -> None:
        """Records a trial, whole or not at all; RunError where it cannot."""
        Run(out / TRIALS).write(f"{trial.key}.json", json.dumps(trial.content()) + "\n")

    def read(self, out: Path, label: str, seed: int) -> T | None:
        """The record of a trial, None where there is none; RunError where it is damaged."""
        file = out / TRIALS / f"{key_of(label, seed)}.json"
        return store.read_record(file, TypeAdapter(self.kind)) if os.path.lexists(file) else None

    def remove(self, out: Path, label: str, seed: int) -> None:
        """Forgets a trial, where it was recorded: it is to be run again."""
        (out / TRIALS / f"{key_of(label, seed)}.json").unlink(missing_ok=True)

    def read_all(self, out: Path, wanted: Iterable[Key]) -> list[T]:
        """The records that there are of these, in this order."""
        found = (self.read(out, label, seed) for label, seed in wanted)
        return [trial for trial in found if trial is not None]
