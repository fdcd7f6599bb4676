"""What robustness leaves next to its measurements: tables in three forms, pictures, and a page.

Files and their names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from specnet.studies.engine import report, tables
from specnet.studies.robustness import table, verdict
from specnet.studies.robustness.paired_comparison import Comparison, comparisons
from specnet.studies.robustness.pictures import pictures
from specnet.studies.robustness.plan import STUDIES
from specnet.studies.robustness.pruning_curve import cuts, knee_of
from specnet.studies.robustness.results import Results, lines


@dataclass(frozen=True, kw_only=True)
class Robustness(report.Report):
    """What was found.

    Attributes:
        results: every count.
        pruned: run directories that were made, by the label of the run that they are made of.
    """

    results: Results
    pruned: dict[str, Path] = field(default_factory=dict)

    @property
    def knees(self) -> dict[str, float | None]:
        """The knee of each run in cycles/pixel, where it was looked for; None where none is."""
        return knees(self.results)


def knees(results: Results) -> dict[str, float | None]:
    """The knee of each run in cycles/pixel, if pruning was measured; None where there is none."""
    if "prune" not in results.names:
        return {}
    found = {label: knee_of(cuts(results, label)) for label in results.labels}
    return {label: None if knee is None else knee.cutoff for label, knee in found.items()}


def write_report(
    results: Results, runs: Mapping[str, str], machine: Mapping[str, Any], out: Path
) -> Robustness:
    """Writes tables, pictures and the page into a folder that exists.

    Args:
        results: every count.
        runs: label -> what the run is, in words.
        machine: what it was measured on.
        out: the folder.

    Raises:
        RunError: where something cannot be written.
    """
    compared = comparisons(results)
    made, told = table.tables(results, compared), verdict.sentences(results, compared)
    drawn = {name: report.drawn(partial(pictures, results, name)) for name in results.names}
    flat = [each for group in made.values() for each in group]
    known = {"results": results, "tables": made, "runs": runs, "pictures": drawn}
    known |= {"about": STUDIES, "legend": verdict.LEGEND}
    title = f"How robust? {', '.join(results.labels)}"
    page = report.render("robustness/report.html.j2", title, told, machine, **known)
    texts = {
        "table.csv": tables.csv_text(lines(results)),
        "table.md": tables.as_markdown(flat, [*told, verdict.LEGEND]),
        "robustness.html": page,
        "results.json": _json(results, compared, runs, machine, told),
    }
    content = {stem: each for group in drawn.values() for stem, each in group.items()}
    return Robustness(
        out=out,
        files=report.write(out, texts, content),
        tables=flat,
        sentences=told,
        legend=verdict.LEGEND,
        results=results,
    )


def _json(
    results: Results,
    compared: Iterable[Comparison],
    runs: Mapping[str, str],
    machine: Mapping[str, Any],
    told: Iterable[str],
) -> str:
    content = {
        "runs": dict(runs),
        "images": results.images,
        "image_size": results.size,
        "clean": {label: results.clean(label).count.share for label in results.labels},
        "knees": knees(results),
        "against_first": [asdict(each) for each in compared],
        "sentences": list(told),
        "measured": lines(results),
        "machine": dict(machine),
    }
    return tables.json_text(content, indent=1)
