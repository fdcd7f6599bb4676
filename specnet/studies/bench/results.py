"""The results of a comparison as plain numbers."""

from dataclasses import dataclass, field
from typing import Any

from specnet.models import cost
from specnet.studies.bench.crossover import advice
from specnet.studies.bench.machine_peaks import Rates
from specnet.studies.bench.roofline import Floor
from specnet.studies.bench.timing import Quartiles, over
from specnet.studies.bench.workloads import BACKWARD, FORWARD, STEP


@dataclass(frozen=True)
class Row:
    """One subject at one size, by one measure.

    Attributes:
        subject, size, batch, measure: what was timed; `size` in pixels along a side.
        variant: how it was compiled: `as trained`, or `whole by XLA`.
        ms: milliseconds of a batch.
        parameters: numbers that are learned.
        gflop: of a batch, by formulas; with gradients three times that of a forward pass, by
            convention. None where a layer has no formula.
        floor_ms: what this machine must at least spend; None where none is defined.
        ratio: to the time of the baseline, as `timing.compared` gives it; None without one.
        memory_mib: peak of the steps; None where it was not measured.
    """

    subject: str
    size: int
    batch: int
    measure: str
    variant: str
    ms: Quartiles
    parameters: int
    gflop: float | None
    floor_ms: float | None = None
    ratio: Quartiles | None = None
    memory_mib: float | None = None

    @property
    def images_per_second(self) -> float:
        """At the median."""
        return 1000 * self.batch / self.ms.median

    @property
    def reached(self) -> float | None:
        """Floor over measured: 1 is as fast as can be."""
        return None if self.floor_ms is None else self.floor_ms / self.ms.median


@dataclass(frozen=True)
class FloorAt:
    """The floor of a subject at a size."""

    subject: str
    size: int
    parts: Floor


@dataclass(frozen=True)
class Failure:
    """A subject that could not be measured at a size, and why."""

    subject: str
    size: int
    reason: str


@dataclass
class Comparison:
    """What was measured of some subjects.

    Attributes:
        subjects: labels, in the order asked for; the baseline is the last.
        against: the baseline's label, if there is one.
        machine: facts, as `specnet.environment` gives them.
        rates: what this machine can do.
        rows, floors, failures: in the order in which they were measured.
        notes: what a reader should know.
        stopped_by: number of the signal that ended it early; None where none did.
    """

    subjects: list[str]
    against: str | None
    machine: dict[str, Any]
    rates: Rates | None = None
    rows: list[Row] = field(default_factory=list)
    floors: list[FloorAt] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped_by: int | None = None

    @property
    def measured(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.rows)

    @property
    def deciding(self) -> str:
        """The measure that says most of what was measured: the step, else with gradients."""
        found = {row.measure for row in self.rows}
        return next((name for name in (STEP, BACKWARD) if name in found), FORWARD)

    def curve(self, subject: str, measure: str | None = None) -> dict[int, Quartiles]:
        """Size -> milliseconds, in ascending order of size."""
        measure = measure or self.deciding
        rows = [row for row in self.rows if (row.subject, row.measure) == (subject, measure)]
        return {row.size: row.ms for row in sorted(rows, key=lambda row: row.size)}

    @property
    def advice(self) -> list[str]:
        """Which is faster here, and from which size on: a sentence for each but the baseline."""
        if self.against is None:
            return []
        theirs = self.curve(self.against)
        found = []
        for subject in self.subjects:
            ours, ratios = self.curve(subject), self.ratios(subject)
            if subject != self.against and ratios:
                mine, its = ([curve[size].median for size in ratios] for curve in (ours, theirs))
                sizes, between = [*ratios], [*ratios.values()]
                sentence = advice(subject, self.against, sizes, mine, its, ratios=between)
                found.append(f"{self.deciding.capitalize()}: {sentence}")
        return found

    def ratios(self, subject: str) -> dict[int, Quartiles]:
        """Size -> time over the baseline's, where both were measured, in ascending order of size.

        Where it was not measured round by round, it lies between the ratios of the quartiles.
        """
        theirs = self.curve(self.against or "")
        rows = [row for row in self.rows if (row.subject, row.measure) == (subject, self.deciding)]
        return {
            row.size: row.ratio or over(row.ms, theirs[row.size])
            for row in sorted(rows, key=lambda row: row.size)
            if row.size in theirs
        }


def gflop(count: cost.Count, batch: int, measure: str) -> float | None:
    """Of a batch; None where a layer has no formula."""
    if count.unknown:
        return None
    return count.flops * batch * (1 if measure == FORWARD else cost.TRAINING) / 1e9
