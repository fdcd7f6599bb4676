"""Robustness of some runs, from their folders to the report: what `specnet robustness` does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NotRequired

from typing_extensions import TypedDict

from specnet import __version__, environment
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.engine import store
from specnet.studies.robustness.design import ASKS, OTHERWISE, Options
from specnet.studies.robustness.figures import Robustness, write_report
from specnet.studies.robustness.measuring import measure_all
from specnet.studies.robustness.results import Results
from specnet.studies.robustness.trial import (
    Subject,
    pruning,
    sample,
    studies,
    subjects,
    trials_of,
)
from specnet.workflow import save_pruned


class _Asked(TypedDict):
    images: int
    seed: int
    data: dict[str, Any]


class _Study(TypedDict):
    """What study.json says."""

    asked: _Asked
    runs: dict[str, str]
    version: NotRequired[str]  # that began it


def robustness(
    runs: Sequence[Run],
    out: Path | None = None,
    options: Options | None = None,
    reporter: Reporter | None = None,
) -> Robustness:
    """Measures what is not recorded yet of some runs, and writes the report into `out`.

    Args:
        runs: of classifiers of the same images; those that differ in the seed alone are told
            together, as trials of one recipe.
        out: the folder; `ckpt/robustness-FIRST-LAST` if not given.
        options: what is measured, and what is made of it.
        reporter: is told of progress.

    Raises:
        UsageError: where options, runs or layers do not fit.
        RunError: where `out` holds measurements of other things, or a run is damaged.
        DataError: where the images are missing.
        InterruptedRun: on SIGINT or SIGTERM; the same call goes on.
    """
    options, reporter = options or Options(), reporter or Reporter()
    options.check()
    reporter.wait("loading the runs")
    found = subjects(runs)
    _check_layers(found, options)
    reporter.wait("reading the images")
    chosen = sample(found, options.images, options.seed, reporter.note)
    trials = trials_of(found)
    out = out or default_folder([each.label for each in found])
    with store.opened(out, asks=ASKS):
        _begin(out, found, len(chosen), options, reporter)
        records = measure_all(
            studies(found, options),
            {each.label: each for each in found},
            chosen,
            options.seed,
            out,
            reporter,
        )
        results = Results(records, len(chosen), chosen.size, found[0].classes)
        reporter.wait("writing the report")
        words = {each.label: _told(each) for each in found}
        report = write_report(results, trials, words, environment.facts(), out)
    report.pruned.update(_saved(found, report, options, reporter))
    return report


def default_folder(labels: Sequence[str]) -> Path:
    """Named after the first and the last run."""
    return Path("ckpt") / "-".join(["robustness", *dict.fromkeys((labels[0], labels[-1]))])


def _check_layers(found: Sequence[Subject], options: Options) -> None:
    """Before anything is measured: a low pass must fit everywhere it is asked for."""
    if "prune" in options.what or options.save is not None:
        for each in found:
            pruning(each, options).model(0.25)


def _begin(
    out: Path, found: Sequence[Subject], images: int, options: Options, reporter: Reporter
) -> None:
    """Writes what is measured, or checks that it is what was measured here before."""
    asked = {
        "images": images,
        "seed": options.seed,
        "data": found[0].recipe.data.model_dump(mode="json", exclude={*OTHERWISE}),
    }
    weights = {each.label: each.weights for each in found}
    known = store.recall(out, _Study) or {"asked": {}, "runs": {}, "version": __version__}
    lines = store.changes(known["asked"], asked)
    lines += [
        f"{label}: its weights have changed since"
        for label, digest in weights.items()
        if known["runs"].get(label, digest) != digest
    ]
    store.check_same(out, "holds measurements of other things", lines)
    began = known.get("version", "of no known version")
    if began != __version__:
        reporter.note(
            f"{out}: was begun by specnet {began} and goes on with {__version__}; if attacks have "
            "changed between them, name another folder with --out"
        )
    store.remember(out, asked=asked, runs=known["runs"] | weights, version=began)


def _told(subject: Subject) -> str:
    facts = subject.run.facts()
    parameters = counted(subject.classifier.model.count_params(), "parameter")
    origin = facts.get("pruned_from") or facts.get("converted_from")
    return f"{subject.run.path}, {parameters}" + (f", made of {origin}" if origin else "")


def _saved(
    found: Sequence[Subject], report: Robustness, options: Options, reporter: Reporter
) -> dict[str, Path]:
    """Pruned runs, as asked for, by the label of what they are made of."""
    if options.save is None:
        return {}
    made = {}
    for subject in found:
        cutoff = report.knees[subject.label] if options.save == "knee" else options.save
        if cutoff is None:
            reporter.note(f"{subject.label}: has no knee, so nothing is saved; --save 0.25 does")
            continue
        run = save_pruned(pruning(subject, options), float(cutoff), options.finetune, reporter)
        made[subject.label] = run.path
    return made
