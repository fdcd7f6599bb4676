"""Where a training is, apart from its arrays."""

from dataclasses import dataclass, field
from typing import Any

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

    def notes(self) -> dict[str, Any]:
        """What a checkpoint holds beside epoch and step."""
        return {key: vars(self)[key] for key in ("logs", "seconds", "best", "best_epoch")}
