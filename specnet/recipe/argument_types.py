"""Types of what a recipe may say to layers, optimizers and the small objects of Keras.

Evaluated annotations, and a table for what annotations do not say: the layers of Keras have none,
and `filters: int` does not say that it is above 0. A name here means the same in every layer of the
registry, or is written `layer.name`. Every number has a range that layers can compute with; whether
a model of such numbers fits into memory is known only when it is built.
"""

import typing
from typing import Annotated, Any, Literal

from pydantic import Field

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Number = Annotated[_Finite, Field(ge=-3e38, le=3e38)]  # as a float32 can hold
_Whole = Annotated[int, Field(gt=-(2**31), lt=2**31)]
_Seed = Annotated[int, Field(ge=0, lt=2**32)]
_NotNegative = Annotated[_Finite, Field(ge=0, le=3e38)]
_Positive = Annotated[_Finite, Field(gt=0, le=3e38)]
_Count = Annotated[int, Field(gt=0, le=2**24)]  # of filters, units
_Some = Annotated[int, Field(gt=0, le=256)]  # terms of an expansion, one operation each
_SomeOrNone = Annotated[int, Field(ge=0, le=256)]
_Size = Annotated[int, Field(gt=0, le=2**16)]  # pixels
_Sizes = _Size | Annotated[list[_Size], Field(min_length=2, max_length=2)]
_Stride = Annotated[float, Field(ge=1, le=2**16)]
_Strides = _Stride | Annotated[list[_Stride], Field(min_length=2, max_length=2)]
_Padding = Literal["valid", "same"]
_Axis = Annotated[int, Field(ge=-8, le=7)]
_Axes = _Axis | Annotated[list[_Axis], Field(min_length=1, max_length=8)]
_Rate = Annotated[float, Field(ge=0, lt=1)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Numbers = _Number | Annotated[list[_Number], Field(min_length=1, max_length=2**16)]
_Object = str | dict[str, Any]  # of Keras: its name, or its configuration
_Radius = Annotated[float, Field(gt=0, le=0.5**0.5)]  # cycles/pixel
_Margin = Annotated[int, Field(ge=0, le=2**16)]
_Margins = Annotated[list[_Margin | list[_Margin]], Field(min_length=2, max_length=2)]
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
    "band_pass.high": _Radius,
    "band_pass.low": _Radius,
    "band_pass.transition": _NotNegative,
    "butterworth.order": _Positive,
    "center": bool,
    "chebyshev.order": _SomeOrNone,
    "columns": _Some,
    "components": _Some,
    "data_format": Literal["channels_last"],
    "depth_multiplier": _Count,
    "crop_spectrum.size": _Sizes,
    "dilation_rate": _Sizes,
    "epsilon": _Positive,
    "factor": Annotated[float, Field(gt=0, le=2**16)],
    "filters": _Count,
    "frequency_dropout.high": _Radius,
    "frequency_dropout.low": Annotated[float, Field(ge=0, le=0.5**0.5)],
    "groups": _Count,
    "harmonics": _SomeOrNone,
    "hidden": _Count,
    "high_pass.cutoff": _Radius,
    "high_pass.transition": _NotNegative,
    "idwt2d.size": Annotated[list[_Size], Field(min_length=2, max_length=2)],
    "implicit.harmonics": _Some,
    "interpolation": Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"],
    "keepdims": bool,
    "kernel_size": _Sizes,
    "learned_spectral_pooling.strides": _Strides,
    "low_pass.cutoff": _Radius,
    "low_pass.transition": _NotNegative,
    "lora_alpha": _Positive,
    "lora_rank": _Count,
    "max_value": _Positive,
    "momentum": _Share,
    "negative_slope": _NotNegative,
    "noise_shape": list[_Count | None],
    "offset": _Numbers,
    "order": _Some,
    "output_padding": _Margin | Annotated[list[_Margin], Field(min_length=2, max_length=2)],
    "output_size": _Sizes,
    "padding": _Padding,
    "pool_size": _Sizes,
    "quantization_config": None,
    "radii": _Some,
    "rate": _Rate,
    "renorm": bool,
    "renorm_clipping": dict[Literal["rmin", "rmax", "dmax"], _Positive],
    "renorm_momentum": _Share,
    "rescaling.scale": _Numbers,
    "rows": _Some,
    "scale": bool,
    "seed": _Seed,
    "size": _Sizes,
    "spectral_conv2d.strides": _Sizes,
    "spectral_conv2d_transpose.strides": _Sizes,
    "spectral_dropout.rate": _Rate,
    "spectral_pooling.size": _Sizes,
    "spectral_upsampling.size": _Sizes,
    "strides": _Sizes,
    "synchronized": bool,
    "target_shape": Annotated[list[_Target], Field(max_length=8)],
    "threshold": _NotNegative,
    "units": _Count,
    "use_bias": bool,
    "zero_padding2d.padding": _Margin | _Margins,
    # Optimizers: what `training.optimizer.options` may say.
    "optimizer.amsgrad": bool,
    "optimizer.beta_1": _Rate,
    "optimizer.beta_2": _Rate,
    "optimizer.centered": bool,
    "optimizer.clipnorm": _Positive,
    "optimizer.clipvalue": _Positive,
    "optimizer.ema_momentum": _Share,
    "optimizer.ema_overwrite_frequency": Annotated[int, Field(gt=0, lt=2**31)],
    "optimizer.global_clipnorm": _Positive,
    "optimizer.gradient_accumulation_steps": Annotated[int, Field(ge=2, lt=2**31)],
    "optimizer.loss_scale_factor": _Positive,
    "optimizer.nesterov": bool,
    "optimizer.rho": _Rate,
    "optimizer.use_ema": bool,
    "optimizer.weight_decay": _NotNegative,
    # Initializers, regularizers and constraints of Keras.
    "constraint.axis": _Axes,
    "constraint.max_value": _NotNegative,
    "constraint.min_value": _NotNegative,
    "constraint.rate": _Share,
    "initializer.distribution": Literal[
        "normal", "truncated_normal", "untruncated_normal", "uniform"
    ],
    "initializer.gain": _Number,
    "initializer.input_axes": _Axes,
    "initializer.maxval": _Number,
    "initializer.mean": _Number,
    "initializer.minval": _Number,
    "initializer.mode": Literal["fan_in", "fan_out", "fan_avg"],
    "initializer.output_axes": _Axes,
    "initializer.scale": _Positive,
    "initializer.stddev": _NotNegative,
    "initializer.value": _Number,
    "regularizer.factor": _NotNegative,
    "regularizer.l1": _NotNegative,
    "regularizer.l2": _NotNegative,
    "regularizer.mode": Literal["rows", "columns"],
}

_NAMES = vars(typing) | {"int": _Whole, "float": _Number}


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


def object_kind(name: str) -> str | None:
    """`initializer`, `regularizer` or `constraint`, where an argument such as `bias_constraint` is
    one of Keras's."""
    subject, _, kind = name.rpartition("_")
    return kind if subject and kind in ("initializer", "regularizer", "constraint") else None


def argument_type(layer: str, name: str, annotation: str | None) -> Any:
    """The type of the argument `name` of a layer, for pydantic; Any where nothing is known.

    `annotation` is source text, in terms of builtins and `typing`; its numbers are those that a
    float32 or an int32 can hold.
    """
    if object_kind(name):
        return _Object
    declared = Any if annotation is None else eval(annotation, dict(_NAMES))
    vague = declared in (Any, _Whole, _Whole | None, _Number) or name in _ALWAYS
    common = _TABLE.get(name, declared) if vague else declared
    return _TABLE.get(f"{layer}.{name}", common)
