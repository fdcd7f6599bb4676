"""Text in lines that fit: titles and notes of pictures, whose names come from users."""

import textwrap

_WIDTH = 0.62  # of a bold letter, over its height; others are narrower


def fitted(text: str, inches: float, points: float) -> str:
    """A text broken where it is longer than so many inches, in letters of so many points."""
    letters = max(int(inches * 72 / (_WIDTH * points)), 8)
    lines = (textwrap.wrap(line, letters) or [""] for line in text.splitlines())
    return "\n".join(part for parts in lines for part in parts)
