"""The results of a comparison: plain numbers, and tables for terminals, CSV and JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from string import ascii_uppercase
from typing import Any

from specnet.models import cost
from specnet.studies.bench.machine_peaks import Rates
from specnet.studies.bench.roofline import Floor
from specnet.studies.bench.timing import Quartiles, advice, over
from specnet.studies.bench.workloads import BACKWARD, FORWARD, STEP
from specnet.studies.engine.tables import Table, csv_text, three_digits


@dataclass(frozen=True)
class Row:
    """One subject at one size, by one measure.

    Attributes:
        subject, size, batch, measure: what was timed; `size` in pixels along a side.
        variant: how it was compiled: `as trained`, or `whole by XLA`.
        ms: of a batch, median and quartiles.
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
        """Size -> quartiles of the time, in ascending order of size."""
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


_LONGEST = 26  # characters of a name in a table


def tables(found: Comparison) -> list[Table]:
    """What a reader wants to see: title, head and rows of each table."""
    names = short_names(found.subjects)
    made: list[Table] = []
    if any(name != label for label, name in names.items()):
        made.append(
            Table("subjects", ("", "what"), [(name, label) for label, name in names.items()])
        )
    made += _times(found, names)
    if found.rows:
        cells = [_cost_cells(row, names) for row in found.rows if row.measure == found.deciding]
        head = ("", "px", "parameters", "FLOP", "peak MiB", "floor ms", "floor/time")
        made.append(Table(f"what the {found.deciding} takes", head, cells))
    if found.floors:
        head = ("", "px", "FFT", "traffic", "arithmetic", "head", "sum")
        made.append(
            Table("the floor, in ms", head, [_floor_cells(each, names) for each in found.floors])
        )
    if found.failures:
        failed: list[tuple[str, ...]] = [
            (names[each.subject], str(each.size), each.reason) for each in found.failures
        ]
        made.append(Table("failed", ("", "px", "why"), failed))
    return made


def short_names(labels: Sequence[str]) -> dict[str, str]:
    """Label -> itself where all are short, else A, B, C, ..."""
    if max(map(len, labels)) <= _LONGEST:
        return {label: label for label in labels}
    return {label: _letters(number) for number, label in enumerate(labels)}


def _letters(number: int) -> str:
    """A to Z, then A2 to Z2, ..."""
    more = number // len(ascii_uppercase)
    return ascii_uppercase[number % len(ascii_uppercase)] + (str(more + 1) if more else "")


def _times(found: Comparison, names: Mapping[str, str]) -> list[Table]:
    """A table for each measure."""
    made: list[Table] = []
    for measure in dict.fromkeys(row.measure for row in found.rows):
        rows = [row for row in found.rows if row.measure == measure]
        title = f"{measure}, batch of {rows[0].batch}"
        head: tuple[str, ...] = ("", "px", "ms", "quartiles", "images/s")
        if found.against is not None:
            title, head = f"{title}; ratio to {names[found.against]}", (*head, "ratio (range)")
        cells = [_time_cells(row, names, found.against) for row in rows]
        made.append(Table(title, head, cells))
    return made


def as_csv(rows: Iterable[Row]) -> str:
    """A line a row, with every digit."""
    return csv_text([_record(row) for row in rows])


def as_dict(found: Comparison) -> dict[str, Any]:
    """Everything, in plain numbers and words."""
    return {
        "subjects": found.subjects,
        "against": found.against,
        "rows": [_record(row) for row in found.rows],
        "floors": [asdict(each) for each in found.floors],
        "failures": [asdict(each) for each in found.failures],
        "advice": found.advice,
        "notes": found.notes,
        "stopped_by": found.stopped_by,
        "rates": None if found.rates is None else asdict(found.rates),
        "machine": found.machine,
    }


def _operations(value: float | None) -> str:
    """12.3 M, 4.56 G."""
    if value is None:
        return ""
    sizes = {"G": 1e9, "M": 1e6, "k": 1e3}
    unit, size = next((each for each in sizes.items() if value >= each[1]), ("", 1))
    return f"{value / size:.3g} {unit}".strip()


def _time_cells(row: Row, names: Mapping[str, str], against: str | None) -> tuple[str, ...]:
    cells = (
        names[row.subject],
        str(row.size),
        three_digits(row.ms.median),
        _between(row.ms, three_digits),
        f"{row.images_per_second:,.0f}",
    )
    if against is None:
        return cells
    if row.ratio is None or row.subject == against:
        return (*cells, "" if row.ratio is None else "1")
    return (*cells, f"{row.ratio.median:.2f} ({_between(row.ratio, '{:.2f}'.format)})")


def _between(values: Quartiles, written: Callable[[float], str]) -> str:
    return f"{written(values.lower)} to {written(values.upper)}"


def _cost_cells(row: Row, names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        names[row.subject],
        str(row.size),
        f"{row.parameters:,}",
        _operations(None if row.gflop is None else 1e9 * row.gflop),
        "" if row.memory_mib is None else f"{row.memory_mib:,.0f}",
        three_digits(row.floor_ms),
        "" if row.reached is None else f"{row.reached:.0%}",
    )


def _floor_cells(each: FloorAt, names: Mapping[str, str]) -> tuple[str, ...]:
    parts = each.parts
    values = (parts.transforms, parts.traffic, parts.arithmetic, parts.head, parts.total)
    return (names[each.subject], str(each.size), *(three_digits(1000 * value) for value in values))


def _record(row: Row) -> dict[str, Any]:
    """Flat, one number a key."""
    record = asdict(row)
    ends = {"ms": ("ms_lower_quartile", "ms_upper_quartile"), "ratio": ("ratio_low", "ratio_high")}
    for key, (low, high) in ends.items():
        found = record.pop(key) or dict.fromkeys(("lower", "median", "upper"))
        record |= {key: found["median"], low: found["lower"], high: found["upper"]}
    return record | {"images_per_second": row.images_per_second, "floor_reached": row.reached}
