"""Ranges of numbers that arguments of layers are annotated with.

One name a range, `filters: Count`: what a recipe may say and what a constructor takes follow from
the annotation. Whether a model of such numbers fits into memory is known only when it is built.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from specnet.messages import explain

Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[Finite, Field(ge=-3e38, le=3e38)]  # as a float32 can hold
Whole = Annotated[int, Field(gt=-(2**31), lt=2**31)]
Positive = Annotated[Finite, Field(gt=0, le=3e38, title="float > 0")]
NotNegative = Annotated[Finite, Field(ge=0, le=3e38, title="float >= 0")]
Seed = Annotated[int, Field(ge=0, lt=2**32, title="int >= 0")]
Count = Annotated[int, Field(gt=0, le=2**24, title="int > 0")]  # of filters, units
Terms = Annotated[int, Field(gt=0, le=256, title="int, 1 to 256")]  # an operation each
TermsOrNone = Annotated[int, Field(ge=0, le=256, title="int, 0 to 256")]
Taps = Annotated[int, Field(ge=2, le=7, title="int, 2 to 7")]
Size = Annotated[int, Field(gt=0, le=2**16)]  # pixels
TwoSizes = Annotated[list[Size], Field(min_length=2, max_length=2, title="two int > 0")]
Sizes = Annotated[Size | TwoSizes, Field(title="int > 0, or two")]
ThreeCounts = Annotated[list[Count], Field(min_length=3, max_length=3, title="three int > 0")]
Stride = Annotated[float, Field(ge=1, le=2**16)]
TwoStrides = Annotated[list[Stride], Field(min_length=2, max_length=2)]
Strides = Annotated[Stride | TwoStrides, Field(title="float >= 1, or two")]
Factor = Annotated[float, Field(ge=1, le=2**16, title="float >= 1")]
Decibels = Annotated[float, Field(ge=21, le=150, title="dB, 21 to 150")]
Rate = Annotated[float, Field(ge=0, lt=1, title="float, 0 to below 1")]
ZeroToOne = Annotated[float, Field(ge=0, le=1, title="float, 0 to 1")]
Radius = Annotated[float, Field(gt=0, le=0.5**0.5, title="cycles/pixel, to 0.707")]
RadiusOrNone = Annotated[float, Field(ge=0, le=0.5**0.5, title="cycles/pixel, 0 to 0.707")]
Frequency = Annotated[float, Field(gt=0, le=0.5, title="cycles/sample, to 0.5")]
FrequencyOrNone = Annotated[float, Field(ge=0, le=0.5, title="cycles/sample, 0 to 0.5")]
VoxelRadius = Annotated[float, Field(gt=0, le=0.75**0.5, title="cycles/voxel, to 0.866")]
VoxelRadiusOrNone = Annotated[float, Field(ge=0, le=0.75**0.5, title="cycles/voxel, 0 to 0.866")]

_TITLES = {
    name: kind.__metadata__[-1].title
    for name, kind in list(globals().items())
    if hasattr(kind, "__metadata__") and kind.__metadata__[-1].title
}


def words(annotation: str) -> str:
    """An annotation for people: `Terms | None` -> `int, 1 to 256 | None`."""
    spelled = re.sub(r"\w+", lambda name: _TITLES.get(name[0], name[0]), annotation)
    return re.sub(r"Literal\[(.*?)\]", lambda choice: choice[1].replace(", ", " | "), spelled)


def check(arguments: Mapping[str, Any], annotations: Mapping[str, Any]) -> None:
    """Raises ValueError if an argument, by name, is not what its annotation says."""
    for name, value in arguments.items():
        try:
            TypeAdapter(annotations[name]).validate_python(value, strict=True)
        except ValidationError as error:
            raise ValueError(f"{name}: {explain(error, value)[0][1]}") from None
