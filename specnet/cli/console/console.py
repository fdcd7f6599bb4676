"""Consoles, text and tables that show what strangers write as it is, and never obey it.

Every other module takes `Text` and `Table` from here, and no string is read as markup. In a pipe or
a file no word is broken, so that names can be searched for.
"""

from collections.abc import Iterable
from typing import Any

from rich import console, table, text
from rich.cells import cell_len
from rich.segment import Segment

from specnet.plain import plain

_UNLIMITED = 100_000  # columns of a pipe or a file


class Text(text.Text):
    """Rich's text, with control characters escaped where it would drop some and obey others."""

    def __init__(self, content: str = "", style: Any = "", **options: Any):
        super().__init__(plain(content), style, **options)

    def wrap(self, console: console.Console, width: int, **options: Any) -> Any:
        """Lines of a width."""
        if not console.is_terminal:
            width = max(width, _longest_word(self.plain))
        return super().wrap(console, width, **options)


class Table(table.Table):
    """Rich's table, without lines."""

    def __init__(self, **options: Any):
        super().__init__(box=None, pad_edge=False, **options)

    def __rich_console__(self, console: console.Console, options: Any) -> Any:
        cells = [[str(cell) for cell in (c.header, *c.cells)] for c in self.columns]
        words = [max(map(_longest_word, column)) for column in cells]
        names = max(map(cell_len, cells[0]))
        between = 2 * len(words)
        if not console.is_terminal:
            for column, word in zip(self.columns, words, strict=True):
                column.min_width = word
                column.width = column.width and max(column.width, word)
        elif names + sum(words[1:]) + between <= options.max_width:
            self.columns[0].no_wrap = True  # the others are wrapped instead
        else:
            for column in self.columns:
                column.width = None
        return super().__rich_console__(console, options)


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

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints; a word that is longer than a line of a pipe stays whole."""
        # Rich would make one text of several, which is then not of our kind.
        apart = [console.Group(each) if isinstance(each, Text) else each for each in objects]
        super().print(*apart, **{"crop": self.is_terminal} | options)

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


def _longest_word(written: str) -> int:
    return max(map(cell_len, written.split()), default=0)
