"""Text of strangers, such as names of files and classes, as it may be shown anywhere.

A control character can move a cursor, a bidirectional one can turn a line around, half a
character cannot be written at all: each is shown as Python would write it, `\\x1b` or `\\u202e`.
"""

import csv
import io
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_JOINERS = "\u200c\u200d"  # letters of Hindi and Persian, and emoji, are made with them
_LONGEST_NAME = 160  # bytes, which leaves room for endings and the names of temporary files
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain(text: str, keep: str = "\n\t") -> str:
    """The text with everything escaped that is not shown as it is.

    Args:
        text: of anybody.
        keep: control characters that stay; none of them may stay in a name.
    """
    if text.isprintable():
        return text
    return "".join(each if _is_shown(each, keep) else _escaped(each) for each in text)


def one_line(text: object) -> str:
    """A name, path or cell of a table: one line."""
    return plain(str(text), keep="")


def whole_number(text: str) -> int | None:
    """The number from 0 that is written in digits alone; None where there is none.

    Nor where Python does not read it, as of more than 4,300 digits.
    """
    try:
        return int(text) if text.isdecimal() else None
    except ValueError:
        return None


def file_name(text: str) -> str:
    """A name as one of a file: no folder, and no longer than file systems take."""
    safe = one_line(text).replace("/", "-").lstrip(".") or "-"
    content = safe.encode()
    if len(content) <= _LONGEST_NAME:
        return safe
    rest = zlib.crc32(content)  # what is cut off still tells two names apart
    return f"{content[:_LONGEST_NAME].decode(errors='ignore')}-{rest:08x}"


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A line of names, then a line for each row; no spreadsheet takes a text for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_csv_cell, columns))
    writer.writerows([_csv_cell(row.get(column, "")) for column in columns] for row in rows)
    return text.getvalue()


def markdown_rows(lines: Iterable[Sequence[str]]) -> str:
    """Rows of a Markdown table."""
    return "".join(f"| {' | '.join(map(_markdown_cell, line))} |\n" for line in lines)


def _is_shown(character: str, keep: str) -> bool:
    return (
        character.isprintable()
        or character in keep
        or character in _JOINERS
        or unicodedata.category(character) == "Zs"
    )


def _escaped(character: str) -> str:
    """`\\x1b`; a byte of a file name that is not UTF-8 is a lone surrogate in Python."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return ascii(character)[1:-1]


def _csv_cell(value: Any) -> Any:
    """The value; a text that a spreadsheet would compute gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    guarded = value.startswith(_FORMULAS) and not _is_number(value)
    return one_line(f"'{value}" if guarded else value)


def _markdown_cell(text: str) -> str:
    return one_line(text).replace("|", "\\|").replace("<", "&lt;")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()
