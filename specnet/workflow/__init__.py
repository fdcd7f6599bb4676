"""Whole jobs, from a recipe or a run directory to results: what the verbs do, for Python users too.

    trained = workflow.train(recipe.load("gratings-gaussian"), Path("ckpt/mine"))
    workflow.evaluate(trained.run, "test").accuracy

The order of steps, a job a file. Each step belongs to a module of its own.
"""

from specnet.workflow.common import load_normalization, load_recipe, open_model
from specnet.workflow.convert import Converted, convert
from specnet.workflow.look import draw, evaluate, learned
from specnet.workflow.prune import Pruning, save_pruned, weights_digest
from specnet.workflow.train import Start, Trained, changes_since, train
from specnet.workflow.visualize import Written, visualize, visualize_pooling

__all__ = [
    "Converted",
    "Pruning",
    "Start",
    "Trained",
    "Written",
    "changes_since",
    "convert",
    "draw",
    "evaluate",
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
