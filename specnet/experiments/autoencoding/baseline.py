"""How much of what the spatial encoder learned could each family of filters be?

The kernels of the study's own baseline, fitted with every family; kept in `flexibility.json`, with
the training that they are of, so that it is done once.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from specnet import evaluation, models, workflow
from specnet.experiments.autoencoding.networks import SPATIAL
from specnet.experiments.autoencoding.trials import Trial
from specnet.experiments.flexibility import LayerKernels, flexibilities, kernels_of, ladder
from specnet.reporting import Reporter
from specnet.runs import Run

Fits = list[dict[str, Any]]

FILE = "flexibility.json"
KERNELS = 128  # of each layer


def baseline_fits(
    trials: Sequence[Trial], out: Path, kernels: int, reporter: Reporter
) -> Fits | None:
    """What each family explains of the kernels of the spatial encoder; None without one.

    Args:
        trials: of the study; of several spatial ones the first counts.
        out: folder of the study, where the fits are kept.
        kernels: how many of each layer are fitted, at most.
        reporter: is told which family is being fitted.
    """
    spatial = next((trial for trial in trials if trial.label == SPATIAL), None)
    if spatial is None:
        return None
    of = {"run": spatial.path.name, "epochs": spatial.epochs, "kernels": kernels}
    known = _kept(out / FILE)
    if known.get("of") == of:
        return known["fits"]
    layers = _kernels(Run(spatial.path))
    fits = []
    for number, found in enumerate(flexibilities(layers, kernels=kernels), 1):
        fits.append(found.as_dict())
        reporter.wait(f"kernels as filters: {number} of {len(ladder())} families")
    Run(out).write(FILE, json.dumps({"of": of, "fits": fits}, indent=2) + "\n")
    return fits


def _kept(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):  # not there yet, or to be made anew
        return {}


def _kernels(run: Run) -> list[LayerKernels]:
    """The kernels of the encoder of a run."""
    recipe = workflow.load_recipe(run)
    model = evaluation.load_model(run, recipe, recipe.data.image_size)
    encoder = {layer.name for layer in models.build_network(recipe, "encoder").layers}
    return kernels_of(layer for layer in model.layers if layer.name in encoder)
