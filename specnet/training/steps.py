"""What happens after each step of a training; Keras calls it."""

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import keras

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
        """Keras calls this after each step; `logs` are means over the steps of this process."""
        trainer, progress = self.trainer, self.trainer.progress
        logs = {key: float(value) for key, value in (logs or {}).items()}
        progress.step += 1
        if not math.isfinite(logs["loss"]):
            raise trainer.diverged("the loss")
        progress.logs = self._with_those_before(logs)
        now = time.monotonic()
        progress.seconds = self.seconds_before + now - self.started
        trainer.out.step(progress.epoch, progress.step, self.steps, progress.logs)
        due = now - self.saved > trainer.training.checkpoint_seconds
        if due or trainer.signals.received is not None:
            _ = self.model  # brings JAX's state back into the variables
            trainer.save()
            self.saved = now
        trainer.stop_if_asked()

    def _with_those_before(self, logs: Row) -> Row:
        """Means over the whole epoch, where another process did the first steps of it."""
        done = self.trainer.progress.step
        share = self.before / done
        return {
            key: value if not self.before else share * self.logs_before[key] + (1 - share) * value
            for key, value in logs.items()
        }
