"""The study from its first training to its report: what `specnet autoencode` does."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specnet.errors import DivergedError, InterruptedRun
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.autoencode import results
from specnet.studies.autoencode.baseline import KERNELS, Fits, baseline_fits
from specnet.studies.autoencode.design import Design
from specnet.studies.autoencode.figures import write_report
from specnet.studies.autoencode.results import Row
from specnet.studies.autoencode.trials import FILE, Trial, check_comparable, found, run_trial
from specnet.studies.engine import report, store
from specnet.studies.engine.stopping import Stopping, stopped

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
        return results.rows(self.trials)


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
    check_comparable(found(out), recipes)
    failed: dict[str, str] = {}
    finished = False
    with Stopping() as stopping:
        for number, (encoder, seed) in enumerate(wanted, 1):
            stopping.check()
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
        finished = True
    if not finished:
        raise stopped(out, stopping.received or signal.SIGINT)
    return _summed_up(out, failed, kernels, reporter)


def _summed_up(out: Path, failed: dict[str, str], kernels: int, reporter: Reporter) -> Study:
    trials = found(out)
    fits = baseline_fits(trials, out, kernels, reporter)
    told = results.sentences(trials, failed)
    return Study(
        out=out,
        files=write_report(trials, fits, out, reporter, told) if trials else [],
        tables=results.made(trials, fits),
        sentences=told,
        trials=trials,
        failed=failed,
        fits=fits,
    )
