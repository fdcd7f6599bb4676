"""Types of what a recipe may say to layers, optimizers and the small objects of Keras.

The layers of specnet say it in annotations (`ranges.py`). Those of Keras have none: the table here
has their arguments by name, or as `layer.name` where a name means something else in one layer.
"""

import re
import typing
from typing import Annotated, Any, Literal

from pydantic import Field

from specnet.recipe import ranges
from specnet.recipe.ranges import (
    Count,
    NotNegative,
    Number,
    Positive,
    Rate,
    Seed,
    Sizes,
    Whole,
)
from specnet.recipe.ranks import axes_in_name

_Padding = Literal["valid", "same"]
_Axis = Annotated[int, Field(ge=-8, le=7)]
_Axes = _Axis | Annotated[list[_Axis], Field(min_length=1, max_length=8)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Numbers = Number | Annotated[list[Number], Field(min_length=1, max_length=2**16)]
_Object = str | dict[str, Any]  # of Keras: its name, or its configuration
_Margin = Annotated[int, Field(ge=0, le=2**16)]
_Sides = Annotated[list[_Margin], Field(min_length=2, max_length=2)]
_Margins = Annotated[list[_Margin | _Sides], Field(min_length=2, max_length=2)]
_ThreeMargins = Annotated[list[_Margin | _Sides], Field(min_length=3, max_length=3)]
_Target = Annotated[int, Field(ge=-1, le=2**31 - 1)]
_Dtype = Literal[
    "float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"
]  # no other has gradients

# What a recipe may say to every layer of Keras, and to ours.
# TensorFlow makes scopes of names.
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
EVERY_LAYER: dict[str, Any] = {"name": _Name, "dtype": _Dtype, "trainable": bool}

_TABLE: dict[str, Any] = {
    **EVERY_LAYER,
    "activation": str,
    "axis": _Axes,
    "center": bool,
    "data_format": Literal["channels_last"],
    "depth_multiplier": Count,
    "dilation_rate": Sizes,
    "epsilon": Positive,
    "filters": Count,
    "groups": Count,
    "interpolation": Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"],
    "keepdims": bool,
    "kernel_size": Sizes,
    "lora_alpha": Positive,
    "lora_rank": Count,
    "max_value": Positive,
    "momentum": _Share,
    "negative_slope": NotNegative,
    "noise_shape": list[Count | None],
    "offset": _Numbers,
    "output_padding": _Margin | Annotated[list[_Margin], Field(min_length=2, max_length=2)],
    "output_size": Sizes,
    "padding": _Padding,
    "pool_size": Sizes,
    "quantization_config": None,
    "rate": Rate,
    "renorm": bool,
    "renorm_clipping": dict[Literal["rmin", "rmax", "dmax"], Positive],
    "renorm_momentum": _Share,
    "rescaling.scale": _Numbers,
    "scale": bool,
    "seed": Seed,
    "size": Sizes,
    "strides": Sizes,
    "synchronized": bool,
    "target_shape": Annotated[list[_Target], Field(max_length=8)],
    "threshold": NotNegative,
    "units": Count,
    "use_bias": bool,
    "conv1d.padding": _Padding | Literal["causal"],
    "conv1d_transpose.output_padding": _Margin,
    "conv3d_transpose.output_padding": _Margin
    | Annotated[list[_Margin], Field(min_length=3, max_length=3)],
    "zero_padding1d.padding": _Margin | _Sides,
    "zero_padding2d.padding": _Margin | _Margins,
    "zero_padding3d.padding": _Margin | _ThreeMargins,
    # Optimizers: what `training.optimizer.options` may say.
    "optimizer.amsgrad": bool,
    "optimizer.beta_1": Rate,
    "optimizer.beta_2": Rate,
    "optimizer.centered": bool,
    "optimizer.clipnorm": Positive,
    "optimizer.clipvalue": Positive,
    "optimizer.ema_momentum": _Share,
    "optimizer.ema_overwrite_frequency": Annotated[int, Field(gt=0, lt=2**31)],
    "optimizer.global_clipnorm": Positive,
    "optimizer.gradient_accumulation_steps": Annotated[int, Field(ge=2, lt=2**31)],
    "optimizer.loss_scale_factor": Positive,
    "optimizer.nesterov": bool,
    "optimizer.rho": Rate,
    "optimizer.use_ema": bool,
    "optimizer.weight_decay": NotNegative,
    # Initializers, regularizers and constraints of Keras.
    "constraint.axis": _Axes,
    "constraint.max_value": NotNegative,
    "constraint.min_value": NotNegative,
    "constraint.rate": _Share,
    "initializer.distribution": Literal[
        "normal", "truncated_normal", "untruncated_normal", "uniform"
    ],
    "initializer.gain": Number,
    "initializer.input_axes": _Axes,
    "initializer.maxval": Number,
    "initializer.mean": Number,
    "initializer.minval": Number,
    "initializer.mode": Literal["fan_in", "fan_out", "fan_avg"],
    "initializer.output_axes": _Axes,
    "initializer.scale": Positive,
    "initializer.stddev": NotNegative,
    "initializer.value": Number,
    "regularizer.factor": NotNegative,
    "regularizer.l1": NotNegative,
    "regularizer.l2": NotNegative,
    "regularizer.mode": Literal["rows", "columns"],
}

_NAMES = vars(typing) | vars(ranges) | {"int": Whole, "float": Number}


_OF_EACH_AXIS = {"kernel_size", "strides", "dilation_rate", "pool_size", "size"}
# What takes the place of `Sizes` in layers of signals and of volumes, by their rank.
_SIZES: dict[int | None, str] = {1: "Count", 3: "Count | ThreeCounts"}

# What a recipe may say, whatever else a layer takes: its images are channels last.
_ALWAYS = {"data_format"}

# Arguments of convolutions and poolings of Keras that layers of specnet do not have.
_PENALTIES = "weights are parameters of filters; use the optimizer's weight_decay"
_ELSEWHERE = {
    "bias_constraint": _PENALTIES,
    "bias_initializer": "a bias starts at 0",
    "bias_regularizer": _PENALTIES,
    "depth_multiplier": "`filters` says how many, and `mixing: depthwise` that none adds channels",
    "dilation_rate": "filters are as large as the image; those of spectral_conv2d with a "
    "`kernel_extent` can be dilated",
    "groups": "`mixing: depthwise` is what groups of one channel are; spectral_conv2d has others",
    "kernel_constraint": _PENALTIES,
    "kernel_initializer": "the family of the filters draws them; `seed` and `init` are its choices",
    "kernel_regularizer": _PENALTIES,
    "kernel_size": "filters are as large as the image, or reach as far as the `kernel_extent` of "
    "spectral_conv2d says; conv2d and spectral_kernel_conv2d have kernels of a size",
    "output_padding": "the output is the input's size times the strides",
    "pool_size": "`factor` says what the size is divided by, `size` what it becomes",
}


def advice(name: str) -> str:
    """`; what to do` for an argument that Keras's layers have and those of specnet do not."""
    return f"; {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""


def object_kind(name: str) -> str | None:
    """`initializer`, `regularizer` or `constraint`, where an argument such as `bias_constraint` is
    one of Keras's."""
    subject, _, kind = name.rpartition("_")
    return kind if subject and kind in ("initializer", "regularizer", "constraint") else None


def annotation_of(layer: str, annotation: str | None) -> str:
    """An annotation of an argument as it is meant for this layer: signals have one axis."""
    sizes = _SIZES.get(axes_in_name(layer), r"\g<0>")
    return re.sub(r"\b(Two)?Sizes\b", sizes, annotation or "")


def argument_type(layer: str, name: str, annotation: str | None) -> Any:
    """The type of the argument `name` of a layer, for pydantic; Any where nothing is known.

    `annotation` is source text, in terms of builtins and `typing`; its numbers are those that a
    float32 or an int32 can hold.
    """
    if object_kind(name):
        return _Object
    declared = Any if annotation is None else eval(annotation, dict(_NAMES))
    vague = declared in (Any, Whole, Whole | None, Number) or name in _ALWAYS
    common = _TABLE.get(name, declared) if vague else declared
    if axes_in_name(layer) in _SIZES and name in _OF_EACH_AXIS:
        common = eval(_SIZES[axes_in_name(layer)], dict(_NAMES))
    return _TABLE.get(f"{layer}.{name}", common)
