"""The result of one training of a search."""

from dataclasses import dataclass, field
from typing import Any, Literal

from specnet.studies.engine import records

State = Literal["complete", "pruned", "diverged"]


@dataclass(frozen=True)
class Trial(records.Trial):
    """One choice of settings, trained.

    Attributes:
        settings: path -> value.
        state: `pruned`: it ended early, behind the others. `diverged`: its loss became infinite,
            which is an answer too.
        value: the metric at its best epoch; None where there is none.
        values: of each epoch.
        epochs: that it would have at most.
        parameters: weights of the network.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    state: State = "complete"
    value: float | None = None
    values: list[float] = field(default_factory=list)
    epochs: int = 0
    parameters: int = 0


RECORDS = records.Records(Trial)
