"""A search from its first trial to its report: what `specnet tune` does."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from specnet import recipe as recipes
from specnet.progress import Reporter
from specnet.runs import RECIPE, Run
from specnet.runs.files import listed
from specnet.studies.engine import store
from specnet.studies.engine.processes import ask
from specnet.studies.engine.records import TRIALS
from specnet.studies.engine.stopping import stopping
from specnet.studies.engine.subjects import as_json
from specnet.studies.engine.workers import Options, run_missing, threads_for
from specnet.studies.tune import sampling
from specnet.studies.tune.design import Plan
from specnet.studies.tune.trial import RECORDS, Trial

if TYPE_CHECKING:
    from specnet.studies.tune.figures import Search


ASKS = "space"  # which other kinds of studies do not


class _Study(TypedDict):
    """What study.json says."""

    asked: dict[str, Any]
    machine: dict[str, Any]


def tune(
    plan: Plan,
    out: Path,
    trials: int,
    options: Options | None = None,
    reporter: Reporter | None = None,
) -> "Search":
    """Runs the trials that are not recorded yet, and writes the best recipe and a report.

    Args:
        plan: what is searched.
        out: the folder; a search that is in it goes on.
        trials: in all, those counted that are there already.
        options, reporter: how they run, and who is told.

    Raises:
        RunError: where `out` holds another search, or another process is in it.
        RecipeError, DataError: what is wrong at the ends of the space, before the first trial.
        InterruptedRun: on SIGINT or SIGTERM; what is finished is kept, and the same call goes on.
    """
    options, reporter = options or Options(), reporter or Reporter()
    with store.opened(out, asks=ASKS), stopping(out):
        machine = _prepared(plan, out, reporter)
        seed = plan.recipe.training.seed
        wanted = [(f"trial-{n}", seed) for n in range(1, max(trials, _last(out)) + 1)]
        reporter.wait("reading Optuna's storage")
        optuna = sampling.opened(out, plan.metric, plan.seed)
        sampling.reconcile(optuna, plan.space, RECORDS.read_all(out, wanted), out)
        question = {
            "dimensions": [*map(str, plan.space)],
            "metric": plan.metric,
            "search_seed": plan.seed,
            "prune": plan.prune,
            "keep": options.keep,
        }
        made = run_missing(
            out,
            wanted,
            RECORDS,
            "specnet.studies.tune.training:run_trial",
            lambda label: question,
            lambda trial: _words(plan, trial),
            options,
            reporter,
        )
        reporter.wait("writing the report")
        # Here, because statistics and pictures take a second to import: mistakes are told before.
        from specnet.studies.tune.figures import write_report

        sampling.reconcile(optuna, plan.space, made, out)
        return write_report(plan, made, sampling.importances(optuna, plan.seed), machine, out)


def _last(out: Path) -> int:
    """The number of the last trial that is recorded; 0 of none."""
    names = [file.name.split("-") for file in listed(out / TRIALS, "trial-*-seed*.json")]
    return max((int(parts[1]) for parts in names if parts[1].isdecimal()), default=0)


def _words(plan: Plan, trial: Trial) -> str:
    from specnet.studies.tune.results import outcome, settings_words

    return f"{outcome(plan, trial)}, {trial.seconds:.0f} s; {settings_words(plan, trial)}"


def _prepared(plan: Plan, out: Path, reporter: Reporter) -> dict[str, Any]:
    """Facts of the machine on which the search began; everything is checked before it does."""
    asked = _asked(plan)
    known = store.recall(out, _Study)
    if known is not None:
        store.check_same(out, "holds another search", _changes(known["asked"], asked, plan, out))
        _write_recipe(plan, out)
        return known["machine"]
    reporter.wait("building the models, reading the data")
    corners = {
        " ".join(corner): as_json(recipes.load(plan.source, [*plan.fixed, *corner]))
        for corner in plan.corners
    }
    machine = ask("specnet.studies.tune.training:prepare", threads=threads_for(1), corners=corners)
    machine["command"] = sys.argv  # not that of the process that answered
    store.remember(out, asked=asked, machine=machine)
    _write_recipe(plan, out)
    return machine


def _write_recipe(plan: Plan, out: Path) -> None:
    """The recipe that trials change, unless it is there: what is asked may have been all so far."""
    if not os.path.lexists(out / RECIPE):
        Run(out).write(RECIPE, recipes.dump(plan.recipe))


def _asked(plan: Plan) -> dict[str, Any]:
    """What must stay as it is for trials to belong together; the recipe is a file next to it."""
    return {
        "space": [*map(str, plan.space)],
        "metric": plan.metric,
        "seed": plan.seed,
        "prune": plan.prune,
    }


def _changes(
    known: Mapping[str, Any], asked: Mapping[str, Any], plan: Plan, out: Path
) -> list[str]:
    """What differs between the search in a folder and the one asked for."""
    lines = store.changes({**known, "space": None}, {**asked, "space": None})
    before, after = known["space"], asked["space"]
    lines += [f"no longer searched: {text}" for text in before if text not in after]
    lines += [f"not searched before: {text}" for text in after if text not in before]
    if lines or not os.path.lexists(out / RECIPE):
        return lines
    return recipes.differences(recipes.load(out / RECIPE, folder=Path()), plan.recipe)
