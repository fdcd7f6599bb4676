"""What the standard questions come to: each a ratio and its goal."""

from dataclasses import asdict, dataclass, field
from typing import Any

from specnet.studies.bench.machine_peaks import Rates
from specnet.studies.bench.timing import Quartiles

HEAD = ("", "measured", "against", "ratio", "goal", "met")


@dataclass(frozen=True)
class Goal:
    """One line of the table.

    Attributes:
        what: what was measured, and what against.
        measured, against: in `unit`; None where one of them failed.
        ratio: of both, or of something that follows from them.
        goal: the largest ratio wanted; None where none is set.
        unit: ms, s or MiB.
        reason: why it could not be measured.
    """

    what: str
    measured: float | None = None
    against: float | None = None
    ratio: float | None = None
    goal: float | None = None
    unit: str = "ms"
    reason: str = ""

    @property
    def met(self) -> bool | None:
        """None where there is no goal, or nothing was measured."""
        if self.goal is None:
            return None
        return False if self.ratio is None else self.ratio <= self.goal

    def cells(self) -> tuple[str, ...]:
        """As it is read, under HEAD."""
        if self.reason:
            return (f"{self.what}: {self.reason}", "", "", "", _number(self.goal), "failed")
        met = {True: "yes", False: "no", None: ""}[self.met]
        values = (_with_unit(value, self.unit) for value in (self.measured, self.against))
        return (self.what, *values, _number(self.ratio), _number(self.goal), met)


@dataclass
class Answers:
    """The answers to the standard questions.

    Attributes:
        goals: a line for each.
        machine: facts, as `specnet.environment` gives them.
        rates: what this machine can do.
        kernels: label of a convolution -> spatial kernel size -> ms.
        sentences: what follows.
        stopped_by: number of the signal that ended it early; None where none did.
    """

    machine: dict[str, Any]
    rates: Rates | None = None
    goals: list[Goal] = field(default_factory=list)
    kernels: dict[str, dict[int, Quartiles]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    stopped_by: int | None = None

    @property
    def measured(self) -> bool:
        """Whether there is anything to tell."""
        return any(goal.ratio is not None for goal in self.goals)

    def as_dict(self) -> dict[str, Any]:
        """In plain numbers and words."""
        return asdict(self) | {"goals": [asdict(goal) | {"met": goal.met} for goal in self.goals]}


def _number(value: float | None) -> str:
    """Three digits, and no powers of ten."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{_number(value)} {unit}"
