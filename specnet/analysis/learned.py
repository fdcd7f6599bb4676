"""What the layers of a model learned, in the units of the field.

How layers are asked. The maths of each value is its layer's or family's own.

K  transfer functions of a layer
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

_PARTS = {"cartesian": ("real", "imaginary"), "polar": ("magnitude", "phase")}


@dataclass(frozen=True)
class Learned:
    """What one layer learned.

    Attributes:
        layer: its name.
        kind: its class.
        values: name with its unit -> numbers; with `parts`, (2, K, ...), otherwise (n,).
        parts: what the first axis of filters means; empty for layers without filters.
    """

    layer: str
    kind: str
    values: dict[str, np.ndarray]
    parts: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        values = {name: value.tolist() for name, value in self.values.items()}
        return {"layer": self.layer, "kind": self.kind, "parts": self.parts, "values": values}


def learned(model: keras.Model) -> list[Learned]:
    """What each layer learned that has something to say, in the order of the model."""
    return [found for layer in model.layers if (found := learned_by(layer)).values]


def learned_by(layer: keras.layers.Layer) -> Learned:
    """What one layer learned; without values where it has nothing to say."""
    # A convolution of images holds the convolution of spectra that it evaluates.
    filters = getattr(layer, "convolution", layer)
    parts = _PARTS.get(getattr(filters, "form", ""), ())
    return Learned(layer.name, type(filters).__name__, getattr(layer, "learned", dict)(), parts)
