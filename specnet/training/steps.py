"""What happens after each step of a training, or after several at once; Keras calls it."""

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras

from specnet import processes
from specnet.reporting import Row

if TYPE_CHECKING:
    from specnet.training.trainer import Trainer

Logs = Mapping[str, float]


class Steps(keras.callbacks.Callback):
    """Follows the steps of one epoch: progress, divergence, timed checkpoints, signals."""

    def __init__(self, trainer: "Trainer", steps: int):
        super().__init__()
        self.trainer, self.steps = trainer, steps
        self.before = trainer.progress.step
        self.logs_before = dict(trainer.progress.logs)
        self.seconds_before = trainer.progress.seconds
        self.started = self.saved = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Keras calls this after `steps_per_execution` steps, or those that are left.

        `batch` is the number of the last of them if none is missing, and `logs` are means over the
        steps since this training began or was resumed.
        """
        trainer, progress = self.trainer, self.trainer.progress
        logs = {key: float(value) for key, value in (logs or {}).items()}
        progress.step = min(self.before + batch + 1, self.steps)
        if not math.isfinite(logs["loss"]):
            raise trainer.diverged("the loss")
        progress.logs = self._with_those_before(logs)
        now = time.monotonic()
        progress.seconds = self.seconds_before + now - self.started
        trainer.out.step(progress.epoch, progress.step, self.steps, progress.logs)
        waited = now - self.saved > trainer.training.checkpoint_seconds
        # Processes that train together must do the same: each step waits for all of them.
        due, signal = processes.largest(waited, trainer.signals.received or 0)
        if due or signal:
            _ = self.model  # brings JAX's state back into the variables
            trainer.save()
            self.saved = now
        trainer.stop(signal)

    def _with_those_before(self, logs: Row) -> Row:
        """Means over the whole epoch, where another process did the first steps of it."""
        done = self.trainer.progress.step
        share = self.before / done
        return {
            key: value if not self.before else share * self.logs_before[key] + (1 - share) * value
            for key, value in logs.items()
        }
