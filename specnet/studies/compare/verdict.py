"""What follows from the numbers, in sentences; also what does not follow."""

from collections.abc import Sequence

from specnet.messages import counted
from specnet.studies.compare.plan import Plan
from specnet.studies.compare.summary import Row
from specnet.studies.compare.trial import Trial
from specnet.studies.engine.statistics import LEVEL, least_p, trials_needed
from specnet.studies.engine.tables import p_value

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
    if plan.quick:
        found.append("--quick: few and small images, few epochs; do not cite these numbers")
    failed = [trial for trial in trials if not trial.finished]
    found += [f"{trial.label}, seed {trial.seed}: failed: {trial.reason}" for trial in failed][
        :_LISTED
    ]
    if len(failed) > _LISTED:
        found.append(f"{len(failed) - _LISTED} more failed; results.json says why")
    return found


def _difference(row: Row, comparisons: int) -> str:
    found = row.paired
    assert found is not None  # of these rows alone
    where = "above" if found.difference > 0 else "below"
    words = f"{row.label} is {abs(100 * found.difference):.1f} points {where} {row.against}"
    if found.difference == 0:
        words = f"{row.label} is as accurate as {row.against} on average"
    if row.p_corrected is None:
        return f"{words} in one trial, which shows nothing"
    shown = row.p_corrected < LEVEL
    if not shown and comparisons * least_p(found.pairs) >= LEVEL:
        pairs = counted(found.pairs, "pair")
        return f"{words}, of which {pairs} of trials cannot show that it is real"
    p = p_value(row.p_corrected)
    p = f"p {p}" if p.startswith("<") else f"p = {p}"
    return f"{words}: {'a real difference' if shown else 'no difference shown'} ({p} after Holm)"


def _power(rows: Sequence[Row]) -> list[str]:
    """Where so few trials cannot show anything."""
    compared = [row.paired for row in rows if row.paired is not None and row.paired.p is not None]
    if not compared:
        return []
    pairs = min(found.pairs for found in compared)
    least, needed = least_p(pairs), trials_needed(len(compared))
    if pairs >= needed:
        return []
    corrected = min(1.0, len(compared) * least)
    many = counted(len(compared), "comparison")
    return [
        f"{counted(pairs, 'pair')} cannot give p below {least:.4g}, or {corrected:.4g} after Holm "
        f"with {many}: {needed} trials are needed before each of them can come below {LEVEL}"
    ]
