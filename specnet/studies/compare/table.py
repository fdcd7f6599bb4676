"""The tables of a comparison as they are read, and as CSV; and in sentences what follows from them.

Layout of numbers in words and digits. A table fits 80 columns.
"""

from collections.abc import Sequence

from specnet.messages import counted
from specnet.studies.compare.design import Plan
from specnet.studies.compare.results import Row
from specnet.studies.compare.trial import Trial
from specnet.studies.engine.statistics import Paired, Summary, judged, too_few
from specnet.studies.engine.tables import Short, Table, csv_text, flat, names, p_value, percent

NOT_REACHED = "not reached"


def tables(rows: Sequence[Row], source: str = "") -> list[Table]:
    """Every table that these rows fill.

    Args:
        rows: at least one.
        source: where the published numbers are from.
    """
    name = names([row.label for row in rows])
    found = [_accuracy(rows, name), _differences(rows, name), _cost(rows, name)]
    found += [_convergence(rows, name), _sizes(rows, name), _attacked(rows, name)]
    found += [_published(rows, name, source)]
    return [table for table in found if table.rows]


def spread(summary: Summary) -> str:
    """67.9 ± 2.3."""
    tail = "" if summary.std is None else f" ± {percent(summary.std)}"
    return percent(summary.mean) + tail


def _accuracy(rows: Sequence[Row], name: Short) -> Table:
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


def _differences(rows: Sequence[Row], name: Short) -> Table:
    """With a column of baselines where there are several, in place of that of p as it is."""
    baselines = list(dict.fromkeys(name(row.against) for row in rows if row.against is not None))
    several = len(baselines) > 1
    head = ("recipe", "against", "points", "95 %", "p", "p Holm", "effect", "pairs")
    lines = [
        (
            name(row.label),
            name(row.against or ""),
            *_against(row.paired),
            p_value(row.p_corrected),
            f"{row.paired.effect:+z.2f}",
            f"{row.paired.pairs}",
        )
        for row in rows
        if row.paired is not None
    ]
    left_out = head.index("p" if several else "against")
    title = "Difference" if several else f"Difference from {''.join(baselines)}"
    kept = [(*cells[:left_out], *cells[left_out + 1 :]) for cells in (head, *lines)]
    return Table(f"{title}, paired by trial", kept[0], kept[1:])


def _attacked(rows: Sequence[Row], name: Short) -> Table:
    head = ("recipe", "best epoch", "last epoch", "points", "95 %", "p", "clean", "training")
    title = "Validation images right under PGD (%); from points on: last epoch"
    lines = [
        (
            name(row.label),
            spread(row.attacked.best),
            spread(row.attacked.last),
            *_against(row.attacked.paired),
            percent(row.attacked.clean.mean),
            percent(row.attacked.training.mean),
        )
        for row in rows
        if row.attacked is not None
    ]
    return Table(title, head, lines)


def _against(found: Paired | None) -> tuple[str, str, str]:
    """Points, their interval, and p."""
    if found is None:
        return "", "", ""
    points = f"{100 * found.difference:+z.1f}"
    return points, _interval(found.low, found.high, "+"), p_value(found.p)


def _cost(rows: Sequence[Row], name: Short) -> Table:
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


def _convergence(rows: Sequence[Row], name: Short) -> Table:
    head = ("recipe", "epochs", "seconds", "sooner, epochs", "sooner, seconds", "trials")
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


def _sizes(rows: Sequence[Row], name: Short) -> Table:
    sizes = sorted({int(size) for row in rows for size in row.sizes or {}})
    lines = []
    for row in rows:
        if row.sizes:
            found = [row.sizes.get(str(size)) for size in sizes]
            lines.append((name(row.label), *("" if s is None else spread(s) for s in found)))
    return Table("Test accuracy (%) by image size", ("recipe", *(f"{s} px" for s in sizes)), lines)


def _published(rows: Sequence[Row], name: Short, source: str) -> Table:
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


_LISTED = 10  # failed trials
LEGEND = (
    "95 %: interval of the mean, Student's. p: Wilcoxon's exact signed-rank test of the trials in "
    "pairs, two-sided; p Holm: corrected for all comparisons here. effect: matched-pairs "
    "rank-biserial correlation, from -1 (always below) to 1 (always above). MFLOP: a forward "
    "pass of one image, in millions of operations. images/s: training with its data. peak MiB: "
    "memory of training. Seconds are of training without validation; those of the first epoch "
    "hold the compilation."
)


def sentences(plan: Plan, rows: Sequence[Row], trials: Sequence[Trial]) -> list[str]:
    """A sentence for each comparison, on how much the trials can show, and on what failed."""
    compared = [row for row in rows if row.paired is not None]
    tests = sum(row.p_corrected is not None for row in compared)
    found = [_difference(row, tests) for row in compared]
    found += _power(rows)
    found += [
        f"{row.label} is not compared: no trial is finished both of it and of {row.against}"
        for row in rows
        if row.against is not None and row.paired is None
    ]
    found += [f"{row.label}: {row.note}" for row in rows if row.note]
    found += _left_out(plan, rows)
    found += [
        f"{row.label}: {row.unlearned} of {counted(row.accuracy.count, 'trial')} learned nothing, "
        "being no better than the most frequent class for every image"
        for row in rows
        if row.unlearned
    ]
    if plan.quick:
        found.append("--quick: few and small images, few epochs; do not cite these numbers")
    failed = [trial for trial in trials if not trial.finished]
    found += [f"{trial.label}, seed {trial.seed}: failed: {trial.reason}" for trial in failed][
        :_LISTED
    ]
    if len(failed) > _LISTED:
        found.append(f"{len(failed) - _LISTED} more failed; results.json says why")
    return found


def _left_out(plan: Plan, rows: Sequence[Row]) -> list[str]:
    """The sizes that were asked for and do not fit a network, for each."""
    trained = {each.label: each.recipe.data.image_size for each in plan.contenders}
    found = []
    for row in rows:
        taken = {*(row.sizes or {})}
        left = [
            str(size)
            for size in plan.eval_sizes
            if str(size) not in taken and {size} != {*trained[row.label]}
        ]
        if left:
            found.append(f"{row.label} is not tested at {', '.join(left)} px, which it cannot take")
    return found


def _difference(row: Row, comparisons: int) -> str:
    found = row.paired
    assert found is not None  # of these rows alone
    points = f"{100 * abs(found.difference):.1f}"
    where = "above" if found.difference > 0 else "below"
    words = f"{row.label} is {points} points {where} {row.against}"
    if float(points) == 0:
        words = f"{row.label} is as accurate as {row.against} on average"
        if row.p_corrected is not None:
            return words
    return judged(words, found.pairs, row.p_corrected, comparisons)


def _power(rows: Sequence[Row]) -> list[str]:
    """Where so few trials cannot show anything."""
    compared = [row.paired for row in rows if row.paired is not None and row.paired.p is not None]
    return too_few(min((found.pairs for found in compared), default=None), len(compared))
