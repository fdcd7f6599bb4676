"""What an autoencoder makes of images: how near they come back, as plain numbers and as pictures.

B  batch   H, W  height and width in pixels   C  channels
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
import numpy as np

from specnet.data import Dataset, Normalization, check_not_empty
from specnet.data.pipeline import Batches

WINDOW = 11  # pixels of SSIM's Gaussian window


@dataclass(frozen=True)
class Reconstruction:
    """How near the images of a split come back.

    `mse` is of pixels in [0, 1]. `ssim` is the mean structural similarity (Wang et al. 2004, with
    their Gaussian window), None for images smaller than the window.
    """

    split: str
    image_size: tuple[int, int]
    images: int
    loss: float
    mse: float
    ssim: float | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def evaluate(
    model: keras.Model,
    dataset: Dataset,
    split: Literal["train", "validation", "test"],
    normalization: Normalization,
    batch_size: int,
) -> Reconstruction:
    """Measures a compiled autoencoder on one split of a dataset, a batch at a time."""
    check_not_empty(dataset, split)
    images = getattr(dataset, split)
    batches = Batches(
        images, 0, normalization, batch_size=batch_size, shuffle=False, task="reconstruction"
    )
    sums = np.zeros(3)
    for number in range(len(batches)):
        inputs, targets = batches[number]
        outputs = np.asarray(model.predict_on_batch(inputs), "float32")
        loss = float(model.compute_loss(y=targets, y_pred=outputs))
        similarities = [similarity(*pair) for pair in zip(targets, outputs, strict=True)]
        sums += len(targets) * np.array(
            [loss, np.square(targets - outputs).mean(), np.mean(similarities)]
        )
    loss, mse, ssim = (float(value) for value in sums / len(images))
    size = images.images.shape[1:3]
    return Reconstruction(
        split, size, len(images), loss, mse, ssim if min(size) >= WINDOW else None
    )


def similarity(image: np.ndarray, other: np.ndarray) -> float:
    """SSIM of two images (H, W, C) in [0, 1]; NaN where they are smaller than its window."""
    from skimage.metrics import structural_similarity

    if min(image.shape[:2]) < WINDOW:
        return float("nan")
    value = structural_similarity(
        image,
        other,
        data_range=1,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(value)


def reconstructed(
    model: keras.Model, images: np.ndarray, normalization: Normalization
) -> np.ndarray:
    """Images uint8 (B, H, W, C) as they come back: float32 (B, H, W, C), in [0, 1]."""
    return np.asarray(model.predict_on_batch(normalization(images)), "float32").clip(0, 1)
