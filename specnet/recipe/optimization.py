"""What a recipe may say of its optimizer, and of learning rates by the epoch or by the step."""

import math
from typing import Annotated, Literal

from pydantic import Field

from specnet.recipe.fields import Positive, Section

_Epochs = Annotated[float, Field(ge=0, lt=2**31)]
_Share = Annotated[float, Field(ge=0, le=1)]


class Schedule(Section):
    """What schedules by the step have in common."""

    name: str
    warmup: _Epochs = Field(
        0, description="epochs, or part of one, in which the rate first rises from 0, evenly"
    )


class ConstantSchedule(Schedule):
    """The learning rate as it is, after the warm-up."""

    name: Literal["constant"]


class CosineSchedule(Schedule):
    """Down along half a cosine, from the end of the warm-up to the last step."""

    name: Literal["cosine"]
    end: _Share = Field(0, description="share of the rate that is left at the end")


class PiecewiseSchedule(Schedule):
    """Another rate from each of some epochs on, such as a tenth after 30 and after 60."""

    name: Literal["piecewise"]
    epochs: tuple[Positive, ...] = Field(
        min_length=1, description="how many have passed at each change, ascending"
    )
    factors: tuple[Positive, ...] = Field(
        min_length=1, description="what the rate is multiplied by from there on"
    )


class OneCycleSchedule(Section):
    """Up to the learning rate and down again, once (Smith & Topin 2019)."""

    name: Literal["one_cycle"]
    rise: float = Field(0.3, gt=0, lt=1, description="share of the training up to the peak")
    start: _Share = Field(0.04, description="share of the rate in the first step")
    end: _Share = Field(0, description="share of the rate that is left at the end")
    shape: Literal["cosine", "linear"] = Field("cosine", description="linear: a triangle")


AnySchedule = Annotated[
    ConstantSchedule | CosineSchedule | PiecewiseSchedule | OneCycleSchedule,
    Field(discriminator="name"),
]


class Optimizer(Section):
    """A Keras optimizer by name; `options` go to its constructor."""

    name: Literal["adam", "adamw", "sgd", "rmsprop", "lion", "nadam"] = "adam"
    learning_rate: Positive = 0.001
    schedule: Literal["constant", "cosine"] | AnySchedule = Field(
        "constant",
        description="of the learning rate. A word is by epoch, cosine: down to nearly 0; a mapping "
        "such as {name: cosine, warmup: 1} is by the step",
    )
    decay_biases: bool = Field(
        True,
        description="false: weight_decay leaves out biases, and what normalization learns",
    )
    bias_rate: Positive = Field(
        1,
        description="learning rate of biases, and of what normalization learns, in terms of that "
        "of all other weights",
    )
    options: dict[str, bool | int | float | str] = Field({})

    @property
    def averages(self) -> bool:
        """Whether the weights that are measured and kept are means over steps (`use_ema`)."""
        return bool(self.options.get("use_ema"))

    @property
    def decays(self) -> bool:
        """Whether weights shrink a little in each step; those of AdamW do unless told otherwise."""
        return bool(self.options.get("weight_decay", self.name == "adamw"))

    def rate(self, epoch: int, epochs: int) -> float:
        """The learning rate in epoch number `epoch` of so many, from 0; not of one by the step.

        A cosine's is that of Loshchilov & Hutter (2017, equation 5), without restarts and with its
        end at 0, one epoch after the last.
        """
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (1 + math.cos(math.pi * epoch / epochs)) / 2
