"""Where a training is, apart from its arrays; mending what its run no longer knows of that."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from specnet.errors import RunError, RunWarning
from specnet.progress import Reporter, Row
from specnet.runs import Run
from specnet.training import weights


@dataclass
class Progress:
    """What a checkpoint keeps as small numbers: position, means so far, the best so far."""

    epoch: int = 0
    step: int = 0
    logs: Row = field(default_factory=dict)  # means over the steps done in this epoch
    seconds: float = 0.0  # spent in this epoch, without validation
    best: list[float] | None = None  # score of the best weights, the largest of all epochs
    best_epoch: int = 0

    def notes(self, rows: Sequence[Row]) -> dict[str, Any]:
        """What a checkpoint holds next to epoch and step; `rows` are those of metrics.csv."""
        noted = {key: vars(self)[key] for key in ("logs", "seconds", "best", "best_epoch")}
        return noted | {"rows": [*rows]}

    @classmethod
    def read(
        cls, epoch: int, step: int, notes: Mapping[str, Any]
    ) -> tuple["Progress", list[Row] | None]:
        """The progress that a checkpoint holds, and the rows; None of an older checkpoint.

        Raises:
            ValueError: where the notes are not what `notes` gives.
        """
        found = _Notes.model_validate(notes)
        if found.best_epoch > epoch or (found.rows is not None and len(found.rows) > epoch):
            raise ValueError(f"notes on more than the {epoch} epochs that are finished")
        kept = {key: value for key, value in found if key != "rows"}
        return cls(epoch, step, **kept), found.rows


class _Notes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    logs: dict[str, FiniteFloat]
    seconds: FiniteFloat = Field(ge=0)
    best: list[FiniteFloat] | None = Field(min_length=1, max_length=3)
    best_epoch: int = Field(ge=0)
    # A whole number stays one, so that metrics.csv is written with the same characters.
    rows: list[dict[str, int | FiniteFloat]] | None = None


def known_rows(run: Run, epochs: int, out: Reporter) -> list[Row]:
    """The rows of metrics.csv, of a run whose checkpoints are too old to hold them."""
    try:
        rows = run.metrics("loss", "val_loss", "seconds", "images_per_second")[:epochs]
    except RunError as error:
        out.note(str(error).partition(";")[0])
        rows = []
    if [row["epoch"] for row in rows] != [*range(1, epochs + 1)]:
        out.note(f"{run.path / 'metrics.csv'}: does not have all of the {epochs} finished epochs")
    return rows


def mend_metrics(run: Run, rows: list[Row], out: Reporter) -> None:
    """Writes metrics.csv anew where it does not begin with the rows that the checkpoint holds."""
    try:
        with warnings.catch_warnings():  # the checkpoint says more exactly what has changed
            warnings.simplefilter("ignore", RunWarning)
            found = run.metrics()[: len(rows)]
        if found == rows:
            return
        reason = "is not what was measured" if found else "is missing or empty"
    except RunError as error:
        reason = str(error).partition(": ")[2].partition(";")[0]
    out.note(f"{run.path / 'metrics.csv'}: {reason}; written anew from the checkpoint")
    run.write_metrics(rows)


def mend_best(run: Run, model: keras.Model, progress: Progress, out: Reporter) -> None:
    """Writes the best weights anew where they are damaged and the model has them.

    Where it does not, the best of the epochs that follow take their place.
    """
    if progress.best is None:
        return
    try:
        run.read_known(weights.BEST, weights.largest(model))
    except RunError as error:
        reason = str(error).partition(";")[0]
        if progress.best_epoch == progress.epoch and progress.step == 0:
            out.note(f"{reason}; written anew from the checkpoint")
            weights.save(run, weights.BEST, model)
        else:
            lost = f"the best weights, of epoch {progress.best_epoch}, are lost"
            out.note(f"{reason}; {lost}, and those of the best epoch from here on are kept")
            progress.best, progress.best_epoch = None, 0
