"""The study from its first training to its report: what `specnet autoencode` does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from specnet.errors import DivergedError, InterruptedRun
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.autoencode import explained, table
from specnet.studies.autoencode.baseline import KERNELS, Fits, baseline_fits
from specnet.studies.autoencode.networks import SPATIAL, Design
from specnet.studies.autoencode.report import write_report
from specnet.studies.autoencode.table import Row, shown
from specnet.studies.autoencode.trials import FILE, Trial, check_same_data, found, run_trial
from specnet.studies.engine import report, store
from specnet.studies.engine.statistics import LEVEL, Paired, holm, least_p, paired
from specnet.studies.engine.tables import Table

MARKER = "STUDY.txt"  # by which its folder is known before any run is finished


@dataclass(frozen=True, kw_only=True)
class Study(report.Report):
    """The results of a study; `out` holds a run a training, the table and the pictures.

    Attributes:
        trials: every finished training in the folder, also those of earlier calls.
        failed: label and seed of the trainings that diverged -> why.
        fits: what each family explains of the spatial encoder's kernels: `Flexibility.as_dict`.
    """

    trials: list[Trial]
    failed: dict[str, str]
    fits: Fits

    @property
    def rows(self) -> list[Row]:
        """The table: a row for each encoder, the best first."""
        return table.rows(self.trials)


def autoencode(
    design: Design,
    encoders: Sequence[str],
    seeds: Sequence[int],
    out: Path,
    reporter: Reporter | None = None,
    kernels: int = KERNELS,
) -> Study:
    """Trains an autoencoder for each encoder and seed, and writes table and pictures into `out`.

    What is finished there is not trained again; what was interrupted goes on. Where the spatial
    encoder is among them, every family is fitted to its kernels too, to `kernels` of each layer;
    with 0 to none.

    Raises:
        UsageError, RecipeError, DataError, RunError: as their kinds say.
        InterruptedRun: on SIGINT or SIGTERM, after a checkpoint; the same call goes on.
    """
    with store.opened(out, f"*/{FILE}", MARKER):
        Run(out).write(MARKER, "The runs in this folder are those of a study of autoencoders.\n")
        return _studied(design, encoders, seeds, out, reporter or Reporter(), kernels)


def _studied(
    design: Design,
    encoders: Sequence[str],
    seeds: Sequence[int],
    out: Path,
    reporter: Reporter,
    kernels: int,
) -> Study:
    wanted = [(encoder, seed) for seed in seeds for encoder in encoders]
    # What is wrong with any of them is told before the first is trained.
    recipes = [design.recipe(encoder, seed) for encoder, seed in wanted]
    check_same_data(found(out), recipes[0])
    failed: dict[str, str] = {}
    for number, (encoder, seed) in enumerate(wanted, 1):
        label = f"{design.label(encoder)}, seed {seed}"
        reporter.part(label, number, len(wanted))
        try:
            trial = run_trial(design, encoder, seed, out, reporter)
            reporter.result(f"{label}: validation loss {trial.val_loss:#.4g}")
        except DivergedError as error:
            failed[label] = str(error)
            reporter.note(f"{label}: {error}")
        except InterruptedRun as error:
            again = f"{out}: stopped in the training of {label}; the same command goes on"
            raise InterruptedRun(again, error.signal_number) from error
    return _summed_up(out, failed, kernels, reporter)


def _summed_up(out: Path, failed: dict[str, str], kernels: int, reporter: Reporter) -> Study:
    trials = found(out)
    fits = baseline_fits(trials, out, kernels, reporter)
    told = sentences(trials, failed)
    return Study(
        out=out,
        files=write_report(trials, fits, out, reporter, told) if trials else [],
        tables=_tables(trials, fits),
        sentences=told,
        trials=trials,
        failed=failed,
        fits=fits,
    )


def _tables(trials: Sequence[Trial], fits: Fits) -> list[Table]:
    made = [table.as_table(table.rows(trials))] if trials else []
    if fits:
        title = "families that explain most of the spatial encoder's kernels for their price"
        best = [*map(explained.cells, explained.front(fits))]
        made.append(Table(title, explained.HEAD, best))
    return made


def sentences(trials: Sequence[Trial], failed: Mapping[str, str]) -> list[str]:
    """A sentence for each encoder next to the spatial one, and for each training that failed.

    Args:
        trials: finished ones.
        failed: label and seed -> why.
    """
    told = [f"{shown(label)}: failed: {reason}" for label, reason in failed.items()]
    losses: dict[str, dict[int, float]] = {}
    for trial in trials:
        losses.setdefault(trial.label, {})[trial.seed] = trial.val_loss
    if len(losses) < 2:
        return told
    if max(map(len, losses.values())) == 1:
        return ["one training of each encoder shows no difference between them; see --seeds", *told]
    spatial = losses.pop(SPATIAL, {})
    found = {label: _paired(each, spatial) for label, each in losses.items()}
    known = {label: pairs for label, pairs in found.items() if pairs is not None}
    corrected = holm([pairs.p for pairs in known.values()])
    tests = sum(p is not None for p in corrected)
    return [
        *(_sentence(*each, p, tests) for each, p in zip(known.items(), corrected, strict=True)),
        *told,
    ]


def _paired(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Paired | None:
    """By seed; None where no seed is in both."""
    seeds = [seed for seed in ours if seed in theirs]
    return paired([ours[s] for s in seeds], [theirs[s] for s in seeds]) if seeds else None


def _sentence(label: str, found: Paired, p: float | None, tests: int) -> str:
    where = "above" if found.difference > 0 else "below"
    words = f"{shown(label)}: validation loss {abs(found.difference):.3g} {where} that of {SPATIAL}"
    pairs = counted(found.pairs, "pair")
    if p is not None and p < LEVEL:
        return f"{words}: a real difference (p = {p:.3g} after Holm, {pairs})"
    if tests * least_p(found.pairs) >= LEVEL:
        return f"{words}, of which {pairs} of trainings cannot show that it is real"
    return f"{words}: no difference shown (p = {p:.3g} after Holm, {pairs})"
