"""Checks of what arrives at a layer: messages that say what came, what was expected, what to do."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from specnet.ops.grids import full_width

Shape = Sequence[int | None]
Length = Any  # of an axis, in pixels: an int, or None where it is unknown
DataFormat = Literal["channels_last", "channels_first"]

_LARGEST = 3e38  # that a float32 can hold, as in `specnet.recipe.ranges`

# By rank, the number of axes that are transformed.
RANKS = (1, 2, 3)
_WHAT = {1: "signals", 2: "images", 3: "volumes"}
_AXES = {1: "time", 2: "height, width", 3: "depth, height, width"}
_EMPTY = "every length and the number of channels must be 1 or more"


def check_spectrum(layer: Any, shape: Shape) -> tuple[int, Length, Length]:
    """Channels, V and U of a spectrum (batch, 2, channels, V, U); ValueError if it is none.

    V and U may be None: unknown.
    """
    channels, (rows, columns) = check_spectra(layer, shape)
    return channels, rows, columns


def check_spectra(
    layer: Any, shape: Shape, ranks: Sequence[int] = (2,)
) -> tuple[int, tuple[Length, ...]]:
    """Channels and bins of a spectrum (batch, 2, channels, ..., U) of one of these ranks.

    Bins may be None: unknown. ValueError if it is none such.
    """
    rank = len(shape) - 3
    if rank in ranks and shape[1] == 2 and shape[2] is not None and not _is_empty(shape[2:]):
        return shape[2], tuple(shape[3:])
    expected = ranks[0] if len(ranks) == 1 else 2
    hint = _EMPTY if _is_empty(shape[2:]) else "the channels must be known"
    if rank in ranks and shape[1] != 2:
        hint = "axis 1 is for the real and the imaginary part"
    if len(shape) - 2 in ranks and (rank not in ranks or shape[1] != 2):
        hint = f"put rfft{len(shape) - 2}d before it"
    elif rank in RANKS and rank not in ranks and shape[1] == 2:
        hint = f"it takes no spectra of {_WHAT[rank]}"
    raise ValueError(
        f"{layer.name} expects a spectrum (batch, 2, channels, {_AXES[expected]} // 2 + 1), "
        f"found shape {_text(shape)}; {hint}"
    )


def check_image(
    layer: Any, shape: Shape, data_format: DataFormat = "channels_last"
) -> tuple[Length, Length, int]:
    """Height, width and channels of images in this layout; ValueError if there are none.

    Height and width may be None: unknown.
    """
    (height, width), channels = check_input(layer, shape, data_format)
    return height, width, channels


def check_input(
    layer: Any, shape: Shape, data_format: DataFormat = "channels_last", rank: int = 2
) -> tuple[tuple[Length, ...], int]:
    """Lengths and channels of signals (rank 1), images or volumes; ValueError if there are none."""
    last = data_format == "channels_last"
    if len(shape) == rank + 2:
        sizes, channels = (shape[1:-1], shape[-1]) if last else (shape[2:], shape[1])
        if channels is not None and not _is_empty(shape[1:]):
            return tuple(sizes), channels
    layout = f"{_AXES[rank]}, channels" if last else f"channels, {_AXES[rank]}"
    raise ValueError(
        f"{layer.name} expects {_WHAT[rank]} (batch, {layout}), found shape {_text(shape)}; "
        f"{_what_to_do(shape, rank)}"
    )


def _what_to_do(shape: Shape, rank: int) -> str:
    """About a shape that is none of signals (rank 1), images or volumes."""
    axes = len(shape)
    if axes == rank + 2:
        return _EMPTY if _is_empty(shape[1:]) else "the channels must be known"
    if axes == rank + 3 and shape[1] == 2:
        return "this is a spectrum already"
    if axes - 2 in RANKS and axes - 2 > rank:
        return f"{_WHAT[axes - 2]} have layers of their own"
    if axes == 2:
        return "put it before flatten or pooling"
    return f"give it all {rank + 2} axes, also of one example and of one channel"


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


def check_flag(name: str, value: Any) -> bool:
    """Returns `value` if it is True or False; raises ValueError otherwise."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}: expected True or False, found {value!r}")
    return bool(value)


