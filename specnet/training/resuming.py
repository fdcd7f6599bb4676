"""What a training that goes on finds in its run: is it what the checkpoint remembers?"""

import warnings

import keras

from specnet import weights
from specnet.errors import RunError, RunWarning
from specnet.reporting import Reporter, Row
from specnet.runs import Run
from specnet.training.progress import Progress


def known_rows(run: Run, epochs: int, out: Reporter) -> list[Row]:
    """The rows of metrics.csv, of a run whose checkpoints are too old to hold them."""
    try:
        rows = run.metrics("loss", "val_loss", "seconds", "images_per_second")[:epochs]
    except RunError as error:
        out.note(str(error).partition(";")[0])
        rows = []
    if [row["epoch"] for row in rows] != [*range(1, epochs + 1)]:
        out.note(f"{run.path / 'metrics.csv'}: does not have all of the {epochs} finished epochs")
    return rows


def mend_metrics(run: Run, rows: list[Row], out: Reporter) -> None:
    """Writes metrics.csv anew where it does not begin with the rows that the checkpoint holds."""
    try:
        with warnings.catch_warnings():  # the checkpoint says more exactly what has changed
            warnings.simplefilter("ignore", RunWarning)
            found = run.metrics()[: len(rows)]
        if found == rows:
            return
        reason = "is not what was measured" if found else "is missing or empty"
    except RunError as error:
        reason = str(error).partition(": ")[2].partition(";")[0]
    out.note(f"{run.path / 'metrics.csv'}: {reason}; written anew from the checkpoint")
    run.write_metrics(rows)


def mend_best(run: Run, model: keras.Model, progress: Progress, out: Reporter) -> None:
    """Writes the best weights anew where they are damaged and the model has them.

    Where it does not, the best of the epochs that follow take their place.
    """
    if progress.best is None:
        return
    try:
        run.read_known(weights.BEST, weights.largest(model))
    except RunError as error:
        reason = str(error).partition(";")[0]
        if progress.best_epoch == progress.epoch and progress.step == 0:
            out.note(f"{reason}; written anew from the checkpoint")
            weights.save(run, weights.BEST, model)
        else:
            lost = f"the best weights, of epoch {progress.best_epoch}, are lost"
            out.note(f"{reason}; {lost}, and those of the best epoch from here on are kept")
            progress.best, progress.best_epoch = None, 0
