"""Consoles and text that show what strangers write as it is, and never obey it.

Every other module takes `Text` from here, and no string is read as markup.
"""

from collections.abc import Iterable
from typing import Any

from rich import console, text
from rich.segment import Segment

from specnet.plain import plain

_UNLIMITED = 100_000  # columns of a pipe or a file


class Text(text.Text):
    """Rich's text, with control characters escaped where it would drop some and obey others."""

    def __init__(self, content: str = "", style: Any = "", **options: Any):
        super().__init__(plain(content), style, **options)


class Console(console.Console):
    """A terminal; or a pipe or a file, where no line is broken unless COLUMNS says so."""

    def __init__(self, **options: Any):
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    @property
    def size(self) -> console.ConsoleDimensions:
        """Columns and lines."""
        known = super().size
        if self.is_terminal or self._width is not None:
            return known
        return console.ConsoleDimensions(_UNLIMITED, known.height)

    @size.setter
    def size(self, new: tuple[int, int]) -> None:
        self._width, self._height = new

    def render_str(self, text: str, **options: Any) -> text.Text:
        """A string as text; its width is then that of what is shown."""
        return super().render_str(plain(text), **options)

    def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
        """Whatever else is drawn: nothing of it is a control character."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(plain(segment.text), segment.style)
