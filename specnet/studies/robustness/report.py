"""What robustness leaves next to its measurements: tables in three forms, pictures, and a page.

Files and their names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from specnet.plots.curve_sheet import WIDTH
from specnet.studies.engine import files, page, tables
from specnet.studies.engine.page import Picture
from specnet.studies.engine.tables import Table
from specnet.studies.robustness import table, verdict
from specnet.studies.robustness.paired_comparison import Comparison, comparisons
from specnet.studies.robustness.pictures import pictures
from specnet.studies.robustness.plan import STUDIES
from specnet.studies.robustness.pruning_curve import cuts, knee_of
from specnet.studies.robustness.results import Results, lines


@dataclass(frozen=True)
class Robustness:
    """What was found.

    Attributes:
        out, files: the folder, and what was written into it.
        results: every count.
        tables, sentences: what a reader wants to see of it.
        pruned: run directories that were made, by the label of the run that they are made of.
    """

    out: Path
    files: list[Path]
    results: Results
    tables: list[Table]
    sentences: list[str]
    pruned: dict[str, Path] = field(default_factory=dict)

    @property
    def legend(self) -> str:
        """What the columns of the tables mean."""
        return verdict.LEGEND

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
    drawn = {name: _drawn(results, name) for name in results.names}
    flat = [each for group in made.values() for each in group]
    known = {"results": results, "tables": made, "runs": runs, "pictures": drawn}
    known |= {"about": STUDIES, "legend": verdict.LEGEND}
    title = f"How robust? {', '.join(results.labels)}"
    texts = {
        "table.csv": tables.csv_text(lines(results)),
        "table.md": tables.as_markdown(flat, [*told, verdict.LEGEND]),
        "robustness.html": page.render("robustness/report.html.j2", title, told, machine, **known),
        "results.json": _json(results, compared, runs, machine, told),
    }
    content = {stem: each.wide for group in drawn.values() for stem, each in group.items()}
    return Robustness(out, files.write(out, texts, content), results, flat, told)


def _drawn(results: Results, name: str) -> dict[str, Picture]:
    """Stem of a file -> its picture, for both widths."""
    wide, narrow = (
        {stem: (shows, files.png(figure)) for stem, shows, figure in pictures(results, name, width)}
        for width in (WIDTH, files.NARROW)
    )
    return {stem: Picture(shows, png, narrow[stem][1]) for stem, (shows, png) in wide.items()}


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
