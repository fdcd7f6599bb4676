"""From a split to the batches of one epoch: order, augmentation, normalization. Imports Keras."""

import cv2
import keras
import numpy as np

from specnet.data.dataset import Split
from specnet.data.normalization import Normalization
from specnet.data.sharding import Share
from specnet.recipe.schema import Augment, Task

ORDER, AUGMENTATION = 0, 1  # streams of randomness that must not overlap


class Batches(keras.utils.PyDataset):
    """The batches of one epoch, for `model.fit(..., shuffle=False)`.

    A batch is a function of (seed, epoch, index) alone, whatever was read before and on however
    many threads, so an epoch resumed at `first_step` goes on with the batches it would have had.

    Args:
        split: images uint8 (N, H, W, C) and labels int (N,).
        class_count: K, the length of a one-hot row.
        task: what a network is to give for an image: its class, or the image itself.
        normalization: applied after the augmentation.
        batch_size: B; the last batch may be smaller, or is left out if `drop_remainder`.
        seed, epoch: 0 or more; together they choose the order and each image's augmentation.
        augment: None for images as they are.
        shuffle: False for the images in their order.
        first_step: batches of the epoch that are already done; item 0 is the next one.
        share: what to read of each batch, where several devices or processes take part. A smaller
            last batch is filled up for them, and all batches have weights then.
    """

    def __init__(
        self,
        split: Split,
        class_count: int,
        normalization: Normalization,
        batch_size: int,
        *,
        seed: int = 0,
        epoch: int = 0,
        augment: Augment | None = None,
        shuffle: bool = False,
        first_step: int = 0,
        drop_remainder: bool = False,
        task: Task = "classification",
        share: Share | None = None,
    ):
        super().__init__()
        self.split, self.normalization, self.batch_size = split, normalization, batch_size
        self.one_hot = np.eye(class_count, dtype=np.float32)
        self.first_step, self.task = first_step, task
        self.share = share or Share()
        self.weighted = self.share.devices > 1 and not drop_remainder
        count = len(split)
        self.steps = count // batch_size if drop_remainder else -(-count // batch_size)
        order = _random(seed, epoch, ORDER).permutation(count) if shuffle else np.arange(count)
        self.order: np.ndarray = order
        self.maps: np.ndarray | None = None
        if augment is not None:
            random = _random(seed, epoch, AUGMENTATION)
            self.maps = draw(augment, count, split.images.shape[1:], random)

    def __len__(self) -> int:
        return max(0, self.steps - self.first_step)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Return images float32 (B, H, W, C), and one-hot labels float32 (B, K) or the same images
        before they are normalized, in [0, 1]; with several devices, perhaps weights float32 (B,).
        """
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        start = (self.first_step + index) * self.batch_size
        rows = self.order[start : start + self.batch_size]
        batch = self._batch(self.share.of(rows))
        return (*batch, self.share.weights(len(rows), len(self.split))) if self.weighted else batch

    def _batch(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        images = self.split.images[rows]
        if self.maps is not None:
            images = warp(images, self.maps[rows])
        if self.task == "reconstruction":
            return self.normalization(images), images.astype(np.float32) / 255
        return self.normalization(images), self.one_hot[self.split.labels[rows]]


def _random(seed: int, epoch: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, epoch], counter=[0, 0, 0, stream]))


# B images of a batch, H height, W width, C channels
cv2.setNumThreads(1)  # threads take whole batches; more of them within one small image only wait


def draw(
    augment: Augment, count: int, shape: tuple[int, ...], random: np.random.Generator
) -> np.ndarray:
    """Draw an affine map for each of `count` images of `shape` (H, W, C).

    A map flips, then rotates about the centre, then shifts; it takes (x, y, 1) of a pixel to where
    that pixel goes.

    Returns:
        float64 (count, 2, 3).
    """
    shift = random.uniform(-augment.shift, augment.shift, (count, 2))
    angle = np.radians(random.uniform(-augment.rotate, augment.rotate, count))
    flip = np.where(augment.flip & (random.random(count) < 0.5), -1.0, 1.0)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos * flip, -sin], -1), np.stack([sin * flip, cos], -1)], -2)
    centre = np.array([shape[1] - 1, shape[0] - 1]) / 2
    move = centre + shift - turn @ centre
    return np.concatenate([turn, move[..., None]], axis=-1)


def warp(images: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Apply maps (B, 2, 3) to images, uint8 (B, H, W, C), reflected beyond their edges."""
    height, width, channels = images.shape[1:]
    warped = np.empty_like(images)
    # OpenCV has no axis for a single channel
    plane = (height, width) if channels == 1 else (height, width, channels)
    for source, target, matrix in zip(images, warped, maps, strict=True):
        cv2.warpAffine(
            source.reshape(plane),
            matrix,
            (width, height),
            dst=target.reshape(plane),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    return warped
