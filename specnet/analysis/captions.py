"""What a filter learned, short enough for the title of its picture.

Numbers and units -> words.
"""

import itertools

import numpy as np

from specnet.analysis.learned import Learned

_DEGREES = "°"  # is said at each number
_UNITS = {
    "cycles/pixel": " c/px",
    "cycles/sample": " c/sample",
    "cycles/voxel": " c/voxel",
    "degrees": _DEGREES,
    "octaves": " oct",
}
_PARTS = {"real": "Re", "imaginary": "Im", "magnitude": "|H|", "phase": "arg H"}
_NUMBERS = 3  # of one value, one an axis; more are coefficients, which say little one by one


def captions(learned: Learned, count: int) -> tuple[tuple[str, ...], ...]:
    """For each of the first `count` filters a line for each part, with all that fits in words.

    Such as `Re: centre v, u −0.21, 0.10; width v, u 0.20, 0.13 c/px; scale 0.52`, where c/px is
    cycles/pixel; none where a layer has no such values. Of a mixture, those of each component.
    """
    if not learned.parts:
        return ((_line(learned.values),) if learned.values else (),) * count
    return tuple(
        tuple(
            f"{_PARTS[part]}: {line}"
            for place, part in enumerate(learned.parts)
            if (line := _line({name: v[place, k] for name, v in learned.values.items()}))
        )
        for k in range(count)
    )


def _line(values: dict[str, np.ndarray]) -> str:
    few = {name: value for name, value in values.items() if _is_told(name, value, values)}
    units = [*(_split(name)[1] for name in few), ""]
    # A unit is said once for all values before it that have the same.
    said = [
        unit if unit != after or unit == _DEGREES else ""
        for unit, after in itertools.pairwise(units)
    ]
    return "; ".join(
        f"{_words(name)} {_numbers(value)}{unit}"
        for (name, value), unit in zip(few.items(), said, strict=True)
    )


def _is_told(name: str, value: np.ndarray, values: dict[str, np.ndarray]) -> bool:
    """Whether it is a number an axis, of each component where a filter is a sum of several."""
    counts = {
        len(each) for each in values.values() if np.ndim(each) == 2 and each.shape[1] <= _NUMBERS
    }
    with_unit = any(_split(each)[1] for each in values)
    of_components = with_unit and np.ndim(value) > 0 and len(value) in counts
    return np.size(value) <= _NUMBERS or of_components


def _numbers(value: np.ndarray) -> str:
    """0.14, 0.26; of several components 0.14, 0.26 / 0.35, 0.43."""
    lines = value if np.ndim(value) == 2 else [np.ravel(value)]
    return " / ".join(", ".join(map(_number, line)) for line in lines)


def _words(name: str) -> str:
    """The name without its unit, and a colon where it ends in a digit that numbers follow."""
    words = _split(name)[0]
    return f"{words}:" if words[-1].isdigit() else words


def _split(name: str) -> tuple[str, str]:
    """`width v, u (cycles/pixel)` -> `width v, u` and ` c/px`; a name without unit, and nothing."""
    words, _, unit = name.removesuffix(")").rpartition(" (")
    return (words, _UNITS[unit]) if unit in _UNITS else (name, "")


def _number(value: float) -> str:
    rounded = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    return "0.00" if rounded == "-0.00" else rounded.replace("-", "\N{MINUS SIGN}")
