"""How a diagnosis looks in a terminal: a line for each finding, what to do under it."""

from typing import Any

from specnet.cli.console.console import Table, Text

_MARKS = {"ok": ("ok", "green"), "note": ("note", "cyan"), "failed": ("FAILED", "bold red")}
_WIDTHS = (6, 16)  # of the mark, and of what was looked at


def finding(found: Any) -> Table:
    """One finding; tables one after the other have the same columns."""
    drawn = Table(show_header=False, padding=(0, 2), collapse_padding=True)
    for width in _WIDTHS:
        drawn.add_column(width=width, overflow="fold")
    drawn.add_column(overflow="fold")
    mark, style = _MARKS[found.state]
    drawn.add_row(Text(mark, style=style), Text(found.what), Text(found.found))
    if found.advice:
        drawn.add_row("", "", Text(f"-> {found.advice}", style="bold"))
    return drawn
