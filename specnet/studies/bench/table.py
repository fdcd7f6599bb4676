"""A comparison as tables: for terminals, as CSV, JSON and Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from string import ascii_uppercase
from typing import Any

from specnet.studies.bench.results import Comparison, FloorAt, Row
from specnet.studies.bench.timing import Quartiles
from specnet.studies.engine.tables import Table, csv_text

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


def milliseconds(value: float | None) -> str:
    """Three digits."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:#.3g}".rstrip(".")


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
        milliseconds(row.ms.median),
        _between(row.ms, milliseconds),
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
        milliseconds(row.floor_ms),
        "" if row.reached is None else f"{row.reached:.0%}",
    )


def _floor_cells(each: FloorAt, names: Mapping[str, str]) -> tuple[str, ...]:
    parts = each.parts
    values = (parts.transforms, parts.traffic, parts.arithmetic, parts.head, parts.total)
    return (names[each.subject], str(each.size), *(milliseconds(1000 * value) for value in values))


def _record(row: Row) -> dict[str, Any]:
    """Flat, one number a key."""
    record = asdict(row)
    ends = {"ms": ("ms_lower_quartile", "ms_upper_quartile"), "ratio": ("ratio_low", "ratio_high")}
    for key, (low, high) in ends.items():
        found = record.pop(key) or dict.fromkeys(("lower", "median", "upper"))
        record |= {key: found["median"], low: found["lower"], high: found["upper"]}
    return record | {"images_per_second": row.images_per_second, "floor_reached": row.reached}
