"""Arguments that a layer takes, but not behind the tensor before it: reported before Keras fails.

A shape is (batch, ...), the batch None.
"""

from collections.abc import Callable, Mapping
from typing import Any

Shape = tuple[int | None, ...]
Arguments = Mapping[str, Any]


def misfit(layer: str, arguments: Arguments, shape: Shape) -> str | None:
    """What is wrong with the arguments of a layer behind a tensor of this shape, in words."""
    for name, check in _CHECKS.items():
        if arguments.get(name) is not None:
            words = check(arguments[name], arguments, shape)
            if words and (name != "scale" or layer == "rescaling"):
                return f"{name} {words}"
    return None


def _axis(value: Any, arguments: Arguments, shape: Shape) -> str | None:
    axes = value if isinstance(value, list) else [value]
    rank = len(shape)
    wrong = [axis for axis in axes if not -rank < axis < rank or axis == 0]
    if wrong:
        return f"must be from 1 to {rank - 1}, or -1 for the last, found {wrong[0]}"
    if len({axis % rank for axis in axes}) < len(axes):
        return f"names an axis twice, found {value}"
    return None


def _noise_shape(value: Any, arguments: Arguments, shape: Shape) -> str | None:
    fits = len(value) == len(shape) and all(
        one in (None, 1, size) for one, size in zip(value, shape, strict=True)
    )
    wanted = "[null, " + ", ".join(map(str, shape[1:])) + "]"
    return None if fits else f"must be {wanted} with 1 in places, found {value}"


def _numbers(value: Any, arguments: Arguments, shape: Shape) -> str | None:
    if not isinstance(value, list) or len(value) in (1, shape[-1]):
        return None
    return f"must be one number or {shape[-1]}, one a channel, found {len(value)}"


def _groups(value: Any, arguments: Arguments, shape: Shape) -> str | None:
    for what, count in (("channels before it", shape[-1]), ("filters", arguments["filters"])):
        if count is not None and count % value:
            return f"must divide the {count} {what}, found {value}"
    return None


_CHECKS: dict[str, Callable[[Any, Arguments, Shape], str | None]] = {
    "axis": _axis,
    "noise_shape": _noise_shape,
    "scale": _numbers,
    "offset": _numbers,
    "groups": _groups,
}
