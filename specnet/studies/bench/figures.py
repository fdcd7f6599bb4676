"""What `specnet bench` leaves in a folder: tables in three forms, and the picture.

Files and their names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from specnet.errors import UsageError
from specnet.plots.benchmark import time_against_size
from specnet.runs.files import remove
from specnet.studies.bench import results
from specnet.studies.bench.design import HEAD, Answers
from specnet.studies.bench.peers import HEAD as PEERS_HEAD
from specnet.studies.bench.peers import Peers
from specnet.studies.bench.results import Comparison
from specnet.studies.bench.timing import Quartiles, crossovers, over
from specnet.studies.engine import report, store, tables
from specnet.studies.engine.tables import Table

PICTURE = "time-against-size"
LEGEND = (
    "ratio: of the median times; range: what the ratios of half of the rounds lie between, or, of "
    "fewer than 16 rounds, the exact 95 % interval of their median. A difference is shown where 1 "
    "is outside. All rounds are of one process: another one may be a few percent off."
)


@dataclass(frozen=True, kw_only=True)
class Report(report.Report):
    """What was written; `content` is all of it, as in bench.json."""

    content: dict[str, Any]


def write_comparison(found: Comparison, out: Path) -> Report:
    """Writes tables and picture into a folder, whole files or none.

    Raises:
        RunError: where something cannot be written.
    """
    pictures = {PICTURE: _picture(found)} if len({row.size for row in found.rows}) > 1 else {}
    sentences = [*found.advice, *found.notes, *([] if found.against is None else [LEGEND])]
    content, made = results.as_dict(found), results.tables(found)
    return _written(out, content, made, sentences, results.as_csv(found.rows), pictures)


def write_answers(found: Answers, out: Path) -> Report:
    """Writes the goals and the picture of kernel sizes, as `write_comparison` does."""
    made: list[Table] = []
    if found.goals:
        made = [Table("standard questions", HEAD, [goal.cells() for goal in found.goals])]
    title = "Forward and backward, 32 to 32 channels"
    label = "size of the kernel (pixels along a side)"
    pictures = {}
    if found.kernels:
        pictures[PICTURE] = picture(found.kernels, "conv2d", title, xlabel=label)
    text = tables.csv_text([asdict(goal) | {"met": goal.met} for goal in found.goals])
    return _written(out, found.as_dict(), made, found.sentences, text, pictures)


def write_peers(found: Peers, out: Path) -> Report:
    """Writes ours against peers, as `write_comparison` does."""
    made: list[Table] = []
    if found.pairs:
        one = found.pairs[0]
        title = f"ours against peers, batch of {one.batch}, {one.channels} channels"
        made = [Table(title, PEERS_HEAD, [pair.cells() for pair in found.pairs])]
    text = tables.csv_text([tables.flat(asdict(pair)) for pair in found.pairs])
    sentences = [*found.sentences, *([LEGEND] if made else [])]
    return _written(out, found.as_dict(), made, sentences, text, {})


def _written(
    out: Path,
    content: dict[str, Any],
    made: list[Table],
    sentences: Sequence[str],
    text: str,
    pictures: Mapping[str, Figure],
) -> Report:
    sentences = [*sentences, report.machine_line(content["machine"])]
    read = [each._replace(title=_sentence(each.title)) for each in made]
    texts = {
        store.MEASURED: tables.json_text(content),
        "bench.csv": text,
        "bench.md": tables.as_markdown(read, sentences, heading="{}:", bullet=""),
    }
    store.make_folder(out, UsageError)
    if PICTURE not in pictures:  # that of other numbers, from an earlier call
        remove(out / f"{PICTURE}.png")
    files = report.write(out, texts, pictures)
    return Report(out=out, files=files, tables=made, sentences=sentences, content=content)


def _sentence(title: str) -> str:
    """A title that begins with a capital; the labels in it stay as they are."""
    return title[:1].upper() + title[1:]


def picture(
    curves: Mapping[str, Mapping[int, Quartiles]],
    against: str | None,
    title: str,
    ratios: Mapping[str, Mapping[int, Quartiles]] | None = None,
    **labels: Any,
) -> Figure:
    """Time against size, with the places where a curve is shown to cross the baseline's.

    Args:
        curves: label -> size -> time.
        against: the baseline's label.
        title: of the picture.
        ratios: label -> size -> time over the baseline's; of the curves' quartiles if not given.
        labels: of the axes.
    """
    places = []
    theirs = curves.get(against or "", {})
    for label, curve in curves.items():
        between = (ratios or {}).get(label)
        if between is None:
            between = {size: over(curve[size], theirs[size]) for size in curve if size in theirs}
        shown = [size for size, ratio in between.items() if ratio.differs]
        if label != against and len(shown) > 1:
            times = ([each[size].median for size in shown] for each in (curve, theirs))
            places += crossovers(shown, *times)
    return time_against_size(
        {label: _values(curve) for label, curve in curves.items() if curve},
        title,
        crossovers=places,
        **labels,
    )


def _picture(found: Comparison) -> Figure:
    batch = found.rows[0].batch
    curves = {subject: found.curve(subject) for subject in found.subjects}
    ratios = {subject: found.ratios(subject) for subject in found.subjects}
    title = f"{found.deciding.capitalize()}, batch of {batch}"
    return picture(curves, found.against, title, ratios)


def _values(curve: Mapping[int, Quartiles]) -> np.ndarray:
    """(4, S): sizes, lower quartiles, medians, upper quartiles."""
    rows: Sequence[tuple[float, ...]] = [
        (size, each.lower, each.median, each.upper) for size, each in curve.items()
    ]
    return np.array(rows).T
