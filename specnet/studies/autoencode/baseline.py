"""How much of what the spatial encoder learned could each family of filters be?

The kernels of the study's own baseline, fitted with every family; kept in `flexibility.json`, with
the training that they are of, so that it is done once.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from specnet import workflow
from specnet.errors import RunError
from specnet.models import builder
from specnet.progress import Reporter
from specnet.runs import Run
from specnet.studies.autoencode.design import SPATIAL
from specnet.studies.autoencode.flexibility import LayerKernels, flexibility, kernels_of, ladder
from specnet.studies.autoencode.trials import Trial
from specnet.studies.engine import store

Fits = list[dict[str, Any]]

FILE = "flexibility.json"


class _Kept(TypedDict):
    of: dict[str, Any]
    fits: Fits


KERNELS = 128  # of each layer


def baseline_fits(trials: Sequence[Trial], out: Path, kernels: int, reporter: Reporter) -> Fits:
    """What each family explains of the kernels of the spatial encoder; nothing without one.

    Args:
        trials: of the study; of several spatial ones the first counts.
        out: folder of the study, where the fits are kept.
        kernels: how many of each layer are fitted, at most; with 0 nothing is.
        reporter: is told which family is being fitted.
    """
    spatial = next((trial for trial in trials if trial.label == SPATIAL), None)
    if spatial is None or not kernels:
        return []
    of = {"run": spatial.path.name, "epochs": spatial.epochs, "kernels": kernels}
    fits = _kept(out / FILE, of)
    families = ladder()
    if len(fits) == len(families):
        return fits
    layers = _kernels(Run(spatial.path))
    for number, family in enumerate(families[len(fits) :], len(fits) + 1):
        reporter.part("kernels of the spatial encoder as filters", number, len(families))
        fits.append(flexibility(layers, family, kernels).as_dict())
        Run(out).write(FILE, json.dumps({"of": of, "fits": fits}, indent=2) + "\n")
    return fits


def _kept(file: Path, of: dict[str, Any]) -> Fits:
    """The fits that were made before, of the same kernels and in the order of `ladder`."""
    try:
        known = store.read_record(file, TypeAdapter(_Kept))
        return known["fits"] if known["of"] == of else []
    except RunError:  # not there yet, or to be made anew
        return []


def _kernels(run: Run) -> list[LayerKernels]:
    """The kernels of the encoder of a run."""
    recipe, model = workflow.open_model(run)
    encoder = {layer.name for layer in builder.build_network(recipe, "encoder").layers}
    return kernels_of(layer for layer in model.layers if layer.name in encoder)
