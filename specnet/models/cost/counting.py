"""Operations of a whole model, layer by layer."""

from dataclasses import dataclass
from typing import Any

import keras

from specnet.models.cost.costs import Cost, Shape
from specnet.models.cost.spatial_layers import SPATIAL
from specnet.models.cost.spectral_layers import SPECTRAL

FORMULAS = SPATIAL | SPECTRAL
# A training step as multiples of a forward pass: the gradient of a product is two products.
TRAINING = 3


@dataclass(frozen=True)
class Count:
    """Operations of a forward pass of one image.

    Attributes:
        costs: layer -> what it does.
        unknown: layers that no formula is known for, `name (Class)`; `flops` is without them.
    """

    costs: dict[str, Cost]
    unknown: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Of all layers that are known."""
        return round(sum(cost.flops for cost in self.costs.values()))


def count(model: keras.Model) -> Count:
    """What a built model does to one image, layer by layer; all sizes but the batch are known."""
    costs: dict[str, Cost] = {}
    unknown: list[str] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.Model):
            inner = count(layer)
            costs |= {f"{layer.name}/{name}": cost for name, cost in inner.costs.items()}
            unknown += inner.unknown
            continue
        cost = layer_cost(layer)
        if cost is None:
            unknown.append(f"{layer.name} ({type(layer).__name__})")
        else:
            costs[layer.name] = cost
    return Count(costs, tuple(unknown))


def layer_cost(layer: keras.layers.Layer) -> Cost | None:
    """What a layer of a model does to one image; None where no formula is known."""
    formula = next((FORMULAS[kind] for kind in type(layer).__mro__ if kind in FORMULAS), None)
    if formula is None:
        return None
    before, after = _shape(layer.input), _shape(layer.output)
    return formula(layer, before, after)


def _shape(tensor: Any) -> Shape:
    """Without the batch; of several tensors, of the first."""
    first = tensor[0] if isinstance(tensor, list | tuple) else tensor
    return tuple(first.shape[1:])
