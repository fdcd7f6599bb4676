"""What a filter learned, short enough for the title of its picture.

What may go in here: numbers and units -> words.
"""

import numpy as np

from specnet.inspection.learned import Learned

_UNITS = {"cycles/pixel": " c/px", "degrees": "°", "octaves": " oct"}
_NUMBERS = 2  # of one value; more of them are coefficients, which say little one by one


def captions(learned: Learned, count: int) -> tuple[tuple[str, ...], ...]:
    """For each of the first `count` filters a line for each part, with all that fits in words.

    Such as `real: centre v, u −0.21, 0.10 c/px; scale 0.52`; none where a layer has no such values.
    """
    if not learned.parts:
        return ((_line(learned.values),) if learned.values else (),) * count
    return tuple(
        tuple(
            f"{part}: {line}"
            for place, part in enumerate(learned.parts)
            if (line := _line({name: v[place, k] for name, v in learned.values.items()}))
        )
        for k in range(count)
    )


def _line(values: dict[str, np.ndarray]) -> str:
    few = {name: np.ravel(value) for name, value in values.items() if np.size(value) <= _NUMBERS}
    return "; ".join(_told(name, numbers) for name, numbers in few.items())


def _told(name: str, numbers: np.ndarray) -> str:
    """`width v, u (cycles/pixel)` and two numbers -> `width v, u 0.10, 0.22 c/px`."""
    words, _, unit = name.removesuffix(")").rpartition(" (")
    if unit not in _UNITS:
        words, unit = name, ""
    return f"{words} {', '.join(map(_number, numbers))}{_UNITS.get(unit, '')}"


def _number(value: float) -> str:
    rounded = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    return "0.00" if rounded == "-0.00" else rounded.replace("-", "\N{MINUS SIGN}")
