"""What a search leaves next to its trials: the best recipe, tables, pictures, and a page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from specnet import recipe as recipes
from specnet.plain import one_line
from specnet.plots.tuning import history, importance
from specnet.studies.engine import report, tables
from specnet.studies.tune import results
from specnet.studies.tune.design import Plan, maximises
from specnet.studies.tune.space import overrides
from specnet.studies.tune.trial import Trial

BEST = "best.yaml"


@dataclass(frozen=True, kw_only=True)
class Search(report.Report):
    """The results of all trials.

    Attributes:
        trials: all that are over, failed ones too.
        best: the best that was trained to the end; None where none was.
        importances: setting -> share of the variance of the metric, by fANOVA; empty of few trials.
    """

    trials: list[Trial]
    best: Trial | None
    importances: Mapping[str, float]

    @property
    def failed(self) -> list[Trial]:
        """Trials that failed."""
        return [trial for trial in self.trials if not trial.finished]


def write_report(
    plan: Plan,
    trials: Sequence[Trial],
    importances: Mapping[str, float],
    machine: Mapping[str, Any],
    out: Path,
) -> Search:
    """Sums up trials, and writes the best recipe, tables, pictures and the page into a folder.

    Raises:
        RunError: where something cannot be written.
    """
    best = next(iter(results.ranked(plan, trials)), None)
    found = Search(
        out=out,
        files=[],
        tables=[results.table(plan, trials)] if best else [],
        sentences=results.sentences(plan, trials, importances, out / BEST),
        trials=[*trials],
        best=best,
        importances=importances,
    )
    shown = report.drawn(lambda width: pictures(plan, found, width))
    texts = {BEST: best_recipe(plan, best)} if best else {}
    texts |= {
        "table.csv": results.as_csv(plan, trials),
        "table.md": tables.as_markdown(found.tables, found.sentences),
        "results.json": _json(plan, found, machine),
        "report.html": report.render(
            "tune/report.html.j2",
            f"{plan.recipe.name}, {len(trials)} trials",
            found.sentences,
            machine,
            plan=plan,
            found=found,
            pictures=[*shown.values()],
        ),
    }
    return replace(found, files=report.write(out, texts, shown))


def pictures(plan: Plan, found: Search, width: float) -> Iterator[tuple[str, str, Figure]]:
    """Name, what it shows, and figure, `width` inches wide."""
    ended = [
        (int(each.label.rpartition("-")[2]), each.value, each.state == "complete")
        for each in found.trials
        if each.finished
    ]
    if any(value is not None for _, value, _ in ended):
        shows = f"Validation {plan.metric} of each trial"
        yield "history", shows, history(ended, plan.metric, maximises(plan.metric), width)
    if found.importances:
        names = results.short_names(plan)
        shares = {names[path]: share for path, share in found.importances.items()}
        yield "importance", "What it depends on", importance(shares, plan.metric, width)


def best_recipe(plan: Plan, best: Trial) -> str:
    """The recipe of the best trial as a file, with its origin in words above it."""
    changed = [f"name={plan.recipe.name}-best", *overrides(best.settings)]
    recipe = recipes.load(plan.source, [*plan.fixed, *changed])
    value = results.shown_value(plan.metric, best.value)
    words = [
        f"{best.label} of `specnet tune {plan.source}`: validation {plan.metric} {value}, with",
        *(f"  {path}: {value}" for path, value in best.settings.items()),
    ]
    return "".join(f"# {one_line(line)}\n" for line in words) + "\n" + recipes.dump(recipe)


def _json(plan: Plan, found: Search, machine: Mapping[str, Any]) -> str:
    return tables.json_text(
        {
            "recipe": plan.recipe.name,
            "space": [*map(str, plan.space)],
            "fixed": plan.fixed,
            "metric": f"val_{plan.metric}",
            "seed": plan.seed,
            "pruning": plan.prune,
            "best": None if found.best is None else found.best.label,
            "importances": found.importances,
            "sentences": found.sentences,
            "machine": machine,
            "trials": [asdict(trial) for trial in found.trials],
        },
        indent=1,
    )
