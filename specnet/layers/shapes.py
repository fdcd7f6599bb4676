"""Checks of what arrives at a layer: messages that say what came, what was expected, what to do."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Literal

from specnet.ops.grids import full_width

Shape = Sequence[int | None]
Length = Any  # of an axis, in pixels: an int, or None where it is unknown
DataFormat = Literal["channels_last", "channels_first"]

_LAYOUTS = {
    "channels_last": "(batch, height, width, channels)",
    "channels_first": "(batch, channels, height, width)",
}


def check_spectrum(layer: Any, shape: Shape) -> tuple[int, Length, Length]:
    """Channels, V and U of a spectrum (batch, 2, channels, V, U); ValueError if it is none.

    V and U may be None: unknown.
    """
    if len(shape) == 5 and shape[1] == 2 and shape[2] is not None:
        return shape[2], shape[3], shape[4]
    hint = "put rfft2d before it" if len(shape) == 4 else "the channels must be known"
    raise ValueError(
        f"{layer.name} expects a spectrum (batch, 2, channels, height, width // 2 + 1), "
        f"found shape {_text(shape)}; {hint}"
    )


def check_image(
    layer: Any, shape: Shape, data_format: DataFormat = "channels_last"
) -> tuple[Length, Length, int]:
    """Height, width and channels of images in this layout; ValueError if there are none.

    Height and width may be None: unknown.
    """
    if len(shape) == 4:
        sizes = shape[1:3] if data_format == "channels_last" else shape[2:]
        channels = shape[3] if data_format == "channels_last" else shape[1]
        if channels is not None:
            return sizes[0], sizes[1], channels
    hints = {4: "the channels must be known", 5: "this is a spectrum already"}
    hint = hints.get(len(shape), "put it before flatten or pooling")
    raise ValueError(
        f"{layer.name} expects images {_LAYOUTS[data_format]}, found shape {_text(shape)}; {hint}"
    )


def image_width(layer: Any, columns: int | None, odd: bool) -> Length:
    """Pixels of a half spectrum of `columns`, None if unknown; ValueError where it would be 0."""
    if columns is None:
        return None
    width = full_width(columns, odd)
    if width < 1:
        raise ValueError(
            f"{layer.name}: a spectrum of one column belongs to images 1 pixel wide, "
            "which is odd; set odd_width"
        )
    return width


def check_choice(name: str, value: Any, choices: Sequence[Any]) -> Any:
    """Returns `value` if it is among `choices`; raises ValueError otherwise."""
    if value not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(map(str, choices))}, found {value!r}")
    return value


def check_positive(name: str, value: Any) -> int:
    """Returns `value` if it is a whole number above 0; raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: expected a whole number above 0, found {value!r}")
    return value


def check_natural(name: str, value: Any) -> int:
    """Returns `value` if it is 0 or a whole number above; raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name}: expected a whole number, 0 or above, found {value!r}")
    return value


def check_above_zero(name: str, value: Any) -> float:
    """Returns `value` if it is a finite number above 0; raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise ValueError(f"{name}: expected a number above 0, found {value!r}")
    return value


def check_share(name: str, value: Any) -> float:
    """Returns `value` if it is a number from 0 to 1; raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{name}: expected a number from 0 to 1, found {value!r}")
    return value


def check_at_least(name: str, value: Any, least: float) -> float:
    """Returns `value` if it is a finite number, not below `least`; raises ValueError otherwise."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value < inf:
        raise ValueError(f"{name}: expected a number of at least {least}, found {value!r}")
    return value


def check_one_or_two(name: str, value: Any, check: Callable[[str, Any], Any]) -> Any:
    """Returns `value`, or a tuple of its two numbers, if `check` lets them pass."""
    if not isinstance(value, list | tuple):
        return check(name, value)
    if len(value) != 2:
        raise ValueError(
            f"{name}: expected one number, or two (vertical, horizontal), found {value!r}"
        )
    return check(name, value[0]), check(name, value[1])


def _text(shape: Shape) -> str:
    return "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
