"""The tables of a comparison as they are read: title, head and cells; and as CSV.

Layout of numbers in words and digits. A table fits 80 columns.
"""

from collections.abc import Callable, Sequence

from specnet.studies.compare.summary import Row
from specnet.studies.engine.statistics import Summary
from specnet.studies.engine.tables import Table, csv_text, flat, names, p_value, percent

NOT_REACHED = "not reached"


def tables(rows: Sequence[Row], source: str = "") -> list[Table]:
    """Every table that these rows fill.

    Args:
        rows: at least one.
        source: where the published numbers are from.
    """
    name = names([row.label for row in rows])
    found = [_accuracy(rows, name), _differences(rows, name), _cost(rows, name)]
    found += [_convergence(rows, name), _sizes(rows, name), _published(rows, name, source)]
    return [table for table in found if table.rows]


def spread(summary: Summary) -> str:
    """67.9 ± 2.3."""
    tail = "" if summary.std is None else f" ± {percent(summary.std)}"
    return percent(summary.mean) + tail


def _accuracy(rows: Sequence[Row], name: Callable[[str], str]) -> Table:
    head = ("recipe", "trials", "mean ± std", "95 % of mean", "max", "median")
    lines = [
        (
            name(row.label),
            f"{row.accuracy.count}" + (f" ({row.failed} failed)" if row.failed else ""),
            spread(row.accuracy),
            _interval(row.accuracy.low, row.accuracy.high),
            percent(row.accuracy.max),
            percent(row.accuracy.median),
        )
        for row in rows
    ]
    return Table("Test accuracy (%)", head, lines)


def _differences(rows: Sequence[Row], name: Callable[[str], str]) -> Table:
    """With a column of baselines where there are several, in place of that of p as it is."""
    baselines = list(dict.fromkeys(name(row.against) for row in rows if row.against is not None))
    several = len(baselines) > 1
    head = ("recipe", "against", "points", "95 %", "p", "p Holm", "effect", "pairs")
    lines = [
        (
            name(row.label),
            name(row.against or ""),
            f"{100 * row.paired.difference:+.1f}",
            _interval(row.paired.low, row.paired.high, "+"),
            p_value(row.paired.p),
            p_value(row.p_corrected),
            f"{row.paired.effect:+.2f}",
            f"{row.paired.pairs}",
        )
        for row in rows
        if row.paired is not None
    ]
    left_out = head.index("p" if several else "against")
    title = "Difference" if several else f"Difference from {''.join(baselines)}"
    kept = [(*cells[:left_out], *cells[left_out + 1 :]) for cells in (head, *lines)]
    return Table(f"{title}, paired by trial", kept[0], kept[1:])


def _cost(rows: Sequence[Row], name: Callable[[str], str]) -> Table:
    head = ("recipe", "params", "MFLOP", "images/s", "s/epoch", "epochs", "peak MiB")
    lines = [
        (
            name(row.label),
            f"{row.cost.parameters:,}",
            f"{row.cost.flops / 1e6:,.1f}",
            f"{row.cost.images_per_second:,.0f}",
            f"{row.cost.seconds_per_epoch:,.1f}",
            f"{row.cost.epochs}",
            f"{row.cost.peak_mib:,.0f}",
        )
        for row in rows
    ]
    return Table("Cost", head, lines)


def _convergence(rows: Sequence[Row], name: Callable[[str], str]) -> Table:
    head = ("recipe", "epochs", "seconds", "sooner, epochs", "seconds", "trials")
    lines: list[tuple[str, ...]] = []
    for row in rows:
        found = row.convergence
        if found is None:
            continue
        reached = f"{found.reached} of {found.of}"
        if found.epochs is None:
            lines.append((name(row.label), NOT_REACHED, "", "", "", reached))
            continue
        times = (found.epochs, found.seconds)
        factors = (found.epoch_factor, found.second_factor)
        shown = [f"{value:.3g}" for value in times if value is not None]
        shown += ["" if factor is None else f"{factor:.2f} x" for factor in factors]
        lines.append((name(row.label), *shown, reached))
    return Table("To the baseline's final validation accuracy (median trial)", head, lines)


def _sizes(rows: Sequence[Row], name: Callable[[str], str]) -> Table:
    sizes = sorted({int(size) for row in rows for size in row.sizes or {}})
    lines = []
    for row in rows:
        if row.sizes:
            found = [row.sizes.get(str(size)) for size in sizes]
            lines.append((name(row.label), *("" if s is None else spread(s) for s in found)))
    return Table("Test accuracy (%) by image size", ("recipe", *(f"{s} px" for s in sizes)), lines)


def _published(rows: Sequence[Row], name: Callable[[str], str], source: str) -> Table:
    head = ("recipe", "mean ± std", "published", "max", "published", "median", "published")
    lines = [
        (
            name(row.label),
            spread(row.accuracy),
            f"{percent(row.published.mean)} ± {percent(row.published.std)}",
            percent(row.accuracy.max),
            percent(row.published.max),
            percent(row.accuracy.median),
            percent(row.published.median),
        )
        for row in rows
        if row.published is not None
    ]
    return Table(f"Against {source}", head, lines)


def _interval(low: float | None, high: float | None, sign: str = "") -> str:
    if low is None or high is None:
        return ""
    return f"{100 * low:{sign}.1f} to {100 * high:{sign}.1f}"


def as_csv(rows: Sequence[Row]) -> str:
    """Every number with every digit, a line a contender; names of columns are dotted."""
    return csv_text([flat(row.as_dict()) for row in rows])
