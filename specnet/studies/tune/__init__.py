"""Which settings of a recipe are best? Optuna chooses, trials are trained, validation tells.

    found = tune(plan("gratings-gaussian", ["training.optimizer.learning_rate=log(1e-4,1e-1)"]),
                 Path("ckpt/tune"), trials=20)
    found.best, found.sentences

`space` reads what is searched, `design` says what is asked, `study` goes through it all. Trials are
trained in processes of their own (`training`), which share Optuna's storage (`sampling`). `trial`
is one result, `results` and `figures` tell.
"""

from specnet.studies.engine.workers import Options
from specnet.studies.tune.design import TRIALS, Plan, plan
from specnet.studies.tune.space import is_dimension
from specnet.studies.tune.study import tune

__all__ = [
    "TRIALS",
    "Options",
    "Plan",
    "is_dimension",
    "plan",
    "tune",
]
