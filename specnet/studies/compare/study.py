"""A comparison from its first trial to its report: what `specnet compare` does."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from specnet import recipe as recipes
from specnet.errors import UsageError
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.compare.design import Plan, Prepared
from specnet.studies.compare.trial import RECORDS, Trial
from specnet.studies.engine import store
from specnet.studies.engine.processes import ask
from specnet.studies.engine.records import RUNS, TRIALS, key_of
from specnet.studies.engine.stopping import stopping
from specnet.studies.engine.subjects import as_json, read_recipe
from specnet.studies.engine.workers import Options, run_missing, threads_for

if TYPE_CHECKING:
    from specnet.studies.compare.figures import Comparison


ASKS = "contenders"  # which other kinds of studies do not


class _Contender(TypedDict):
    label: str
    against: str | None
    recipe: dict[str, Any]


class _Asked(TypedDict):
    match: str | None
    eval_sizes: list[int]
    contenders: list[_Contender]


class _Study(TypedDict):
    """What study.json says."""

    asked: _Asked
    facts: dict[str, dict[str, Any]]
    machine: dict[str, Any]


def compare(
    plan: Plan, out: Path, options: Options | None = None, reporter: Reporter | None = None
) -> "Comparison":
    """Runs the trials of a plan that are not recorded yet, and writes the report into `out`.

    Raises:
        RunError: where `out` holds a comparison of other things, or another process is in it.
        RecipeError, DataError: what is wrong with any recipe, before the first trial.
        InterruptedRun: on SIGINT or SIGTERM; what is finished is kept, and the same call goes on.
    """
    options, reporter = options or Options(), reporter or Reporter()
    with store.opened(out, asks=ASKS), stopping(out):
        prepared = _prepared(plan, out, options.jobs, reporter)
        trials = run_missing(
            out,
            [(each.label, seed) for seed in plan.seeds for each in plan.contenders],
            RECORDS,
            "specnet.studies.compare.training:run_trial",
            lambda label: _question(prepared.facts[label], options),
            _words,
            options,
            reporter,
        )
        reporter.wait("writing the report")
        # Here, because statistics and pictures take a second to import: mistakes are told before.
        from specnet.studies.compare.figures import write_report

        return write_report(plan, prepared, trials, out)


def kept_runs(out: Path) -> list[Run]:
    """The runs that the comparison in a folder kept, in its order of recipes, and by seed.

    Those of finished trials; none at all where there is no comparison.

    Raises:
        UsageError: where it kept none.
        RunError: where one is damaged.
    """
    if not (out / TRIALS).is_dir() or not store.begun(out, ASKS):
        return []
    known = store.recall(out, _Study)
    found = [
        Run.find(out / RUNS / key_of(label, seed))
        for label in (each["label"] for each in known["asked"]["contenders"])
        for seed in _seeds(out / RUNS, label)
        if (trial := RECORDS.read(out, label, seed)) is not None and trial.finished
    ]
    if not found:
        raise UsageError(f"{out}: is a comparison that kept no runs; make it with --keep-runs")
    return found


def _seeds(runs: Path, label: str) -> list[int]:
    """Those of which a run directory of a label is there, rising."""
    name = re.compile(rf"{re.escape(label)}-seed(\d+)")
    return sorted(int(found[1]) for each in runs.glob("*") if (found := name.fullmatch(each.name)))


def _question(facts: Mapping[str, Any], options: Options) -> dict[str, Any]:
    return {"recipe": facts["recipe"], "sizes": facts["sizes"], "keep": options.keep}


def _words(trial: Trial) -> str:
    rate = f"{trial.images_per_second:,.0f} images/s"
    return f"accuracy {trial.accuracy:.1%}, {rate}, {trial.seconds:.0f} s"


def _prepared(plan: Plan, out: Path, jobs: int, reporter: Reporter) -> Prepared:
    """What is known before the first trial; found again where the study was begun before."""
    asked = _asked(plan)
    known = store.recall(out, _Study)
    if known is not None:
        store.check_same(out, "holds a comparison of other things", _changes(known["asked"], asked))
        if len(known["asked"]["contenders"]) == len(plan.contenders):
            return Prepared(known["facts"], known["machine"])
    reporter.wait("building the models, reading the data")
    found = ask(
        "specnet.studies.compare.training:prepare",
        threads=threads_for(jobs),  # those of a trial, whose time may be measured
        contenders=asked["contenders"],
        match=plan.match,
        eval_sizes=plan.eval_sizes,
    )
    found["machine"]["command"] = sys.argv  # not that of the process that answered
    if known is not None:
        found["facts"] |= known["facts"]  # as the trials that are there have them
    store.remember(out, asked=asked, **found)
    return Prepared(found["facts"], found["machine"])


def _asked(plan: Plan) -> dict[str, Any]:
    """What must stay as it is for trials to belong together."""
    return {
        "match": plan.match,
        "eval_sizes": [*plan.eval_sizes],
        "contenders": [
            {"label": each.label, "against": each.against, "recipe": as_json(each.recipe)}
            for each in plan.contenders
        ],
    }


def _changes(known: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """What differs between the study in a folder and the one asked for, which may have more."""
    lines = store.changes({**known, "contenders": None}, {**asked, "contenders": None})
    before, after = ({each["label"]: each for each in one["contenders"]} for one in (known, asked))
    if [*before] != [*after][: len(before)]:
        lines.append(f"recipes: {', '.join(before)} -> {', '.join(after)}")
    for label in (label for label in before if label in after):
        old, new = (read_recipe(each[label]["recipe"]) for each in (before, after))
        lines += [f"{label}: {line}" for line in recipes.differences(old, new)]
    return lines
