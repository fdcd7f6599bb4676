"""Batches that are read while a device is busy with those before them."""

from concurrent.futures import Future, ThreadPoolExecutor

import keras
import numpy as np

from specnet.data.pipeline import Batches

Batch = tuple[np.ndarray, ...]


class ReadAhead(keras.utils.PyDataset):
    """The same batches in the same order, read by threads before they are asked for.

    Keras's own `workers` rotate the order of the first epoch on JAX: they lose count where it looks
    at the first batch to build a model, and begins again.

    Args:
        batches: what is read; its items must not depend on each other.
        workers: threads. Twice as many batches are kept waiting.
    """

    def __init__(self, batches: Batches, workers: int = 1):
        super().__init__()
        self.batches, self.ahead = batches, 2 * workers
        self.threads = ThreadPoolExecutor(workers, thread_name_prefix="read-ahead")
        self.waiting: dict[int, Future[Batch]] = {}

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch:
        """As of the batches themselves; also out of order, which only costs time."""
        if not 0 <= index < len(self):
            return self.batches[index]  # says what is wrong
        wanted = range(index, min(index + self.ahead + 1, len(self)))
        self.waiting = {
            each: self.waiting.get(each) or self.threads.submit(self.batches.__getitem__, each)
            for each in wanted
        }
        return self.waiting.pop(index).result()
