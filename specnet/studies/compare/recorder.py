"""What a trial of a comparison notes as it trains: the loss of each step, and memory.

    running/KEY.losses   the loss of each step, float64, as soon as it is known

So a trial that was stopped goes on from its checkpoint with the losses of the steps before it.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from specnet.errors import RunError
from specnet.studies.engine.memory import forget_peak, mapped, peak, resident
from specnet.studies.engine.resuming import START, Follower, Position

_DTYPE = "<f8"


class Recorder(Follower):
    """Keeps the loss of each step and the peak of memory.

    Args:
        scratch: the run directory of the trial; the losses are next to it.
        epochs: of the training.

    Attributes:
        losses: of each step since the first.
        peak: bytes of the last epoch above what the process held before.
    """

    def __init__(self, scratch: Path, epochs: int):
        super().__init__(scratch, epochs)
        self._kept = scratch.with_name(f"{scratch.name}.losses")
        self.begin(START)

    def begin(self, at: Position) -> bool:
        """False where all epochs are done: the memory of a step is no longer to be seen."""
        self.losses: list[float] = []
        self.peak = 0
        self._current, self._before = -1, 0  # an epoch, and its steps that were told before
        self._total = 0.0  # their loss, summed
        self._held = resident() - mapped()
        return super().begin(at) and at[0] < self.epochs

    def step(self, epoch: int, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """Keras says the mean over the epoch so far; a step's own loss is what it added to that.

        Of several steps at once it is their mean.

        Raises:
            RunError: where losses of steps before a stop are lost.
        """
        if not self.begun:
            self._go_on(steps)
        if epoch != self._current:
            self._enter(epoch, 0)
        total = logs["loss"] * step
        several = step - self._before
        self._note([(total - self._total) / several] * several)
        self._before, self._total = step, total
        if epoch == self.epochs - 1 and step == steps:
            self.peak = max(peak() - mapped() - self._held, 0)
        super().step(epoch, step, steps, logs)

    def epoch(self, row: Mapping[str, float]) -> None:
        """RunError where no step of the last epoch was left, whose memory could be seen."""
        if row["epoch"] == self.epochs and not self.begun:
            raise RunError(f"{self._kept}: no step is left whose memory could be seen; train anew")

    def _go_on(self, steps: int) -> None:
        """Takes the losses of before, without those of steps that are done again."""
        epoch, step = self.at
        if done := epoch * steps + step:
            with suppress(OSError):
                self.losses = np.fromfile(self._kept, _DTYPE)[:done].tolist()
            if len(self.losses) < done:
                raise RunError(f"{self._kept}: lacks steps before {done}; train anew")
        with suppress(OSError):  # a full disk is told by what is kept
            self._kept.write_bytes(np.array(self.losses, _DTYPE).tobytes())
        if step:
            self._enter(epoch, step)

    def _enter(self, epoch: int, step: int) -> None:
        """An epoch begins, or goes on after a step of it."""
        self._current, self._before = epoch, step
        self._total = sum(self.losses[-step:]) if step else 0.0
        if epoch == self.epochs - 1:
            forget_peak()

    def _note(self, losses: list[float]) -> None:
        self.losses += losses
        with suppress(OSError), self._kept.open("ab") as file:
            file.write(np.array(losses, _DTYPE).tobytes())
