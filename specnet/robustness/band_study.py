"""Accuracy on the low and on the high frequencies of images alone.

Wang et al. 2020, "High-frequency component helps explain the generalization of convolutional neural
networks" (arXiv 1905.13545): LFC(r) holds the frequencies up to a radius r, HFC(r) those above it.

    N  images      H, W  their height and width      C  channels
"""

from dataclasses import dataclass

import numpy as np
from scipy import fft

from specnet.ops.grids import radius_grid
from specnet.robustness.classifier import Classifier
from specnet.robustness.study import Outcome, Setting, check_options, coarse_first, is_size

# Cycles/pixel. Images have most of their energy below 0.1; nothing is above sqrt(1/2).
RADII = (0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.71)


@dataclass(frozen=True)
class Bands:
    """Accuracy on low- and on high-passed images at each radius.

    Settings have `band` ("low" or "high") and `radius`, in cycles/pixel. The images are not clipped
    to the range of pixels, so that LFC + HFC = image, and a band has no frequencies of another; a
    high-passed image has mean 0, which is black, and negative pixels.

    Args:
        radii: in cycles/pixel, 0 or more.
    """

    radii: tuple[float, ...] = RADII
    name: str = "bands"

    def __post_init__(self) -> None:
        check_options(self.name, "radii", self.radii, is_size, "cycles/pixel, 0 or more")

    def settings(self, size: tuple[int, int]) -> list[Setting]:
        """Both bands at each radius: ends and middle first."""
        return [
            {"band": band, "radius": float(radius)}
            for radius in coarse_first(self.radii)
            for band in ("low", "high")
        ]

    def measure(
        self,
        classifier: Classifier,
        images: np.ndarray,
        labels: np.ndarray,
        setting: Setting,
        seed: int,
    ) -> Outcome:
        """See `Study`."""
        low = low_passed(images, float(setting["radius"]))
        shown = low if setting["band"] == "low" else images - low
        return Outcome(classifier.predict(shown) == labels)


def low_passed(images: np.ndarray, radius: float) -> np.ndarray:
    """LFC: the frequencies up to a radius in cycles/pixel; HFC is the rest, `images` less these.

    (N, H, W, C) -> the same shape and dtype; the disc has a hard edge, and bins on it stay.
    """
    size = images.shape[1:3]
    kept = radius_grid(*size) <= radius + 1e-6  # whichever way the radius was rounded
    spectra = fft.rfft2(images, axes=(1, 2)) * kept[:, :, None]
    return fft.irfft2(spectra, s=size, axes=(1, 2)).astype(images.dtype, copy=False)
