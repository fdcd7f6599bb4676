"""What views look at, and what they return."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np
from matplotlib.figure import Figure

from specnet.runs import Run


@dataclass(frozen=True)
class Subject:
    """A trained model and what to show of it.

    Attributes:
        run: where it was trained; `run.path.name` is its name in titles.
        model: the model, with its best weights.
        image: the image that features are shown of: uint8 (H, W, C); a signal (T, C) or a volume
            (D, H, W, C) is float32.
        normalized: the same as the model takes it: float32.
        layer: only this layer, by name; all of them if None.
    """

    run: Run
    model: keras.Model
    image: np.ndarray
    normalized: np.ndarray
    layer: str | None = None

    @property
    def rank(self) -> int:
        """Axes of what the model takes: 1 of signals, 2 of images, 3 of volumes."""
        return len(self.model.input_shape) - 2

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers to show, in the order of the model."""
        return [layer for layer in self.model.layers if self.layer in (None, layer.name)]


@dataclass(frozen=True)
class Picture:
    """One file to write.

    Attributes:
        name: of the file, without its ending, such as `filters-gaussian-1`.
        shows: what it shows, in a few words, for the table of what was written.
        figure: a still picture; or one for each frame of an animation.
    """

    name: str
    shows: str
    figure: Figure | tuple[Figure, ...]


View = Callable[[Subject], Iterator[Picture]]
