"""What a study leaves beside its runs: the table in three forms, and the pictures.

reconstructions  test images, and what each encoder makes of them
curves           validation loss by epoch
parameters       validation loss against what the encoder costs
flexibility      how much of the trained kernels each family explains
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

from specnet import data, evaluation, figures, reconstruction, workflow
from specnet.experiments.autoencoding import table
from specnet.experiments.autoencoding.trials import Trial
from specnet.reporting import Reporter
from specnet.runs import Run, write_atomically

SHOWN = 8  # test images


def write_report(trials: Sequence[Trial], out: Path, reporter: Reporter) -> list[Path]:
    """Writes table and pictures of these trials into a folder, and returns the files."""
    if not trials:
        return []
    summary = table.rows(trials)
    texts = {
        "table.csv": table.as_csv(summary),
        "table.md": table.as_markdown(summary),
        "results.json": table.as_json(summary, trials),
    }
    for name, text in texts.items():
        write_atomically(out / name, _writer(text))
    reporter.wait("drawing")
    pictures = []
    for name, figure in _pictures(trials, summary):
        pictures.append(out / f"{name}.png")
        write_atomically(pictures[-1], partial(figure.savefig, dpi=150))
    return [*(out / name for name in texts), *pictures]


def _pictures(
    trials: Sequence[Trial], summary: Sequence[table.Row]
) -> Iterator[tuple[str, Figure]]:
    first = {trial.label: trial for trial in reversed(trials)}  # the smallest seed of each
    ordered = {row.label: first[row.label] for row in summary}
    yield "reconstructions", figures.reconstructions(*_reconstructions(ordered))
    curves = {label: _curve(trial) for label, trial in ordered.items()}
    yield "curves", figures.loss_curves(curves)
    costs = {row.label: (row.encoder_parameters, row.val_loss, row.spread) for row in summary}
    yield "parameters", figures.loss_against_parameters(costs)


def _curve(trial: Trial) -> np.ndarray:
    return np.array([row["val_loss"] for row in Run(trial.path).metrics()])


def _reconstructions(trials: dict[str, Trial]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Test images (N, H, W, C) in [0, 1], and for each encoder what comes back of them."""
    recipe = workflow.load_recipe(Run(next(iter(trials.values())).path))
    images = np.array(data.load(recipe.data).test.images[:SHOWN])
    returned = {label: _returned(trial, images) for label, trial in trials.items()}
    return images.astype("float32") / 255, returned


def _returned(trial: Trial, images: np.ndarray) -> np.ndarray:
    run = Run(trial.path)
    recipe = workflow.load_recipe(run)
    keras.config.set_dtype_policy(recipe.training.precision)
    model = evaluation.load_model(run, recipe, recipe.data.image_size)
    normalization = data.Normalization.from_dict(run.facts()["normalization"])
    return reconstruction.reconstructed(model, images, normalization)


def _writer(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    return write
