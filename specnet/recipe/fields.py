"""Types that sections of a recipe share: numbers in their ranges, sizes, names, files."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=3e38)]  # as a float32 can hold
Pixels = Annotated[int, Field(gt=0, le=2**16)]
Images = Annotated[int, Field(gt=0, lt=2**31)]


def _both_sides(value: Any) -> Any:
    if isinstance(value, int):
        return value, value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}x[0-9]{1,9}", value):
        return tuple(map(int, value.split("x")))
    if isinstance(value, list | tuple) and len(value) == 2:
        return tuple(value)  # strict about what is in it
    raise PydanticCustomError(
        "image_size", "must be a whole number, or [height, width], or such as 96x128"
    )


ImageSize = Annotated[
    tuple[Pixels, Pixels],
    BeforeValidator(
        _both_sides,
        json_schema_input_type=Pixels
        | Annotated[list[Pixels], Field(min_length=2, max_length=2)]
        | Annotated[str, Field(pattern=r"^[0-9]{1,9}x[0-9]{1,9}$")],
    ),
]


_NAME = r"^[^/\\.][^/\\]*$"


def _fits_a_file_name(name: str) -> str:
    if len(name.encode("utf-8", "surrogatepass")) > 200:
        raise PydanticCustomError("name", "must be 200 bytes at most, as a file name")
    if not re.fullmatch(_NAME, name, re.DOTALL):
        raise PydanticCustomError(
            "name", "must be the name of a folder: with no / and no \\, no dot before it, not empty"
        )
    if not name.isprintable():
        raise PydanticCustomError("name", "must be of characters that can be printed")
    return name


FileName = Annotated[
    str, AfterValidator(_fits_a_file_name), Field(json_schema_extra={"pattern": _NAME})
]


def _names_a_file(path: Path) -> Path:
    if "\0" in str(path) or str(path) in ("", "."):
        raise PydanticCustomError("path", "must be the path of a file or folder")
    return path


FilePath = Annotated[Path, AfterValidator(_names_a_file)]


class Section(BaseModel):
    """A part of a recipe: unknown keys are errors, and nothing changes it once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
