"""Types of layer arguments: evaluated annotations, and a table for what annotations do not say.

The layers of Keras have no annotations, and `filters: int` does not say that it is above 0. A name
here means the same in every layer of the registry, or is written `layer.name`.
"""

import typing
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

_Sizes = PositiveInt | Annotated[list[PositiveInt], Field(min_length=2, max_length=2)]
_Padding = Literal["valid", "same"]
_Axes = int | list[int]
_Rate = Annotated[float, Field(ge=0, lt=1)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Margin = Annotated[int, Field(ge=0)]
_Margins = Annotated[list[_Margin | list[_Margin]], Field(min_length=2, max_length=2)]

# What a recipe may say to every layer of Keras, and to ours.
# TensorFlow makes scopes of names.
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
EVERY_LAYER: dict[str, Any] = {"name": _Name, "dtype": str, "trainable": bool}

_TABLE: dict[str, Any] = {
    **EVERY_LAYER,
    "axis": _Axes,
    "center": bool,
    "data_format": Literal["channels_last", "channels_first"],
    "depth_multiplier": PositiveInt,
    "dilation_rate": _Sizes,
    "epsilon": Annotated[float, Field(gt=0)],
    "filters": PositiveInt,
    "groups": PositiveInt,
    "interpolation": str,
    "keepdims": bool,
    "kernel_size": _Sizes,
    "max_value": Annotated[float, Field(gt=0)],
    "momentum": _Share,
    "negative_slope": Annotated[float, Field(ge=0)],
    "noise_shape": list[int | None],
    "offset": float | list[float],
    "order": PositiveInt,
    "padding": _Padding,
    "pool_size": _Sizes,
    "rate": _Rate,
    "renorm": bool,
    "rescaling.scale": float | list[float],
    "scale": bool,
    "seed": int,
    "size": _Sizes,
    "strides": _Sizes,
    "synchronized": bool,
    "target_shape": list[int],
    "threshold": Annotated[float, Field(ge=0)],
    "units": PositiveInt,
    "use_bias": bool,
    "zero_padding2d.padding": _Margin | _Margins,
}


def argument_type(layer: str, name: str, annotation: str | None) -> Any:
    """The type of the argument `name` of a layer, for pydantic; Any where nothing is known.

    `annotation` is source text, in terms of builtins and `typing`.
    """
    declared = Any if annotation is None else eval(annotation, vars(typing).copy())
    if declared not in (Any, int):
        return declared
    return _TABLE.get(f"{layer}.{name}", _TABLE.get(name, declared))
