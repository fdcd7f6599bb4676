"""A trained network as studies of robustness see it: pixels in; classes, losses and gradients out.

What may go in here: what depends on Keras and its backend. Studies compute in NumPy.

    N  images      H, W  their height and width      C  channels      K  classes
"""

from collections.abc import Sequence

import keras
import numpy as np


class Classifier:
    """A model in eval mode (`training=False`), with the normalization of its images inside.

    Args:
        model: maps (N, H, W, C) to K scores.
        scale, offset: a number each, or one for each channel: the model sees pixel * scale + offset
            of pixels in [0, 1].
        batch_size: images that go through the model at once; smaller rests are filled up, so that
            every function is compiled for one shape only.
    """

    def __init__(
        self,
        model: keras.Model,
        scale: float | Sequence[float] = 1.0,
        offset: float | Sequence[float] = 0.0,
        batch_size: int = 64,
    ):
        raise NotImplementedError

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Logits, float32 (N, K)."""
        raise NotImplementedError

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Classes, int (N,)."""
        raise NotImplementedError

    def losses(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Cross-entropy of each image, float32 (N,)."""
        raise NotImplementedError

    def loss_gradient(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The gradient of each image's loss by its pixels, float32 (N, H, W, C)."""
        raise NotImplementedError
