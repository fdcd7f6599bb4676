"""The filters of a run through its epochs: one small file an epoch, `filters/epoch-0003.npz`.

Epoch 0 is the start. A file holds the weights that filters are made of under `layer/weight`, the
names that the recipe's layers get, so that they fit a model that is built from the recipe again.
Which weights these are, and the files. How they look is in `plots`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import keras
import numpy as np

from specnet.errors import RunError
from specnet.layers.base import SpectralConvolution
from specnet.layers.global_filter import GlobalFilter
from specnet.layers.image_convolution import ImageConvolution
from specnet.layers.learned_pooling import LearnedSpectralPooling
from specnet.layers.pass_bands import PassBand
from specnet.layers.spatial import SPATIAL_CONVOLUTIONS
from specnet.runs import Run, arrays
from specnet.runs.files import MIB, listed

_LARGEST_FILE = 128 * MIB  # filters of an epoch
LARGEST = 200_000
"""Numbers of one layer's filters that are kept an epoch; layers that have more are left out."""


@dataclass(frozen=True)
class Snapshot:
    """The filters of a model after an epoch.

    Attributes:
        epoch: epochs that were finished; 0 is the start.
        weights: `layer/weight` -> array, as in the model.
    """

    epoch: int
    weights: Mapping[str, np.ndarray] = field(repr=False)


def save(run: Run, epoch: int, model: keras.Model) -> None:
    """Keeps the filters of a model after `epoch` epochs; nothing if no layer of it has any.

    Raises:
        RunError: where the file cannot be written.
    """
    kept = {name: keras.ops.convert_to_numpy(weight) for name, weight in _kept(model).items()}
    if kept:
        run.write(f"filters/epoch-{epoch:04d}.npz", arrays.packed(kept))


def load(run: Run, model: keras.Model | None = None) -> list[Snapshot]:
    """All that was kept, by epoch; none of a run that is older than this or has no filters.

    Args:
        run: where they are kept.
        model: whose filters they are; without it, files are as large as any model's at most.

    Raises:
        RunError: where a file is damaged, or the folder cannot be read.
    """
    largest = _LARGEST_FILE
    if model is not None:
        kept = _kept(model)
        largest = MIB + sum(8 * int(np.prod(weight.shape)) for weight in kept.values())
    found = {
        int(match[1]): file.name
        for file in listed(run.path / "filters", "*.npz")
        if (match := re.fullmatch(r"epoch-(\d{1,9})\.npz", file.name))
    }
    return [
        Snapshot(epoch, _read(run, f"filters/{name}", largest))
        for epoch, name in sorted(found.items())
    ]


@contextmanager
def restored(model: keras.Model, snapshot: Snapshot) -> Iterator[None]:
    """Lets the model have the filters of a snapshot, and gives it its own back afterwards.

    Layers that the snapshot leaves out keep their own: older versions kept fewer kinds.

    Raises:
        RunError: where the snapshot belongs to a model of other layers.
    """
    weights = {name: each for name, each in _kept(model).items() if name in snapshot.weights}
    before = {name: keras.ops.convert_to_numpy(weight) for name, weight in weights.items()}
    if _shapes(before) != _shapes(snapshot.weights):
        raise RunError(
            f"epoch {snapshot.epoch}: the filters that were kept belong to other layers; was the "
            "package updated since? Train anew"
        )
    try:
        _assign(weights, snapshot.weights)
        yield
    finally:
        _assign(weights, before)


def left_out(model: keras.Model) -> dict[str, int]:
    """Layers whose filters are too many to keep, and how many numbers they have."""
    counts = {name: _count(holder) for name, holder in _holders(model).items()}
    return {name: count for name, count in counts.items() if count > LARGEST}


def _holders(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """Layer name -> the layer that owns the weights of its filters; those with such weights."""
    spectral = (SpectralConvolution, GlobalFilter, PassBand, LearnedSpectralPooling)
    kinds = (*spectral, *SPATIAL_CONVOLUTIONS)
    # A convolution of images holds the convolution of spectra that it evaluates.
    found = {
        layer.name: layer.convolution if isinstance(layer, ImageConvolution) else layer
        for layer in model.layers
        if isinstance(layer, (ImageConvolution, *kinds))
    }
    return {name: holder for name, holder in found.items() if holder.weights}


def _kept(model: keras.Model) -> dict[str, keras.Variable]:
    return {
        f"{name}/{weight.name}": weight
        for name, holder in _holders(model).items()
        if _count(holder) <= LARGEST
        for weight in holder.weights
    }


def _count(layer: keras.layers.Layer) -> int:
    return sum(int(np.prod(weight.shape)) for weight in layer.weights)


def _shapes(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}


def _assign(weights: Mapping[str, keras.Variable], values: Mapping[str, np.ndarray]) -> None:
    for name, weight in weights.items():
        weight.assign(values[name])


def _read(run: Run, name: str, largest: int) -> dict[str, np.ndarray]:
    content = run.read_bytes(name, largest)
    try:
        return arrays.unpacked(content)
    except ValueError as error:
        raise RunError(
            f"{run.path / name}: is damaged ({error}); delete it, and the other epochs are shown"
        ) from error
