"""Trials of one encoder become a row; rows and fits as tables, and in sentences what follows."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from specnet.messages import counted
from specnet.studies.autoencode.baseline import Fits
from specnet.studies.autoencode.design import SPATIAL
from specnet.studies.autoencode.trials import Trial
from specnet.studies.engine import tables
from specnet.studies.engine.statistics import Paired, holm, judged, paired_by_key


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
    head = ("encoder", "params", "val. loss", "to spatial", "SSIM", "s/epoch", "epochs")
    return tables.Table("autoencoders", head, [*map(_cells, table)])


def _cells(row: Row) -> tuple[str, ...]:
    spread = "" if row.spread is None else f" ± {row.spread:.5f}"
    return (
        shown(row.label),
        f"{row.encoder_parameters:,}",
        f"{row.val_loss:#.4g}{spread}",
        "" if row.ratio is None else f"{row.ratio - 1:+z.1%}",
        "" if row.ssim is None else f"{row.ssim:.3f}",
        f"{row.seconds_per_epoch:.1f}",
        f"{row.epochs} x {row.seeds}" if row.seeds > 1 else str(row.epochs),
    )


def shown(label: str) -> str:
    """A label for people: words apart, so that a long one breaks at one."""
    return label.replace("_", " ")


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


def flexibility(fits: Sequence[dict[str, Any]]) -> tables.Table:
    """What each family explains of trained kernels: the median over them, and the quartiles."""
    title = "families that explain most of the spatial encoder's kernels for their price"
    head = ("family", "params a filter", "energy explained", "quartiles", "kernels")
    rows = [
        (
            fit["label"],
            f"{fit['parameters']:,}",
            f"{fit['median']:.1%}",
            f"{fit['lower_quartile']:.1%} to {fit['upper_quartile']:.1%}",
            f"{fit['kernels']} of {fit['of']}",
        )
        for fit in fits
    ]
    return tables.Table(title, head, rows)


def front(fits: Sequence[dict[str, Any]]) -> Fits:
    """The families that explain more than every one with as few parameters, the cheapest first."""
    best: Fits = []
    for fit in sorted(fits, key=lambda fit: (fit["parameters"], -fit["median"])):
        if not best or fit["median"] > best[-1]["median"]:
            best.append(fit)
    return best


def made(trials: Sequence[Trial], fits: Fits) -> list[tables.Table]:
    """The tables for a terminal: encoders, and the families that no cheaper one beats."""
    found = [as_table(rows(trials))] if trials else []
    return [*found, flexibility(front(fits))] if fits else found


def sentences(trials: Sequence[Trial], failed: Mapping[str, str]) -> list[str]:
    """A sentence for each encoder next to the spatial one, and for each training that failed.

    Args:
        trials: finished ones.
        failed: label and seed -> why.
    """
    told = [f"{shown(label)}: failed: {reason}" for label, reason in failed.items()]
    losses: dict[str, dict[tuple[int, int], float]] = {}  # pairs have a seed and epochs in common
    for trial in trials:
        losses.setdefault(trial.label, {})[trial.seed, trial.epochs] = trial.val_loss
    if len(losses) < 2:
        return told
    if max(map(len, losses.values())) == 1:
        return ["one training of each encoder shows no difference between them; see --seeds", *told]
    spatial = losses.pop(SPATIAL, {})
    found = {label: paired_by_key(each, spatial) for label, each in losses.items()}
    known = {label: pairs for label, pairs in found.items() if pairs is not None}
    corrected = holm([pairs.p for pairs in known.values()])
    tests = sum(p is not None for p in corrected)
    return [
        *(_sentence(*each, p, tests) for each, p in zip(known.items(), corrected, strict=True)),
        *told,
    ]


def _sentence(label: str, found: Paired, p: float | None, tests: int) -> str:
    where = "above" if found.difference > 0 else "below"
    words = f"{shown(label)}: validation loss {abs(found.difference):.3g} {where} that of {SPATIAL}"
    more = f", {counted(found.pairs, 'pair')}"
    return judged(words, found.pairs, p, tests, "training", more)
