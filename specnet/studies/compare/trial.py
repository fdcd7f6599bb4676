"""The result of one training of a comparison."""

from dataclasses import dataclass, field
from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator

from specnet.progress import Row
from specnet.studies.engine import records


def _number(value: Any) -> Any:
    """Not a number, for which JSON has no word."""
    return float("nan") if value is None else value


@dataclass(frozen=True)
class Trial(records.Trial):
    """The result of a training with one seed: of weights, order and augmentation.

    Attributes:
        accuracy: on the test split, with the weights of the best epoch.
        guessing: accuracy up to which it shows no more than the most frequent class would; as of
            `workflow.evaluation.Evaluation`.
        sizes: image size -> the same at that size.
        rows: of metrics.csv, one an epoch; `seconds` are without validation.
        losses: training loss of each step.
        parameters: weights of the network, trained or not.
        images_per_second: of training with its data; the median epoch, without the first, which
            compiles.
        peak_mib: memory of the process at most in the steps of the last epoch, without images on
            disk that are only mapped, less what it held before the model was built.
        machine: what it ran on.
    """

    accuracy: Annotated[float, BeforeValidator(_number)] = float("nan")
    guessing: float | None = None  # not in older records
    sizes: dict[str, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    parameters: int = 0
    images_per_second: float = 0.0
    peak_mib: float = 0.0
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether there is an accuracy."""
        return self.error is None and isfinite(self.accuracy)

    @property
    def learned(self) -> bool:
        """Whether its accuracy is more than guessing; True where that is not known."""
        return self.guessing is None or self.accuracy > self.guessing

    @property
    def reason(self) -> str:
        """Why there is none."""
        return self.error or "its accuracy is not a number"

    def content(self) -> dict[str, Any]:
        """As its file says it, with losses to six digits."""
        accuracy = None if self.error is not None else self.accuracy
        losses = [float(f"{loss:.6g}") for loss in self.losses]
        return super().content() | {"accuracy": accuracy, "losses": losses}


RECORDS = records.Records(Trial)
