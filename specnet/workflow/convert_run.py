"""From a run directory to an equal one made of other layers: what `specnet convert` does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet import recipe as recipes
from specnet.errors import UsageError
from specnet.models import builder, conversion
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.training import weights
from specnet.workflow.common import layer_names, open_model


@dataclass(frozen=True)
class Converted:
    """A run that computes what another does: the layers of that one which it says otherwise, and
    the largest difference of the outputs for 16 images of white noise."""

    run: Run
    layers: list[str]
    difference: float


def convert(run: Run, to: conversion.Form, wanted: Path) -> Converted:
    """Writes a run that computes the same with other layers, into `wanted` or the next free name.

    Raises:
        UsageError: where the run has no layer to convert.
    """
    recipe, model = open_model(run)
    layers = conversion.convertible(model, to)
    if not layers:
        raise UsageError(f"--to {to}: {run.path} has no layer to convert; {conversion.WHAT[to]}")
    rewritten = _rewritten(recipe, layers, to)
    twin = builder.build(rewritten)
    twin.set_weights(conversion.convert_model(model, to).get_weights())
    shape = (16, *recipe.data.image_size, recipe.data.channels)
    images = np.random.default_rng(0).normal(size=shape).astype("float32")
    difference = conversion.largest_difference(model, twin, images)
    made = Run.create(wanted)
    with made.locked():
        origin: dict[str, Any] = {"status": "running", "converted_from": str(run.path)}
        origin |= {"layers": layer_names(twin), "parameters": twin.count_params()}
        made.begin(recipes.dump(rewritten), **run.facts() | origin)
        weights.save(made, weights.BEST, twin)
        made.describe(status="converted")
    return Converted(made, [layer.name for layer in layers], difference)


def _rewritten(recipe: Recipe, layers: list[keras.layers.Layer], to: conversion.Form) -> Recipe:
    if to == "frozen":
        found = [{"strides": layer.freeze().strides, "frozen": True} for layer in layers]
        return recipes.specialised(recipe, "learned_spectral_pooling", found)
    names = ("conv2d", "spectral_kernel_conv2d")
    return recipes.renamed(recipe, *(names if to == "spectral" else names[::-1]))
