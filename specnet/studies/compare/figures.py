"""What a comparison leaves next to its trials: tables in three forms, pictures, and a page.

    accuracy     how trials scatter (Fig. 6 of Wood & Larson 2021)
    loss         training loss by step (their Fig. 5)
    time         validation accuracy by seconds of training
    attacked     validation images right under PGD by epoch, where a recipe asks for that
    parameters   test accuracy by parameters
    sizes        test accuracy by image size, where that was asked for

Which numbers go into which picture; how it looks is in `plots`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from specnet.plots.comparison import accuracy_against_parameters, accuracy_against_size, violins
from specnet.plots.comparison_curves import (
    accuracy_against_seconds,
    attacked_against_epoch,
    loss_against_step,
)
from specnet.progress import ATTACKED
from specnet.studies.compare import table
from specnet.studies.compare.design import Plan, Prepared
from specnet.studies.compare.differences import Change, differences
from specnet.studies.compare.results import Row, curve, rows
from specnet.studies.compare.trial import Trial
from specnet.studies.engine import report, tables
from specnet.studies.engine.report import Picture
from specnet.studies.engine.subjects import read_recipe
from specnet.studies.engine.tables import names


def pictures(
    plan: Plan, rows: Sequence[Row], trials: Sequence[Trial], width: float
) -> Iterator[tuple[str, str, Figure]]:
    """Name, what it shows, and figure, `width` inches wide; rows and trials of the plan."""
    short = names([row.label for row in rows])
    named = {short(row.label): row for row in rows}
    groups = {
        name: [t for t in trials if t.label == row.label and t.finished]
        for name, row in named.items()
    }
    published = {name: row.published for name, row in named.items() if row.published is not None}
    accuracies = {name: np.array([t.accuracy for t in group]) for name, group in groups.items()}
    yield "accuracy", "Test accuracy of each trial", violins(accuracies, published, width)
    losses = {name: _stacked([t.losses for t in group]) for name, group in groups.items()}
    yield "loss", "Training loss against the step", loss_against_step(losses, width)
    baselines = [short(row.label) for row in rows if row.against is None]
    shows = "Validation accuracy against seconds of training"
    yield "time", shows, _time(groups, baselines, width)
    left = {
        name: _stacked([[row[ATTACKED] for row in trial.rows] for trial in group])
        for name, group in groups.items()
        if named[name].attacked is not None
    }
    if left:
        shows = "Validation images right under PGD after each epoch"
        yield "attacked", shows, attacked_against_epoch(left, width)
    costs = {
        name: (row.cost.parameters, row.accuracy.mean, row.accuracy.std or None)
        for name, row in named.items()
    }
    shows = "Test accuracy against parameters"
    yield "parameters", shows, accuracy_against_parameters(costs, width)
    yield from _sizes(plan, named, width)


def _time(groups: Mapping[str, Sequence[Trial]], baselines: Sequence[str], width: float) -> Figure:
    curves = {name: [curve(trial) for trial in group] for name, group in groups.items()}
    times = {
        name: (np.cumsum(_stacked([s for _, s in each]), 1), _stacked([a for a, _ in each]))
        for name, each in curves.items()
    }
    targets = {name: float(times[name][1][:, -1].mean()) for name in baselines}
    return accuracy_against_seconds(times, targets, width)


def _sizes(plan: Plan, rows: Mapping[str, Row], width: float) -> Iterator[tuple[str, str, Figure]]:
    trained = {each.label: max(each.recipe.data.image_size) for each in plan.contenders}
    curves, ringed = {}, {}
    for name, row in rows.items():
        if not row.sizes:
            continue
        at = {int(size): found for size, found in row.sizes.items()}
        sizes = sorted(at)
        means, deviations = [at[s].mean for s in sizes], [at[s].std or 0 for s in sizes]
        curves[name], ringed[name] = np.array([sizes, means, deviations]), trained[row.label]
    if curves:
        shows = "Test accuracy against image size"
        yield "sizes", shows, accuracy_against_size(curves, ringed, width)


def _stacked(lines: Sequence[Sequence[float]]) -> np.ndarray:
    """(T, S), as long as the shortest."""
    shortest = min(map(len, lines))
    return np.array([line[:shortest] for line in lines])


@dataclass(frozen=True, kw_only=True)
class Comparison(report.Report):
    """The results of all trials.

    Attributes:
        rows: a row a contender that finished a trial.
        trials: all that are over, failed ones too.
    """

    rows: list[Row]
    trials: list[Trial]

    @property
    def failed(self) -> list[Trial]:
        """Trials that failed."""
        return [trial for trial in self.trials if not trial.finished]


def write_report(plan: Plan, prepared: Prepared, trials: Sequence[Trial], out: Path) -> Comparison:
    """Sums up trials, and writes tables, pictures and the page into a folder that exists.

    Raises:
        RunError: where something cannot be written.
    """
    made = rows(plan, trials, prepared.facts)
    found = Comparison(
        out=out,
        files=[],
        tables=table.tables(made, plan.source),
        sentences=table.sentences(plan, made, trials),
        legend=table.LEGEND if made else "",
        rows=made,
        trials=[*trials],
    )
    changed = _changed(plan, prepared)
    written = report.write(out, {"results.json": _json(found, plan, prepared, changed)}, {})
    if not made:
        return replace(found, files=written)
    shown = report.drawn(lambda width: pictures(plan, made, trials, width))
    texts = {
        "table.csv": table.as_csv(made),
        "table.md": tables.as_markdown(found.tables, [*found.sentences, found.legend]),
        "report.html": _page(plan, found, changed, prepared.machine, [*shown.values()]),
    }
    return replace(found, files=[*report.write(out, texts, shown), *written])


def _changed(plan: Plan, prepared: Prepared) -> dict[str, list[Change]]:
    """Label -> what its recipe, as trained, says otherwise than the one it is compared with."""
    trained = {label: read_recipe(facts["recipe"]) for label, facts in prepared.facts.items()}
    return {
        each.label: differences(trained[each.against], trained[each.label])
        for each in plan.contenders
        if each.against is not None
    }


def _json(found: Comparison, plan: Plan, prepared: Prepared, changed: Mapping[str, Any]) -> str:
    """Everything: rows, trials with their histories, recipes, machine."""
    content = {
        "title": plan.title,
        "source": plan.source,
        "quick": plan.quick,
        "seeds": plan.seeds,
        "match": plan.match,
        "rows": [row.as_dict() for row in found.rows],
        "sentences": found.sentences,
        "differences": {
            label: [dict(zip(("key", "there", "here"), each, strict=True)) for each in lines]
            for label, lines in changed.items()
        },
        "prepared": prepared.facts,
        "machine": prepared.machine,
        "trials": [_plain(trial) for trial in found.trials],
    }
    return tables.json_text(content, indent=1)


def _plain(trial: Trial) -> dict[str, Any]:
    """For JSON, which has no word for what is not a number; the losses stay in the trial's file."""
    content = asdict(trial)
    del content["losses"]
    return content if trial.finished else content | {"accuracy": None}


def _page(
    plan: Plan,
    found: Comparison,
    changed: Mapping[str, Sequence[tuple[str, str, str]]],
    machine: Mapping[str, Any],
    shown: Sequence[Picture],
) -> str:
    """The page as text.

    Args:
        plan, found: what was compared, and the results.
        changed: label -> differences of its recipe: key, value there, value here.
        machine: what it ran on.
        shown: pictures, in the order of the page.
    """
    return report.render(
        "compare/report.html.j2",
        plan.title,
        found.sentences,
        machine,
        plan=plan,
        found=found,
        changed=changed,
        against={each.label: each.against for each in plan.contenders},
        pictures=shown,
        legend=found.legend,
    )
