"""What a search found, in words and tables: the best first, and what it depends on."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from specnet.messages import counted
from specnet.studies.engine import tables
from specnet.studies.tune.design import Plan, maximises
from specnet.studies.tune.trial import Trial

SHOWN = 10  # trials in the table for people; every one is in table.csv


def short_names(plan: Plan) -> dict[str, str]:
    """Path -> its last words, as few as tell it from the others."""
    parts = {each.path: each.path.replace("[", ".[").split(".") for each in plan.space}

    def tail(path: str, count: int) -> str:
        return ".".join(parts[path][-count:]).replace(".[", "[")

    found = {}
    for path in parts:
        counts = range(1, len(parts[path]) + 1)
        alone = (
            tail(path, count)
            for count in counts
            if sum(tail(other, count) == tail(path, count) for other in parts) == 1
        )
        found[path] = next(alone, path)
    return found


def ranked(plan: Plan, trials: Sequence[Trial]) -> list[Trial]:
    """Trials that were trained to the end, the best first; of equal ones the earlier."""
    done = [each for each in trials if each.finished and each.state == "complete"]
    sign = -1 if maximises(plan.metric) else 1
    return sorted(done, key=lambda each: sign * (each.value or 0))


def shown_value(metric: str, value: float | None) -> str:
    """98.4% of an accuracy, 0.01234 of a loss."""
    if value is None:
        return ""
    return f"{value:.1%}" if metric.endswith("accuracy") else f"{value:#.4g}"


def outcome(plan: Plan, trial: Trial) -> str:
    """How a trial ended."""
    value = f"validation {plan.metric} {shown_value(plan.metric, trial.value)}"
    after = f"{trial.state} after {counted(len(trial.values), 'epoch')}"
    if trial.state == "complete":
        return value
    return f"{after}: {value}" if trial.value is not None else after


def settings_words(plan: Plan, trial: Trial) -> str:
    """`learning_rate 0.00321, filters 12`."""
    names = short_names(plan)
    return ", ".join(f"{names[path]} {_short(value)}" for path, value in trial.settings.items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(plan: Plan, trials: Sequence[Trial]) -> tables.Table:
    """The best trials, for people."""
    best = ranked(plan, trials)
    names = short_names(plan)
    head = ("trial", f"val. {plan.metric}", *names.values(), "params", "s")
    rows = [
        (
            each.label.rpartition("-")[2],
            shown_value(plan.metric, each.value),
            *(_short(each.settings[path]) for path in names),
            f"{each.parameters:,}",
            f"{each.seconds:.0f}",
        )
        for each in best[:SHOWN]
    ]
    title = f"the best {len(rows)} of {len(best)}" if len(best) > len(rows) else "trials"
    return tables.Table(f"{plan.recipe.name}: {title}", head, rows)


def as_csv(plan: Plan, trials: Sequence[Trial]) -> str:
    """A line for each trial, in the order of their numbers."""
    lines = [
        {
            "trial": each.label.rpartition("-")[2],
            "state": each.state if each.finished else "failed",
            f"val_{plan.metric}": each.value,
            **{path.path: each.settings.get(path.path) for path in plan.space},
            "epochs": len(each.values),
            "parameters": each.parameters,
            "seconds": round(each.seconds, 1),
            "error": each.error,
        }
        for each in trials
    ]
    return tables.csv_text(lines)


def sentences(
    plan: Plan, trials: Sequence[Trial], shares: Mapping[str, float], best_file: Path
) -> list[str]:
    """The best trial, what the metric depends on, how the others ended, and what to do next."""
    best = ranked(plan, trials)
    told = [_counts(trials)]
    if best:
        value = shown_value(plan.metric, best[0].value)
        first = f"{best[0].label} is the best: validation {plan.metric} {value} with "
        told.insert(0, first + settings_words(plan, best[0]))
        names = short_names(plan)
        if shares:
            words = ", ".join(f"{names[path]} {share:.0%}" for path, share in shares.items())
            told.append(f"share of the variance of the {plan.metric} (fANOVA): {words}")
        told.append(
            "chosen by the validation images, so it looks better than it is; measure it anew: "
            + shlex.join(["specnet", "compare", plan.source, str(best_file), *plan.fixed])
        )
    return told + [f"{each.label}: failed: {each.reason}" for each in trials if not each.finished]


def _counts(trials: Sequence[Trial]) -> str:
    states = [each.state if each.finished else "failed" for each in trials]
    kinds = ("complete", "pruned", "diverged", "failed")
    each = ", ".join(f"{states.count(kind)} {kind}" for kind in kinds if kind in states)
    return f"{counted(len(trials), 'trial')}: {each}"
