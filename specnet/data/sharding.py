"""Which rows of a batch a process reads, so that all devices get equally many.

N  images of a split      B  images of a batch
"""

from typing import NamedTuple

import numpy as np


class Share(NamedTuple):
    """What one process of a training reads.

    Attributes:
        process: its number, from 0.
        processes: how many there are; they have equally many devices each.
        devices: those of all processes together.
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def missing(self, count: int) -> int:
        """Rows that a batch of `count` lacks for all devices to get equally many."""
        return -count % self.devices

    def of(self, rows: np.ndarray) -> np.ndarray:
        """This process's rows of a batch (B, ...), the last of which fills up what is missing."""
        padding = [(0, self.missing(len(rows)))] + [(0, 0)] * (rows.ndim - 1)
        return np.split(np.pad(rows, padding, "edge"), self.processes)[self.process]

    def weights(self, batch: int, count: int) -> np.ndarray:
        """Weights float32 of this process's rows of a batch, for exact means over a split.

        Rows that fill up count nothing. The others count a little more than 1, since Keras divides
        by all rows: (N + missing) / N where all batches but the last are full.

        Args:
            batch: B, images of this batch.
            count: N, images of the split.
        """
        whole = np.full(batch + self.missing(batch), (count + self.missing(count)) / count)
        whole[batch:] = 0
        return np.split(whole.astype(np.float32), self.processes)[self.process]
