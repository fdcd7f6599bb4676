"""What the blocks of the field share: images to images by a function of them and of weights.

A kind in this folder gives the weights and the function; no names of recipes here.

    B  batch   C  channels   F  filters   H, W  height and width of the images, in pixels
"""

import random
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.layers.shapes import Length, Shape, check_image, check_seed
from specnet.layers.spectral_layer import ImageLayer, maths_dtype
from specnet.ops.compiled import compiled
from specnet.recipe.ranges import Seed

Tensor = Any
Weights = Mapping[str, Tensor]
Size = tuple[Length, Length]


class ImageBlock(ImageLayer):
    """Images to images by a function of them and of weights; a base class.

    Args:
        seed: of the initial weights; drawn if not given.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, F), where nothing else is said; F is C.
    """

    def __init__(self, seed: Seed | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = check_seed(seed)

    def initial_weights(
        self, rng: np.random.Generator, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """Weights to start from, by name, for C channels; H and W may be None: unknown."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def mapped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> (B, H, W, F), all in float32 or float64."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def takes_loops(self) -> bool:
        """Whether `looped` takes the place of `mapped` here; the same numbers up to rounding."""
        return False

    def looped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> (B, H, W, F) in float32, by `specnet.native`."""
        raise TypeError(f"{type(self).__name__} has no loops")

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is that of images, whose size may be unknown."""
        height, width, channels = check_image(self, input_shape, self.data_format)
        seed = random.randint(0, 2**31) if self.seed is None else self.seed
        initial = self.initial_weights(np.random.default_rng(seed), channels, (height, width))
        for name, value in initial.items():
            setattr(self, name, self.add_weight_from(name, value))
        axis = -1 if self.data_format == "channels_last" else 1
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={axis: channels})
        self._apply = compiled(self._in_full_precision)

    def computed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, H, W, F)."""
        wide = maths_dtype(self)
        weights = {weight.name: ops.cast(weight, wide) for weight in self.weights}
        return self.looped(images, weights) if self.takes_loops() else self._apply(images, weights)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """As the input, with F channels if the block has `filters`."""
        return *images[:3], getattr(self, "filters", images[3])

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "seed": self.seed}

    def _in_full_precision(self, images: Tensor, weights: Weights) -> Tensor:
        wide = ops.cast(images, maths_dtype(self))
        return ops.cast(self.mapped(wide, weights), self.compute_dtype)
