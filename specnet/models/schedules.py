"""Learning rates that change with the step: Keras's schedules, and two that it has not."""

import math
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import (
    CosineDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)

from specnet.recipe.optimization import CosineSchedule, OneCycleSchedule, PiecewiseSchedule
from specnet.recipe.schema import Training


@keras.saving.register_keras_serializable("specnet")
class OneCycle(LearningRateSchedule):
    """A rate that rises to its peak and falls again.

    Args:
        peak: the largest rate.
        steps: of the whole training; the rate stays at its end afterwards.
        rise: share of the steps up to the peak, in (0, 1).
        start, end: shares of the peak in step 0 and in step `steps`.
        shape: `cosine`, or `linear`.
    """

    def __init__(self, peak: float, steps: int, rise: float, start: float, end: float, shape: str):
        self.peak, self.steps, self.rise = peak, steps, rise
        self.start, self.end, self.shape = start, end, shape

    def __call__(self, step: Any) -> Any:
        """The rate in a step, counted from 0."""
        passed = ops.cast(step, keras.config.floatx())
        top = self.rise * self.steps
        up = self._eased(passed / top)
        down = self._eased((passed - top) / (self.steps - top))
        return self.peak * (self.start + (1 - self.start) * up - (1 - self.end) * down)

    def _eased(self, share: Any) -> Any:
        share = ops.clip(share, 0.0, 1.0)
        return share if self.shape == "linear" else (1 - ops.cos(math.pi * share)) / 2

    def get_config(self) -> dict[str, Any]:
        """All arguments."""
        names = ("peak", "steps", "rise", "start", "end", "shape")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("specnet")
class WarmUp(LearningRateSchedule):
    """Another schedule whose rates first rise from 0, evenly over `steps`."""

    def __init__(self, schedule: LearningRateSchedule, steps: int):
        self.schedule, self.steps = schedule, steps

    def __call__(self, step: Any) -> Any:
        """The rate in a step, counted from 0."""
        rate = self.schedule(step)
        return rate * ops.minimum(ops.cast(step, rate.dtype) / self.steps, 1)

    def get_config(self) -> dict[str, Any]:
        """All arguments, the schedule as Keras writes it."""
        schedule = keras.optimizers.schedules.serialize(self.schedule)
        return {"schedule": schedule, "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """What `get_config` gave."""
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["steps"])


def by_step(training: Training, steps: int) -> LearningRateSchedule | float:
    """The learning rate of a training whose schedule is a mapping.

    Args:
        training: its epochs, its learning rate, and how that changes.
        steps: of an epoch.
    """
    rate, said = training.optimizer.learning_rate, training.optimizer.schedule
    assert not isinstance(said, str)
    total = steps * training.epochs
    if isinstance(said, OneCycleSchedule):
        return OneCycle(rate, total, said.rise, said.start, said.end, said.shape)
    warmup = min(round(said.warmup * steps), total - 1)
    if isinstance(said, CosineSchedule):
        return _cosine(rate, said.end, warmup, total)
    if isinstance(said, PiecewiseSchedule):
        return _piecewise(rate, said, warmup, steps, total)
    return PolynomialDecay(0.0, warmup, rate) if warmup else rate


def _cosine(rate: float, end: float, warmup: int, total: int) -> LearningRateSchedule:
    if not warmup:
        return CosineDecay(rate, total, end)
    return CosineDecay(0.0, total - warmup, end, warmup_target=rate, warmup_steps=warmup)


def _piecewise(
    rate: float, said: PiecewiseSchedule, warmup: int, steps: int, total: int
) -> LearningRateSchedule:
    # Keras has the old rate in the step of a boundary too. One behind the last step never comes.
    last = min(total, 2**31 - 1)
    boundaries = [min(round(epochs * steps) - 1, last) for epochs in said.epochs]
    rates = [rate, *(rate * factor for factor in said.factors)]
    schedule = PiecewiseConstantDecay(boundaries, rates)
    return WarmUp(schedule, warmup) if warmup else schedule
