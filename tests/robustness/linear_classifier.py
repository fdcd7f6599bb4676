"""A classifier whose every answer is known in closed form: scores are x W + b."""

import keras
import numpy as np

from specnet.robustness import Classifier


def linear_classifier(size, classes=2, seed=0, scale=1.0, offset=0.0, batch_size=8):
    """The classifier, its W (H, W, C, K) and its b (K,); `size` is (H, W, C)."""
    rng = np.random.default_rng(seed)
    model = keras.Sequential(
        [keras.Input(size), keras.layers.Flatten(), keras.layers.Dense(classes)]
    )
    weights = rng.normal(size=(np.prod(size), classes)).astype("float32") / np.sqrt(np.prod(size))
    bias = rng.normal(size=classes).astype("float32") / 10
    model.layers[-1].set_weights([weights, bias])
    classifier = Classifier(model, scale, offset, batch_size)
    return classifier, weights.reshape(*size, classes), bias


def grey_images(count, size, seed=1):
    """Pixels from 0.4 to 0.6, so that small changes stay in the range of pixels."""
    return np.random.default_rng(seed).uniform(0.4, 0.6, (count, *size)).astype("float32")