def as_python(value: Any) -> Any:
    """A number of NumPy as one of Python, also in a dict; what else there is as it is."""
    if isinstance(value, dict):
        return {name: as_python(each) for name, each in value.items()}
    return value.item() if isinstance(value, np.generic) else value


def check_number(
    name: str,
    value: Any,
    expected: str = "a finite number",
    allowed: Callable[[Any], bool] = lambda number: True,
    whole: bool = False,
) -> Any:
    """Returns `value`, as a number of Python, if a float32 can hold it and `allowed` is true of it.

    Raises ValueError, which says what is `expected`, otherwise; also of fractions if it is `whole`.
    """
    number = as_python(value)
    is_one = isinstance(number, int if whole else int | float) and not isinstance(number, bool)
    if not is_one or not abs(number) <= _LARGEST or not allowed(number):
        raise ValueError(f"{name}: expected {expected}, found {value!r}")
    return number


def check_positive(name: str, value: Any) -> int:
    """Returns `value` if it is a whole number above 0; raises ValueError otherwise."""
    return check_number(name, value, "a whole number above 0", lambda n: n > 0, whole=True)


def check_seed(value: Any) -> int | None:
    """Returns `value` if it is None or a seed of random numbers; raises ValueError otherwise."""
    if value is None:
        return None
    expected = "a whole number from 0 to 2**32 - 1"
    return check_number("seed", value, expected, lambda n: 0 <= n < 2**32, whole=True)


def check_above_zero(name: str, value: Any) -> float:
    """Returns `value` if it is a finite number above 0; raises ValueError otherwise."""
    return check_number(name, value, "a number above 0", lambda n: n > 0)


def check_between(name: str, value: Any, least: float, most: float) -> float:
    """Returns `value` if it is a number from `least` to `most`; raises ValueError otherwise."""
    expected = f"a number from {least} to {most}"
    return check_number(name, value, expected, lambda n: least <= n <= most)


def check_at_least(name: str, value: Any, least: float) -> float:
    """Returns `value` if it is a finite number, not below `least`; raises ValueError otherwise."""
    return check_number(name, value, f"a number of at least {least}", lambda n: n >= least)


def check_each_axis(name: str, value: Any, rank: int, check: Callable[[str, Any], Any]) -> Any:
    """As `check_one_or_two` of images; of signals one number, of volumes one or three."""
    if rank == 2 or not isinstance(value, list | tuple):
        return check_one_or_two(name, value, check)
    if rank == 1 or len(value) != rank:
        expected = "one number" if rank == 1 else f"one number, or {rank}, one an axis"
        raise ValueError(f"{name}: expected {expected}, found {value!r}")
    return tuple(check(name, each) for each in value)


def each_axis(value: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """A number, or one for each axis, as one for each."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def pair(value: int | Sequence[int]) -> tuple[int, int]:
    """A number for both axes of images, or one for each, as one for each."""
    down, across = each_axis(value, 2)
    return down, across


def strided(lengths: Sequence[Length], steps: Sequence[int]) -> tuple[Length, ...]:
    """How many pixels are left where every s-th is kept, beginning with the first."""
    pairs = zip(lengths, steps, strict=True)
    return tuple(None if length is None else -(-length // step) for length, step in pairs)


def check_one_or_two(name: str, value: Any, check: Callable[[str, Any], Any]) -> Any:
    """Returns `value`, or a tuple of its two numbers, if `check` lets them pass."""
    if not isinstance(value, list | tuple):
        return check(name, value)
    if len(value) != 2:
        raise ValueError(
            f"{name}: expected one number, or two (vertical, horizontal), found {value!r}"
        )
    return check(name, value[0]), check(name, value[1])


def _is_empty(lengths: Shape) -> bool:
    return any(length is not None and length < 1 for length in lengths)


def _text(shape: Shape) -> str:
    return "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
