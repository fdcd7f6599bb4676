"""Optuna's side of a search: its storage, what it chooses, and what it is told.

The records in `trials/` are what counts. Optuna's own file, `optuna.db`, is brought in line with
them whenever the search is begun: what was under way when it was killed keeps its settings, and a
file that was lost is made anew. So a search that goes on chooses as one that was never stopped.
"""

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from specnet.errors import RunError
from specnet.studies.tune.design import maximises
from specnet.studies.tune.space import Dimension
from specnet.studies.tune.trial import Trial

if TYPE_CHECKING:
    import optuna

FILE = "optuna.db"
_NAME = "specnet"
_LABEL = "specnet_trial"
_PATIENCE = 60  # seconds for others to write
RANDOM_FIRST = 10  # trials before TPE looks at what they gave
_PRUNED_AFTER = 5  # trials: of fewer, the median says little


def opened(
    out: Path, metric: str, seed: int, number: int = 0, epochs: int = 0, prune: bool = True
) -> "optuna.Study":
    """Optuna's study of a folder, made where there is none.

    Args:
        out: the folder.
        metric: that is to be best.
        seed: of the search.
        number: of the trial that asks: each has random numbers of its own, whatever came before.
        epochs: of its training.
        prune: whether it may be ended early.

    Raises:
        RunError: where the file is damaged.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    drawn = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    pruner = optuna.pruners.MedianPruner(_PRUNED_AFTER, n_warmup_steps=max(1, epochs // 5))
    with _explained(out):
        return optuna.create_study(
            storage=optuna.storages.RDBStorage(
                f"sqlite:///{out.absolute() / FILE}",
                engine_kwargs={"connect_args": {"timeout": _PATIENCE}},
            ),
            sampler=optuna.samplers.TPESampler(
                n_startup_trials=RANDOM_FIRST, seed=drawn, constant_liar=True
            ),
            pruner=pruner if prune else optuna.pruners.NopPruner(),
            study_name=_NAME,
            direction="maximize" if maximises(metric) else "minimize",
            load_if_exists=True,
        )


def ask(
    study: "optuna.Study", space: Sequence[Dimension], label: str
) -> tuple["optuna.Trial", dict[str, Any]]:
    """Optuna's trial under a label of ours, and the settings that it chose: path -> value.

    One that was stopped is asked for again, and has the settings that it had.
    """
    from optuna.trial import Trial as Asked
    from optuna.trial import TrialState

    for each in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if each.user_attrs.get(_LABEL) == label:
            asked = Asked(study, each._trial_id)  # Optuna's `ask` never gives one that runs
            break
    else:
        asked = study.ask({each.path: _distribution(each) for each in space})
        asked.set_user_attr(_LABEL, label)
    choices = {each.path for each in space if each.kind == "choice"}
    settings = {
        path: json.loads(value) if path in choices else value
        for path, value in asked.params.items()
    }
    return asked, {each.path: settings[each.path] for each in space}


def tell(study: "optuna.Study", asked: "optuna.Trial", trial: Trial, out: Path) -> None:
    """Tells Optuna how a trial ended that is recorded already; RunError where it cannot."""
    from optuna.trial import TrialState

    with _explained(out):
        if trial.finished and trial.state == "complete":
            study.tell(asked, trial.value)
        else:
            study.tell(asked, state=TrialState.PRUNED if trial.finished else TrialState.FAIL)


def reconcile(
    study: "optuna.Study", space: Sequence[Dimension], trials: Sequence[Trial], out: Path
) -> None:
    """Ends what nobody works at any more, and tells Optuna of trials that it does not know.

    A trial that was stopped is left as it is, for `ask`.
    """
    from optuna.trial import TrialState

    recorded = {trial.label for trial in trials}
    with _explained(out):
        known = set()
        for each in study.get_trials(deepcopy=False):
            label = each.user_attrs.get(_LABEL)
            if each.state in (TrialState.RUNNING, TrialState.WAITING):
                if label is None or label in recorded:
                    study.tell(each.number, state=TrialState.FAIL)
            elif each.state != TrialState.FAIL:
                known.add(label)
        for trial in trials:
            if trial.finished and trial.label not in known:
                study.add_trial(_told(trial, space))


def importances(study: "optuna.Study", seed: int) -> dict[str, float]:
    """Setting -> share of the variance of the metric, the largest first; empty where unknown."""
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(done) < _PRUNED_AFTER or len({each.value for each in done}) == 1:
        return {}
    try:
        return get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
    except RuntimeError:  # all trials have the same settings, so that no tree can split
        return {}


def _distribution(each: Dimension) -> "optuna.distributions.BaseDistribution":
    from optuna import distributions as kinds

    if each.kind == "choice":
        return kinds.CategoricalDistribution([json.dumps(value) for value in each.values])
    if each.kind == "int":
        low, high, step = (*each.values, 1)[:3]
        return kinds.IntDistribution(low, low + (high - low) // step * step, step=step)
    low, high = each.values
    return kinds.FloatDistribution(low, high, log=each.kind == "log")


def _told(trial: Trial, space: Sequence[Dimension]) -> "optuna.trial.FrozenTrial":
    from optuna.trial import TrialState, create_trial

    choices = {each.path for each in space if each.kind == "choice"}
    return create_trial(
        # What diverged is for Optuna one that was pruned at once, without a value: the worst.
        state=TrialState.COMPLETE if trial.state == "complete" else TrialState.PRUNED,
        value=trial.value if trial.state == "complete" else None,
        params={
            path: json.dumps(value) if path in choices else value
            for path, value in trial.settings.items()
        },
        distributions={each.path: _distribution(each) for each in space},
        intermediate_values=dict(enumerate(trial.values if trial.state != "diverged" else ())),
        user_attrs={_LABEL: trial.label},
    )


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Makes of an error of the storage one that says what to do."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (StorageInternalError, SQLAlchemyError, RuntimeError) as error:
        words = str(error).partition("\n")[0]
        raise RunError(
            f"{out / FILE}: cannot be used ({words}); delete it, and the same command makes it "
            "anew from trials/"
        ) from error
