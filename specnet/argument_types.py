"""Types of layer arguments: evaluated annotations, and a table for what annotations do not say.

The layers of Keras have no annotations, and `filters: int` does not say that it is above 0. A name
here means the same in every layer of the registry, or is written `layer.name`.
"""

import typing
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

_Sizes = PositiveInt | Annotated[list[PositiveInt], Field(min_length=2, max_length=2)]
_Stride = Annotated[float, Field(ge=1)]
_Strides = _Stride | Annotated[list[_Stride], Field(min_length=2, max_length=2)]
_Padding = Literal["valid", "same"]
_Axes = int | list[int]
_Rate = Annotated[float, Field(ge=0, lt=1)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Object = str | dict[str, Any]  # of Keras: its name, or its configuration
_Radius = Annotated[float, Field(gt=0, le=0.5**0.5)]  # cycles/pixel
_Transition = Annotated[float, Field(ge=0)]  # cycles/pixel
_Margin = Annotated[int, Field(ge=0)]
_Margins = Annotated[list[_Margin | list[_Margin]], Field(min_length=2, max_length=2)]

# What a recipe may say to every layer of Keras, and to ours.
# TensorFlow makes scopes of names.
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
EVERY_LAYER: dict[str, Any] = {"name": _Name, "dtype": str, "trainable": bool}

_TABLE: dict[str, Any] = {
    **EVERY_LAYER,
    "activation": str,
    "activity_regularizer": _Object,
    "axis": _Axes,
    "band_pass.high": _Radius,
    "band_pass.low": _Radius,
    "band_pass.transition": _Transition,
    "bias_constraint": _Object,
    "bias_initializer": _Object,
    "bias_regularizer": _Object,
    "center": bool,
    "chebyshev.order": _Margin,
    "columns": PositiveInt,
    "components": PositiveInt,
    "data_format": Literal["channels_last"],
    "depth_multiplier": PositiveInt,
    "crop_spectrum.size": _Sizes,
    "dilation_rate": _Sizes,
    "epsilon": Annotated[float, Field(gt=0)],
    "filters": PositiveInt,
    "frequency_dropout.high": _Radius,
    "frequency_dropout.low": Annotated[float, Field(ge=0, le=0.5**0.5)],
    "groups": PositiveInt,
    "harmonics": _Margin,
    "hidden": PositiveInt,
    "high_pass.cutoff": _Radius,
    "high_pass.transition": _Transition,
    "idwt2d.size": Annotated[list[PositiveInt], Field(min_length=2, max_length=2)],
    "implicit.harmonics": PositiveInt,
    "interpolation": str,
    "keepdims": bool,
    "kernel_constraint": _Object,
    "kernel_initializer": _Object,
    "kernel_regularizer": _Object,
    "kernel_size": _Sizes,
    "learned_spectral_pooling.strides": _Strides,
    "low_pass.cutoff": _Radius,
    "low_pass.transition": _Transition,
    "max_value": Annotated[float, Field(gt=0)],
    "momentum": _Share,
    "negative_slope": Annotated[float, Field(ge=0)],
    "noise_shape": list[int | None],
    "offset": float | list[float],
    "order": PositiveInt,
    "padding": _Padding,
    "pool_size": _Sizes,
    "radii": PositiveInt,
    "rate": _Rate,
    "renorm": bool,
    "rescaling.scale": float | list[float],
    "rows": PositiveInt,
    "scale": bool,
    "seed": int,
    "size": _Sizes,
    "spectral_conv2d.strides": _Sizes,
    "spectral_conv2d_transpose.strides": _Sizes,
    "spectral_dropout.rate": _Rate,
    "spectral_pooling.size": _Sizes,
    "spectral_upsampling.size": _Sizes,
    "strides": _Sizes,
    "synchronized": bool,
    "target_shape": list[int],
    "threshold": Annotated[float, Field(ge=0)],
    "units": PositiveInt,
    "use_bias": bool,
    "zero_padding2d.padding": _Margin | _Margins,
}


# What a recipe may say, whatever else a layer takes: its images are channels last.
_ALWAYS = {"data_format"}

# Arguments of convolutions and poolings of Keras that layers of specnet do not have.
_PENALTIES = "weights are parameters of filters; use the optimizer's weight_decay"
_ELSEWHERE = {
    "bias_constraint": _PENALTIES,
    "bias_initializer": "a bias starts at 0",
    "bias_regularizer": _PENALTIES,
    "depth_multiplier": "`filters` says how many, and `mixing: depthwise` that none adds channels",
    "dilation_rate": "filters are as large as the image; there is nothing to dilate",
    "groups": "`mixing: depthwise` is what groups of one channel are",
    "kernel_constraint": _PENALTIES,
    "kernel_initializer": "the family of the filters draws them; `seed` and `init` are its choices",
    "kernel_regularizer": _PENALTIES,
    "kernel_size": "filters are as large as the image; conv2d and spectral_kernel_conv2d have "
    "kernels of a size",
    "output_padding": "the output is the input's size times the strides",
    "pool_size": "`factor` says what the size is divided by, `size` what it becomes",
}


def advice(name: str) -> str:
    """`; what to do` for an argument that Keras's layers have and those of specnet do not."""
    return f"; {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""


def argument_type(layer: str, name: str, annotation: str | None) -> Any:
    """The type of the argument `name` of a layer, for pydantic; Any where nothing is known.

    `annotation` is source text, in terms of builtins and `typing`.
    """
    declared = Any if annotation is None else eval(annotation, vars(typing).copy())
    vague = declared in (Any, int) or name in _ALWAYS
    common = _TABLE.get(name, declared) if vague else declared
    return _TABLE.get(f"{layer}.{name}", common)
