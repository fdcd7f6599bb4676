"""Whole jobs, from a recipe or a run directory to results: what the verbs do, for Python users too.

    trained = workflow.train(recipe.load("gratings-gaussian"), Path("ckpt/mine"))
    workflow.evaluate(trained.run, "test").accuracy

One file a job: the order of its steps, each of which belongs to a room below. A job is imported
when it is first asked for, so that `doctor` and `pictures` can answer before Keras is loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from specnet.workflow.common import load_normalization, open_model
    from specnet.workflow.convert_run import Converted, convert
    from specnet.workflow.export_run import Exported, export
    from specnet.workflow.inspect_run import draw, evaluate, learned
    from specnet.workflow.predict_images import Prediction, Predictor
    from specnet.workflow.prune_run import Pruning, save_pruned, weights_digest
    from specnet.workflow.recorded_recipe import changes_since, load_recipe
    from specnet.workflow.starting_weights import Start
    from specnet.workflow.train_recipe import Trained, train
    from specnet.workflow.visualize_run import Written, draw_views, visualize, visualize_pooling

__all__ = [
    "Converted",
    "Exported",
    "Prediction",
    "Predictor",
    "Pruning",
    "Start",
    "Trained",
    "Written",
    "changes_since",
    "convert",
    "draw",
    "draw_views",
    "evaluate",
    "export",
    "learned",
    "load_normalization",
    "load_recipe",
    "open_model",
    "save_pruned",
    "train",
    "visualize",
    "visualize_pooling",
    "weights_digest",
]
_JOBS = (
    *(
        "recorded_recipe",
        "common",
        "convert_run",
        "export_run",
        "inspect_run",
        "predict_images",
        "prune_run",
    ),
    *("starting_weights", "train_recipe", "visualize_run"),
)


def __getattr__(name: str) -> Any:
    """One of `__all__`, from the file of its job."""
    if name in __all__:
        for job in _JOBS:
            module = import_module(f"{__name__}.{job}")
            if getattr(vars(module).get(name), "__module__", "") == module.__name__:
                return vars(module)[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
