"""What a comparison leaves next to its trials: tables in three forms, pictures, and a page.

Files and their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from specnet.studies.compare import table, verdict
from specnet.studies.compare.differences import Change, differences
from specnet.studies.compare.pictures import pictures
from specnet.studies.compare.plan import Plan, Prepared
from specnet.studies.compare.summary import Row, rows
from specnet.studies.compare.trial import Trial
from specnet.studies.engine import report, tables
from specnet.studies.engine.report import Picture
from specnet.studies.engine.subjects import read_recipe


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
        sentences=verdict.sentences(plan, made, trials),
        legend=verdict.LEGEND if made else "",
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
