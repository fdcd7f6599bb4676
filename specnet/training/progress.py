"""Where a training is, apart from its arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from specnet.reporting import Row


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
        """What a checkpoint holds beside epoch and step; `rows` are those of metrics.csv."""
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
    best: list[FiniteFloat] | None = Field(min_length=1, max_length=2)
    best_epoch: int = Field(ge=0)
    # A whole number stays one, so that metrics.csv is written with the same characters.
    rows: list[dict[str, int | FiniteFloat]] | None = None
