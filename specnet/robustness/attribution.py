"""Which pixels and which frequencies of an image carry a classifier's decision.

Integrated gradients (Sundararajan et al. 2017) of the logarithm of a class's probability, from the
image's mean colour to the image. The sum over pixels, and the one over frequencies, is how much the
logarithm rises on that way.

    N  images      H, W  their height and width      C  channels
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.special import softmax

from specnet.robustness.band_study import RADII, low_passed
from specnet.robustness.classifier import Classifier

STEPS = 24  # gradients on the way, at the nodes of Gauss and Legendre


@dataclass(frozen=True)
class Attribution:
    """What carries the decision for one class.

    Attributes:
        image: (H, W, C), in [0, 1].
        label: the class, by number.
        probability: the model's, of that class.
        pixels: (H, W), contributions in nats, summed over channels.
        frequencies: (H, W), contributions in nats, in FFT order; v down, u to the right.
        radii: (R,), in cycles/pixel.
        low, high: (R,), the class's probability with the frequencies up to each radius alone, and
            with those above it alone.
    """

    image: np.ndarray
    label: int
    probability: float
    pixels: np.ndarray
    frequencies: np.ndarray
    radii: np.ndarray
    low: np.ndarray
    high: np.ndarray


def attribute(
    classifier: Classifier, image: np.ndarray, label: int, steps: int = STEPS
) -> Attribution:
    """What of an image (H, W, C) in [0, 1] makes the classifier choose the class `label`."""
    difference = image - image.mean((0, 1))
    gradient = _mean_gradient(classifier, image, difference, label, steps)
    radii = np.array(RADII)
    low = np.stack([low_passed(image[None], radius)[0] for radius in RADII])
    shares = softmax(classifier.scores(np.concatenate([image[None], low, image - low])), axis=1)
    of_class = shares[:, label]
    return Attribution(
        image=image,
        label=label,
        probability=float(of_class[0]),
        pixels=(difference * gradient).sum(-1),
        frequencies=_by_frequency(difference, gradient),
        radii=radii,
        low=of_class[1 : len(RADII) + 1],
        high=of_class[len(RADII) + 1 :],
    )


def _mean_gradient(
    classifier: Classifier, image: np.ndarray, difference: np.ndarray, label: int, steps: int
) -> np.ndarray:
    """(H, W, C): of the logarithm of the class's probability, over the way to the image."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    left = (1 - nodes) / 2  # of the way, at each node
    way = image - left[:, None, None, None] * difference
    losses = classifier.loss_gradient(way.astype("float32"), np.full(steps, label))
    return -np.tensordot(weights / 2, losses.astype("float64"), 1)


def _by_frequency(difference: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Parseval's sum of two images, (H, W, C) each, frequency by frequency: (H, W)."""
    spectra = (fft.fft2(each, axes=(0, 1)) for each in (difference, gradient))
    first, second = spectra
    products = (first.conj() * second).real.sum(-1)
    return products / (difference.shape[0] * difference.shape[1])
