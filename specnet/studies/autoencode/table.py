"""The table of the study: trials of one encoder become a row; as CSV, JSON and Markdown."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from specnet.studies.autoencode.networks import SPATIAL
from specnet.studies.autoencode.trials import Trial
from specnet.studies.engine import tables

HEAD = ("encoder", "params", "val. loss", "to spatial", "SSIM", "s/epoch", "epochs")


@dataclass(frozen=True)
class Row:
    """The results of one encoder: means over its seeds.

    Attributes:
        label: the encoder, with what is not as published about it.
        encoder_parameters, parameters: of the encoder, and of all of the network.
        seeds: how many trials.
        val_loss, spread: mean and standard deviation; the latter is None for a single seed.
        ratio: mean validation loss over that of the spatial encoder; None without one.
        test_loss, mse, ssim: on the test split.
        seconds_per_epoch: on the machine that trained them.
        epochs: the fewest of its trials.
    """

    label: str
    encoder_parameters: int
    parameters: int
    seeds: int
    val_loss: float
    spread: float | None
    ratio: float | None
    test_loss: float
    mse: float
    ssim: float | None
    seconds_per_epoch: float
    epochs: int


def rows(trials: Sequence[Trial]) -> list[Row]:
    """A row for each encoder, the best first."""
    ordered = sorted(trials, key=lambda trial: trial.label)
    groups = {label: list(group) for label, group in groupby(ordered, lambda trial: trial.label)}
    baseline = _mean(trial.val_loss for trial in groups.get(SPATIAL, []))
    found = [_row(label, group, baseline) for label, group in groups.items()]
    return sorted(found, key=lambda row: row.val_loss)


def as_table(table: Sequence[Row]) -> tables.Table:
    """Rows as they are read."""
    return tables.Table("autoencoders", HEAD, [*map(cells, table)])


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is read, under HEAD."""
    spread = "" if row.spread is None else f" ± {row.spread:.5f}"
    return (
        shown(row.label),
        f"{row.encoder_parameters:,}",
        f"{row.val_loss:#.4g}{spread}",
        "" if row.ratio is None else f"{row.ratio - 1:+.1%}",
        "" if row.ssim is None else f"{row.ssim:.3f}",
        f"{row.seconds_per_epoch:.1f}",
        f"{row.epochs} x {row.seeds}" if row.seeds > 1 else str(row.epochs),
    )


def shown(label: str) -> str:
    """A label for people: words apart, so that a long one breaks at one."""
    return label.replace("_", " ")


def as_csv(table: Sequence[Row]) -> str:
    """With a line of names, and every digit."""
    return tables.csv_text([asdict(row) for row in table])


def as_markdown(table: Sequence[Row], sentences: Sequence[str] = ()) -> str:
    """As it is read, and what follows."""
    return tables.as_markdown([as_table(table)], sentences)


def as_json(table: Sequence[Row], trials: Sequence[Trial], sentences: Sequence[str] = ()) -> str:
    """Rows and the trials that they are made of."""
    each = [asdict(trial) | {"path": trial.path.name} for trial in trials]
    return tables.json_text(
        {"rows": [asdict(row) for row in table], "sentences": [*sentences], "trials": each}
    )


def _row(label: str, trials: Sequence[Trial], baseline: float | None) -> Row:
    losses = [trial.val_loss for trial in trials]
    mean = statistics.fmean(losses)
    similarities = [trial.ssim for trial in trials if trial.ssim is not None]
    return Row(
        label=label,
        encoder_parameters=trials[0].encoder_parameters,
        parameters=trials[0].parameters,
        seeds=len(trials),
        val_loss=mean,
        spread=statistics.stdev(losses) if len(losses) > 1 else None,
        ratio=mean / baseline if baseline else None,
        test_loss=statistics.fmean(trial.test_loss for trial in trials),
        mse=statistics.fmean(trial.mse for trial in trials),
        ssim=_mean(similarities),
        seconds_per_epoch=statistics.fmean(trial.seconds_per_epoch for trial in trials),
        epochs=min(trial.epochs for trial in trials),
    )


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return statistics.fmean(known) if known else None
