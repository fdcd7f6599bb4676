"""Robustness of some runs, from their folders to the report: what `specnet robustness` does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NotRequired

from typing_extensions import TypedDict

from specnet import __version__, environment
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.robustness.study import Study
from specnet.runs import Run
from specnet.studies.engine import store
from specnet.studies.robustness.design import ASKS, CLEAN, OTHERWISE, STUDIES, Options
from specnet.studies.robustness.figures import Robustness, write_report
from specnet.studies.robustness.measuring import MEASURED, Record, measure_all, read_measured
from specnet.studies.robustness.results import Results
from specnet.studies.robustness.trial import (
    Key,
    Sample,
    Subject,
    pruning,
    relabelled,
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


class _Varied(TypedDict):
    """Options that say what a study measures, as in `Options`."""

    levels: int
    epsilons: tuple[float, ...] | None
    starts: int
    queries: int
    cutoffs: tuple[float, ...]
    layer: str | None


class _Study(TypedDict):
    """What study.json says."""

    asked: _Asked
    runs: dict[str, str]  # label -> digest of its weights, by which it is known again
    version: NotRequired[str]  # that began it
    options: NotRequired[dict[str, _Varied]]  # of each study, as it was last measured


def robustness(
    runs: Sequence[Run],
    out: Path | None = None,
    options: Options | None = None,
    reporter: Reporter | None = None,
) -> Robustness:
    """Measures what is not recorded yet of some runs, and writes the report into `out`.

    The report also has the studies that were measured of all of them there before.

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
    out = out or default_folder([each.label for each in found])
    with store.opened(out, asks=ASKS):
        begun = _begun(out)
        found = relabelled(found, begun["runs"])
        begun = _checked(begun, out, found, len(chosen), options, reporter)
        records = _measured(begun, found, chosen, options, out, reporter)
        results = Results(records, len(chosen), chosen.size, found[0].classes)
        reporter.wait("writing the report")
        words = {each.label: _told(each) for each in found}
        report = write_report(results, trials_of(found), words, environment.facts(), out)
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


def _begun(out: Path) -> Any:
    """What study.json says, or would where nothing was measured yet."""
    new = {"asked": {}, "runs": {}, "version": __version__}
    return {"options": {}, **(store.recall(out, _Study) or new)}


def _checked(
    begun: Mapping[str, Any],
    out: Path,
    found: Sequence[Subject],
    images: int,
    options: Options,
    reporter: Reporter,
) -> dict[str, Any]:
    """The same with what is measured now; RunError where that is not what was measured before."""
    asked = {
        "images": images,
        "seed": options.seed,
        "data": found[0].recipe.data.model_dump(mode="json", exclude={*OTHERWISE}),
    }
    lines = store.changes(begun["asked"], asked)
    lines += [
        f"{each.label}: its weights have changed since"
        for each in found
        if begun["runs"].get(each.label, each.weights) != each.weights
    ]
    store.check_same(out, "holds measurements of other things", lines)
    began = begun.get("version", "of no known version")
    if began != __version__:
        reporter.note(
            f"{out}: was begun by specnet {began} and goes on with {__version__}; if attacks have "
            "changed between them, name another folder with --out"
        )
    runs = begun["runs"] | {each.label: each.weights for each in found}
    return {**begun, "asked": asked, "runs": runs, "version": began}


def _measured(
    begun: dict[str, Any],
    found: Sequence[Subject],
    chosen: Sample,
    options: Options,
    out: Path,
    reporter: Reporter,
) -> dict[Key, list[Record]]:
    """What is asked for, and what was measured before; writes study.json."""
    store.remember(out, **begun)
    known = {each.label: each for each in found}
    made = studies(found, options)
    records = measure_all(made, known, chosen, options.seed, out, reporter)
    varied = {name: getattr(options, name) for name in _Varied.__annotations__}
    begun["options"] |= dict.fromkeys(options.what, varied)
    store.remember(out, **begun)
    for name in (name for name in STUDIES if name not in options.what):
        earlier = replace(options, what=(name,), **begun["options"].get(name, {}))
        records |= _measured_before(name, studies(found, earlier), chosen, out, reporter)
    keys = [(name, label) for name in (CLEAN, *STUDIES) for label in known]
    return {key: records[key] for key in keys if key in records}


def _measured_before(
    name: str, made: Mapping[Key, Study], chosen: Sample, out: Path, reporter: Reporter
) -> dict[Key, list[Record]]:
    """A study as it is recorded, if it is of all runs: the report compares them."""
    wanted = {key: study for key, study in made.items() if key[0] == name}
    found = read_measured(wanted, chosen.size, out)
    missing = [label for key, label in wanted if (key, label) not in found]
    if not missing:
        return found
    if any((out / MEASURED / label / name).exists() for _, label in wanted):
        reporter.note(
            f"{name}: is left out of the report, as not all of it is measured of "
            f"{', '.join(missing)}; name it in --what, with its options"
        )
    return {}


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
