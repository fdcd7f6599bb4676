"""What a study leaves next to its runs: the table in three forms, and the pictures.

reconstructions  test images, and what each encoder makes of them
curves           validation loss by epoch
parameters       validation loss against what the encoder costs
flexibility      how much of the trained kernels each family explains
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from specnet import analysis, plots, workflow
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.autoencode import results
from specnet.studies.autoencode.baseline import Fits
from specnet.studies.autoencode.trials import Trial
from specnet.studies.engine import report
from specnet.studies.engine.tables import as_markdown, csv_text, markdown_rows
from specnet.workflow import reconstruction
from specnet.workflow.common import load_data

SHOWN = 8  # test images, and filters of an encoder


def write_report(
    trials: Sequence[Trial],
    fits: Fits,
    out: Path,
    reporter: Reporter,
    sentences: Sequence[str] = (),
) -> list[Path]:
    """Writes table and pictures of these trials into a folder, and returns the files.

    Args:
        trials: finished ones, at least one.
        fits: what each family explains of the spatial encoder's kernels.
        out: the folder, which exists.
        reporter: is told of the drawing.
        sentences: what follows, for the table in words and for JSON.
    """
    summary = results.rows(trials)
    texts = {
        "table.csv": csv_text([asdict(row) for row in summary]),
        "table.md": as_markdown([results.as_table(summary)], sentences),
        "results.json": results.as_json(summary, trials, sentences),
    }
    if fits:
        _, head, rows = results.flexibility(fits)
        texts |= {"flexibility.csv": csv_text(fits), "flexibility.md": markdown_rows(head, rows)}
    written = report.write(out, texts, {})
    reporter.wait("drawing")
    return [*written, *report.write(out, {}, dict(_pictures(trials, summary, fits)))]


def _pictures(
    trials: Sequence[Trial], summary: Sequence[results.Row], fits: Fits
) -> Iterator[tuple[str, Figure]]:
    first = {trial.label: trial for trial in reversed(trials)}  # the smallest seed of each
    ordered = {results.shown(row.label): first[row.label] for row in summary}
    images = _test_images(first[summary[0].label])
    looks = {name: _look(trial, images) for name, trial in ordered.items()}
    returned = {name: look.returned for name, look in looks.items()}
    yield "reconstructions", plots.reconstructions(images / np.float32(255), returned)
    yield "filters", _filters({name: look.filters for name, look in looks.items()})
    yield "curves", plots.loss_curves({name: _curve(trial) for name, trial in ordered.items()})
    costs = [(row.encoder_parameters, row.val_loss, row.spread) for row in summary]
    yield "parameters", plots.loss_against_parameters(dict(zip(ordered, costs, strict=True)))
    if fits:
        yield "flexibility", plots.flexibility(fits)


def _curve(trial: Trial) -> np.ndarray:
    return np.array([row["val_loss"] for row in Run(trial.path).metrics("val_loss")])


def _test_images(trial: Trial) -> np.ndarray:
    """uint8 (N, H, W, C)."""
    run = Run(trial.path)
    return np.array(load_data(run, workflow.load_recipe(run).data).test.images[:SHOWN])


@dataclass(frozen=True)
class _Look:
    """What comes back of images, (N, H, W, C), and the first filters, complex (N, H, W)."""

    returned: np.ndarray
    filters: np.ndarray


def _look(trial: Trial, images: np.ndarray) -> _Look:
    run = Run(trial.path)
    _, model = workflow.open_model(run)
    returned = reconstruction.reconstructed(model, images, workflow.load_normalization(run))
    encoding = analysis.filters(model, most=SHOWN)[0]
    return _Look(returned, analysis.whole_plane(encoding.response, encoding.size))


def _filters(planes: dict[str, np.ndarray]) -> Figure:
    """A row for each encoder, over the strongest of its filters."""
    rows = [plane / (np.abs(plane).max() or 1) for plane in planes.values()]
    names = [f"filter {number}" for number in range(len(rows[0]))]
    title = "First filters of each encoder, |H| over the largest of its row"
    return plots.strip(np.stack(rows, axis=1), list(planes), names, title)
