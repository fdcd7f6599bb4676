"""What this machine must at least spend on a spectral network, part by part.

Formulas from a built subject to seconds, with the peaks of `machine_peaks.py`. A network of spatial
convolutions has no floor here, nor has a layer that `specnet.models.cost` does not know.

    B  batch   V, U  rows and columns of a half spectrum
"""

from dataclasses import dataclass
from math import prod

import keras

from specnet.layers import LearnedSpectralPooling
from specnet.layers.pooling import SpectralResampling
from specnet.layers.spatial import SPATIAL_CONVOLUTIONS
from specnet.models import cost as flops
from specnet.ops.grids import half_width
from specnet.studies.bench import machine_peaks
from specnet.studies.bench.machine_peaks import Rates
from specnet.studies.bench.workloads import Built, is_spectral

_FLOAT = 4  # bytes
# A hidden layer keeps nothing: it is computed once forward, and once more for its two gradients.
_NETWORK_PASSES, _LAYER_PASSES = 4, 3
# Two small matrices do the same as their transforms, and at usual sizes cost less.
_WITHOUT_TRANSFORMS = (SpectralResampling, LearnedSpectralPooling)


@dataclass(frozen=True)
class Floor:
    """Seconds of a training step of a network, or of forward and backward through a layer.

    Attributes:
        transforms: the Fourier transforms, forward and (but for a network's first) backward.
        traffic: bytes that must come from memory or go there, at the rate of a copy.
        arithmetic: pointwise operations, at the rate of multiply-adds: forward, and three times
            that for the backward pass of a network (again, and two gradients), twice of a layer.
        head: the three matrix products of each dense layer.
    """

    transforms: float
    traffic: float
    arithmetic: float
    head: float

    @property
    def total(self) -> float:
        """All parts, one after the other."""
        return self.transforms + self.traffic + self.arithmetic + self.head


def floor_of(built: Built, measured: Rates) -> Floor | None:
    """The floor of a subject; None where it has none."""
    found = flops.count(built.model)
    spatial = any(isinstance(layer, SPATIAL_CONVOLUTIONS) for layer in built.model.layers)
    if found.unknown or spatial or not is_spectral(built.model):
        return None
    dense = {each.name for each in _dense(built.model)}
    pointwise = sum(cost.arithmetic for name, cost in found.costs.items() if name not in dense)
    passes = _NETWORK_PASSES if built.subject.kind == "recipe" else _LAYER_PASSES
    return Floor(
        transforms=_transforms(built, found),
        traffic=traffic(built) / measured.copied,
        arithmetic=passes * built.batch * pointwise / measured.multiplied,
        head=sum(_head(built, layer) for layer in _dense(built.model)),
    )


def traffic(built: Built) -> int:
    """Bytes that must be read and written.

    Of a network: its images, read once; the spectrum of the first transform, written once and read
    for the backward pass; weights, read forward, read backward, and read and written with all that
    the optimizer keeps. Of a layer: input and output forward, both gradients backward, the input
    read again where there are weights, and the weights and their gradients.
    """
    weights = sum(prod(each.shape) for each in built.model.trainable_variables)
    before, after = (prod(tensor.shape) for tensor in (built.inputs, built.noise))
    if built.subject.kind == "layer":
        return _FLOAT * (2 * after + (3 if weights else 2) * before + 2 * weights)
    optimizer = built.model.optimizer
    optimizer.build(built.model.trainable_variables)
    kept = sum(prod(each.shape) for each in optimizer.variables)
    return _FLOAT * (before + 2 * _first_spectrum(built) + 2 * weights + 2 * (weights + kept))


def _first_spectrum(built: Built) -> int:
    """Numbers of the spectra (B, 2, planes, V, U) of the first transform of a network."""
    for cost in flops.count(built.model).costs.values():
        for each in cost.transforms[:1]:
            return 2 * built.batch * each.planes * each.size[0] * half_width(each.size[1])
    return 0


def _transforms(built: Built, found: flops.Count) -> float:
    """Images have no gradient in a training: a network's first transform has no way back."""
    by_matrix = {e.name for e in built.model.layers if isinstance(e, _WITHOUT_TRANSFORMS)}
    costs = [cost for name, cost in found.costs.items() if name not in by_matrix]
    every = [each for cost in costs for each in cost.transforms]
    seconds = [machine_peaks.transform(built.batch * each.planes, each.size) for each in every]
    once = seconds[0] if seconds and built.subject.kind == "recipe" else 0.0
    return 2 * sum(seconds) - once


def _dense(model: keras.Model) -> list[keras.layers.Dense]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def _head(built: Built, layer: keras.layers.Dense) -> float:
    rows = built.batch * prod(layer.input.shape[1:-1])
    return machine_peaks.products(rows, layer.input.shape[-1], layer.units)
