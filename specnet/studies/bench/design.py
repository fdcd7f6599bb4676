"""How large the standard questions are, and their answers: each a ratio and its goal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from specnet.progress import Reporter
from specnet.recipe.signatures import families
from specnet.studies.bench.machine_peaks import Rates
from specnet.studies.bench.timing import Quartiles, compared
from specnet.studies.bench.trial import Measured, Options, measure
from specnet.studies.engine.stopping import Check
from specnet.studies.engine.subjects import Subject
from specnet.studies.engine.tables import three_digits

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
            return (f"{self.what}: {self.reason}", "", "", "", three_digits(self.goal), "failed")
        met = {True: "yes", False: "no", None: ""}[self.met]
        values = (_with_unit(value, self.unit) for value in (self.measured, self.against))
        return (self.what, *values, three_digits(self.ratio), three_digits(self.goal), met)


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


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{three_digits(value)} {unit}"


# Free filters are no formula; a polynomial of order 1, its default, is `linear`.
_NO_OTHER_FAMILY = ("free", "gaussian", "polynomial")


@dataclass(frozen=True)
class Plan:
    """How large the standard questions are; `batch` is that of networks, `convolved` of layers."""

    size: int = 150
    batch: int = 64
    convolved: int = 32
    families: tuple[str, ...] = tuple(f for f in families() if f not in _NO_OTHER_FAMILY)
    kernels: tuple[int, ...] = (3, 5, 7, 9, 11)
    pooled: tuple[tuple[int, int], ...] = ((32, 64), (150, 16))  # size and batch
    growth: tuple[int, int] | None = (64, 512)
    starts: int = 3
    memory: bool = True
    seconds: float = 2.0


QUICK = Plan(
    size=64,
    batch=16,
    convolved=8,
    families=("chebyshev", "log_gabor"),
    kernels=(3, 5, 11),
    pooled=((32, 16), (64, 8)),
    growth=None,
    starts=1,
    memory=False,
    seconds=0.5,
)


@dataclass
class Bench:
    """What a question is given: the plan, what was found, the reporter, and what may end it.

    Attributes:
        variants: label -> how the network was compiled that was timed, for later questions.
    """

    plan: Plan
    found: Answers
    reporter: Reporter
    check: Check
    variants: dict[str, str] = field(default_factory=dict)

    def side_by_side(
        self, subjects: Sequence[Subject], size: int, batch: int, name: str, seconds: float = 1.0
    ) -> Measured:
        """Times in turn; `seconds` is a share of the plan's."""
        options = Options(seconds=seconds * self.plan.seconds)
        return measure(subjects, size, batch, options, [name], self.reporter, self.check)


def goal_of(
    what: str, measured: Measured, name: str, ours: str, theirs: str, goal: float | None
) -> Goal:
    """The ratio of two subjects' times, or why there is none."""
    failed = [measured.failures[each] for each in (ours, theirs) if each in measured.failures]
    if failed:
        return Goal(what, goal=goal, reason=failed[0])
    first, second = (measured.times[name][each].seconds for each in (ours, theirs))
    taken, against = (1000 * float(np.median(each)) for each in (first, second))
    return Goal(what, taken, against, compared(first, second).median, goal)
