"""What a comparison leaves beside its trials: tables in three forms, pictures, and a page.

What may go in here: files and their names.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from specnet.experiments.comparison import page, table, verdict
from specnet.experiments.comparison.differences import Change, differences
from specnet.experiments.comparison.pictures import SHOWS, pictures
from specnet.experiments.comparison.plan import Plan
from specnet.experiments.comparison.prepared import Prepared
from specnet.experiments.comparison.recipe_json import read_recipe
from specnet.experiments.comparison.records import Trial
from specnet.experiments.comparison.summary import Row, rows
from specnet.figures.comparison import WIDTH
from specnet.runs import Run, write_atomically

_NARROW = 4.4  # inches, for the page on a phone
_DPI = 150


@dataclass(frozen=True)
class Comparison:
    """What trials came to.

    Attributes:
        out, files: the folder, and what was written into it.
        rows: a row a contender that finished a trial.
        tables, sentences: what a reader wants to see of it.
        trials: all that are over, failed ones too.
    """

    out: Path
    rows: list[Row]
    tables: list[table.Table]
    sentences: list[str]
    trials: list[Trial]
    files: list[Path]

    @property
    def legend(self) -> str:
        """What the columns of the tables mean."""
        return verdict.LEGEND

    @property
    def failed(self) -> list[Trial]:
        """Trials that came to nothing."""
        return [trial for trial in self.trials if trial.error is not None]


def write_report(plan: Plan, prepared: Prepared, trials: Sequence[Trial], out: Path) -> Comparison:
    """Sums up trials, and writes tables, pictures and the page into a folder that exists.

    Raises:
        RunError: where something cannot be written.
    """
    made = rows(plan, trials, prepared.facts)
    found = Comparison(
        out,
        made,
        table.tables(made, plan.source),
        verdict.sentences(plan, made, trials),
        [*trials],
        [],
    )
    changed = _changed(plan, prepared)
    files = [_write_json(found, plan, prepared, changed)]
    if not made:
        return replace(found, files=files)
    wide, narrow = (
        {name: _png(figure) for name, figure in pictures(plan, made, trials, width)}
        for width in (WIDTH, _NARROW)
    )
    shown = [page.Picture(SHOWS[name], wide[name], narrow[name]) for name in wide]
    texts = {
        "table.csv": table.as_csv(made),
        "table.md": table.as_markdown(found.tables, [*found.sentences, found.legend]),
        "report.html": page.render(plan, found, changed, prepared.machine, shown),
    }
    return replace(found, files=[*_write(out, texts, wide), *files])


def _write(out: Path, texts: Mapping[str, str], pictures: Mapping[str, bytes]) -> list[Path]:
    """Writes texts by file name, and pictures by stem."""
    for name, text in texts.items():
        Run(out).write(name, text)
    for name, content in pictures.items():
        write_atomically(out / f"{name}.png", partial(_write_bytes, content))
    return [*(out / name for name in texts), *(out / f"{name}.png" for name in pictures)]


def _changed(plan: Plan, prepared: Prepared) -> dict[str, list[Change]]:
    """Label -> what its recipe, as trained, says otherwise than the one it is compared with."""
    trained = {label: read_recipe(facts["recipe"]) for label, facts in prepared.facts.items()}
    return {
        each.label: differences(trained[each.against], trained[each.label])
        for each in plan.contenders
        if each.against is not None
    }


def _write_json(
    found: Comparison, plan: Plan, prepared: Prepared, changed: Mapping[str, Any]
) -> Path:
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
    Run(found.out).write("results.json", json.dumps(content, indent=1) + "\n")
    return found.out / "results.json"


def _plain(trial: Trial) -> dict[str, Any]:
    """For JSON, which has no word for what is not a number; the losses stay in the trial's file."""
    content = asdict(trial)
    del content["losses"]
    return content if trial.error is None else content | {"accuracy": None}


def _write_bytes(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI)
    return content.getvalue()
