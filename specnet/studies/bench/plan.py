"""How large the standard questions are, and what they have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from specnet.progress import Reporter
from specnet.recipe.signatures import families
from specnet.studies.bench.goals import Answers, Goal
from specnet.studies.bench.measuring import Measured, Options, measure
from specnet.studies.bench.timing import compared
from specnet.studies.engine.stopping import Check
from specnet.studies.engine.subjects import Subject

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
    """What a question is given: the plan, what was found, the reporter, and what may end it."""

    plan: Plan
    found: Answers
    reporter: Reporter
    check: Check

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
