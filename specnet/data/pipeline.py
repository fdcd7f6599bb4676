"""From a split to the batches of one epoch: order, augmentation, normalization. Imports Keras."""

import keras
import numpy as np

from specnet.data.augmentation import cut_out, draw_holes, draw_maps, warp
from specnet.data.dataset import Split
from specnet.data.mixup import draw_mix
from specnet.data.normalization import Normalization
from specnet.data.sharding import Share
from specnet.recipe.schema import Augment, Task

# Streams of randomness that must not overlap.
ORDER, AUGMENTATION, FLIPS, MIXING = range(4)


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
        self.seed, self.epoch, self.augment = seed, epoch, augment
        self.maps: np.ndarray | None = None
        if augment is not None:
            shape, random = split.images.shape[1:], _random(seed, epoch, AUGMENTATION)
            mirrored = self._mirrored(count) if augment.flip == "alternating" else None
            maps = draw_maps(augment, count, shape, random, mirrored)
            self.maps = maps if augment.moves else None
            self.holes = draw_holes(augment, count, shape, random)

    def __len__(self) -> int:
        return max(0, self.steps - self.first_step)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        """Return images float32 (B, H, W, C), and one-hot labels float32 (B, K) or the same images
        before they are normalized, in [0, 1]; with several devices, perhaps weights float32 (B,).
        """
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        number = self.first_step + index
        rows = self.order[number * self.batch_size : (number + 1) * self.batch_size]
        if self.augment is not None and self.augment.mixes:
            batch = self._mixed(self.augment, rows, number)
        else:
            batch = self._read(self.share.of(rows))
        return (*batch, self.share.weights(len(rows), len(self.split))) if self.weighted else batch

    def _mirrored(self, count: int) -> np.ndarray:
        """Which images this epoch mirrors, bool (N,): those that the one before did not."""
        at_first = _random(self.seed, 0, FLIPS).random(count) < 0.5
        return at_first ^ bool(self.epoch % 2)

    def _read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        images = self.split.images[rows]
        if self.augment is not None and self.maps is not None:
            images = warp(images, self.maps[rows], self.augment.fill)
        inputs = self.normalization(images)
        if self.augment is not None and self.augment.cutout:
            cut_out(inputs, self.holes[rows], self.augment.cutout)
        if self.task == "reconstruction":
            return inputs, images.astype(np.float32) / 255
        return inputs, self.one_hot[self.split.labels[rows]]

    def _mixed(
        self, augment: Augment, rows: np.ndarray, number: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mix each image with the one before it in the whole batch, whoever reads which part."""
        random = _random(self.seed, self.epoch, MIXING, number)
        mix = draw_mix(augment, self.split.images.shape[1:3], random)
        before = self.share.of(np.roll(rows, 1))[:1]
        images, targets = self._read(np.concatenate([before, self.share.of(rows)]))
        mix_targets = mix.means if self.task == "classification" else mix.images
        return mix.images(images), mix_targets(targets)


def _random(seed: int, epoch: int, stream: int, batch: int = 0) -> np.random.Generator:
    key = [seed, epoch]
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, batch, stream]))
