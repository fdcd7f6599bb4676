"""The trials of a comparison on disk: a file each, written whole once the trial is over.

    study.json                what was asked for, and what was made of it
    trials/LABEL-seed0.json   the result of one trial, or why it failed
    running/                  of trials that are under way; nothing there is needed
    runs/                     run directories, of failed trials and if they are to be kept

Files and their content; no Keras.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

from specnet.progress import Row
from specnet.runs import Run
from specnet.studies.engine import store

TRIALS, RUNNING, RUNS = "trials", "running", "runs"


def _number(value: Any) -> Any:
    """Not a number, for which JSON has no word."""
    return float("nan") if value is None else value


@dataclass(frozen=True)
class Trial:
    """The result of a training with one seed.

    Attributes:
        label, seed: which contender, and the seed of weights, order and augmentation.
        error: why it failed; None if it finished.
        killed: of a failed one, whether something outside killed it, so that it is tried again.
        accuracy: on the test split, with the weights of the best epoch.
        sizes: image size -> the same at that size.
        rows: of metrics.csv, one an epoch; `seconds` are without validation.
        losses: training loss of each step.
        parameters: weights of the network, trained or not.
        images_per_second: of training with its data; the median epoch, without the first, which
            compiles.
        peak_mib: memory of the process at most in the steps of the last epoch, without images on
            disk that are only mapped, less what it held before the model was built.
        seconds: of everything, from the start of the process.
        machine: what it ran on.
    """

    label: str
    seed: int
    error: str | None = None
    killed: bool = False
    accuracy: Annotated[float, BeforeValidator(_number)] = float("nan")
    sizes: dict[str, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    parameters: int = 0
    images_per_second: float = 0.0
    peak_mib: float = 0.0
    seconds: float = 0.0
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether there is an accuracy."""
        return self.error is None and isfinite(self.accuracy)

    @property
    def reason(self) -> str:
        """Why there is none."""
        return self.error or "its accuracy is not a number"

    @property
    def key(self) -> str:
        """Its name among the files."""
        return key_of(self.label, self.seed)


def key_of(label: str, seed: int) -> str:
    """The name of a trial among the files."""
    return f"{label}-seed{seed}"


def write(out: Path, trial: Trial) -> None:
    """Records a trial in the folder of its study, whole or not at all; RunError where it cannot."""
    content = asdict(trial)
    if trial.error is not None:
        content["accuracy"] = None
    content["losses"] = [float(f"{loss:.6g}") for loss in trial.losses]
    Run(out / TRIALS).write(f"{trial.key}.json", json.dumps(content) + "\n")


def read(out: Path, label: str, seed: int) -> Trial | None:
    """The record of a trial, None where there is none.

    Raises:
        RunError: where it is damaged.
    """
    file = out / TRIALS / f"{key_of(label, seed)}.json"
    if not os.path.lexists(file):
        return None
    return store.read_record(file, TypeAdapter(Trial))


def remove(out: Path, label: str, seed: int) -> None:
    """Forgets a trial, where it was recorded: it is to be run again."""
    (out / TRIALS / f"{key_of(label, seed)}.json").unlink(missing_ok=True)


def read_all(out: Path, wanted: Iterable[tuple[str, int]]) -> list[Trial]:
    """The records that there are of these (label, seed), in this order."""
    found = (read(out, label, seed) for label, seed in wanted)
    return [trial for trial in found if trial is not None]
