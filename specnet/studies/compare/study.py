"""A comparison from its first trial to its report: what `specnet compare` does."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from specnet import recipe as recipes
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.compare import records
from specnet.studies.compare.cluster import Places, cluster
from specnet.studies.compare.plan import Plan
from specnet.studies.compare.prepared import Prepared
from specnet.studies.compare.processes import Owner, ask
from specnet.studies.compare.recipe_json import as_json, read_recipe
from specnet.studies.compare.records import Trial
from specnet.studies.compare.running import Job, run_all, stopping, threads_for
from specnet.studies.engine import store

if TYPE_CHECKING:
    from specnet.studies.compare.report import Comparison

FILE = "study.json"


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


@dataclass(frozen=True)
class Options:
    """How trials are run; none of it may change what they come to.

    Attributes:
        jobs: processes at once, which share the cores.
        retry: whether trials that failed are run again.
        keep: whether the run directory of each trial stays, for the other verbs to take.
        scheduler: address of a Dask scheduler whose workers run the trials in place of `jobs`.
    """

    jobs: int = 1
    retry: bool = False
    keep: bool = False
    scheduler: str | None = None


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
    with store.opened(out, FILE), stopping(f"{out}: stopped; the same command goes on from here"):
        prepared = _prepared(plan, out, options.jobs, reporter)
        wanted = [(each.label, seed) for seed in plan.seeds for each in plan.contenders]
        done = [trial for trial in records.read_all(out, wanted) if _is_over(trial, options)]
        over = {(trial.label, trial.seed) for trial in done}
        left = [key for key in wanted if key not in over]
        if done and left:
            reporter.note(
                f"{out}: {len(done)} of {counted(len(wanted), 'trial')} are there already"
            )
        if left:
            _run(left, done, prepared, out, options, reporter)
        reporter.wait("writing the report")
        # Here, because statistics and pictures take a second to import: mistakes are told before.
        from specnet.studies.compare.report import write_report

        return write_report(plan, prepared, records.read_all(out, wanted), out)


def _is_over(trial: Trial, options: Options) -> bool:
    return trial.error is None or not (trial.killed or options.retry)


def _run(
    keys: Sequence[tuple[str, int]],
    done: Sequence[Trial],
    prepared: Prepared,
    out: Path,
    options: Options,
    reporter: Reporter,
) -> None:
    with _places(options, out) as places:
        jobs = _jobs(keys, prepared, out, options, places.threads)
        for trial in run_all(jobs, done, places.count, reporter):
            _tell(trial, reporter)


def _places(options: Options, out: Path) -> AbstractContextManager[Places]:
    if options.scheduler is not None:
        return cluster(options.scheduler, out)
    return nullcontext(Places(options.jobs, threads_for(options.jobs)))


def _jobs(
    keys: Sequence[tuple[str, int]], prepared: Prepared, out: Path, options: Options, threads: int
) -> list[Job]:
    owner = Owner.this()
    return [
        Job(
            str(out.absolute()),
            label,
            seed,
            prepared.facts[label]["recipe"],
            tuple(prepared.facts[label]["sizes"]),
            options.keep,
            owner,
            threads,
        )
        for label, seed in keys
    ]


def _tell(trial: Trial, reporter: Reporter) -> None:
    name = f"{trial.label}, seed {trial.seed}"
    if not trial.finished:
        reporter.note(f"{name}: failed: {trial.reason}")
        return
    rate = f"{trial.images_per_second:,.0f} images/s"
    reporter.result(f"{name}: accuracy {trial.accuracy:.1%}, {rate}, {trial.seconds:.0f} s")


def _prepared(plan: Plan, out: Path, jobs: int, reporter: Reporter) -> Prepared:
    """What is known before the first trial; found again where the study was begun before."""
    asked = _asked(plan)
    if (out / FILE).exists():
        known = _read(out)
        _check_same(known["asked"], asked, out)
        return Prepared(known["facts"], known["machine"])
    reporter.wait("building the models, reading the data")
    found = ask(
        "prepare",
        Owner.this(),
        threads_for(1),
        contenders=asked["contenders"],
        match=plan.match,
        eval_sizes=plan.eval_sizes,
    )
    found["machine"]["command"] = sys.argv  # not that of the process that answered
    Run(out).write(FILE, json.dumps({"asked": asked} | found, indent=1) + "\n")
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


def _read(out: Path) -> Mapping[str, Any]:
    return store.read_record(out / FILE, TypeAdapter(_Study))


def _check_same(known: Mapping[str, Any], asked: Mapping[str, Any], out: Path) -> None:
    """Raises RunError with what differs between the study in a folder and the one asked for."""
    lines = [
        f"{name}: {known[name]} -> {asked[name]}"
        for name in ("match", "eval_sizes")
        if known[name] != asked[name]
    ]
    before, after = ({each["label"]: each for each in one["contenders"]} for one in (known, asked))
    if [*before] != [*after]:
        lines.append(f"recipes: {', '.join(before)} -> {', '.join(after)}")
    for label in (label for label in before if label in after):
        old, new = (read_recipe(each[label]["recipe"]) for each in (before, after))
        lines += [f"{label}: {line}" for line in recipes.differences(old, new)]
    store.check_same(out, "holds a comparison of other things", lines)
