"""Tables of all studies: title, head and cells; as Markdown, CSV and JSON."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, count
from math import isfinite
from typing import Any, NamedTuple

from specnet import plain

_LONGEST = 26  # characters of a name that leave the numbers room


Short = Callable[[str], str]  # of a label, what it is called where there is little room


class Table(NamedTuple):
    """What a reader sees of some numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[tuple[str, ...]]


def names(labels: Sequence[str]) -> Short:
    """How labels are called where there is little room: without what all of them begin with.

    No two are called alike: of those that are too long, the middle is left out as far as they
    differ elsewhere, and else they get a number.
    """
    words = [label.split("-") for label in labels]
    shared = 0
    while len(labels) > 1 and all(len(each) > shared + 1 for each in words):
        if len({each[shared] for each in words}) > 1:
            break
        shared += 1

    called: dict[str, str] = {}
    for label in labels:
        name = "-".join(label.split("-")[shared:])
        cuts = (cut(name, _LONGEST - tail, tail) for tail in (0, _LONGEST // 2))
        numbered = (f"{cut(name, _LONGEST - 5, 0)} ({n})" for n in count(2))
        taken = called.values()
        called.setdefault(label, next(n for n in chain(cuts, numbered) if n not in taken))
    return lambda label: called.get(label, label)


def cut(name: str, head: int, tail: int = 0) -> str:
    """A name with an ellipsis before its last `tail` letters, if it is longer than both."""
    if len(name) <= head + tail:
        return name
    return f"{name[: head - 3]}...{name[len(name) - tail :]}"


def percent(share: float | None, digits: int = 1) -> str:
    """67.9; nothing for nothing."""
    return "" if share is None else f"{100 * share:z.{digits}f}"


def three_digits(value: float | None) -> str:
    """Without powers of ten: 1,234, 12.3, 0.0123; nothing for nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == 0 else f"{value:#.3g}".rstrip(".")


def p_value(p: float | None, digits: str = ".3g") -> str:
    """0.0123, <0.001; nothing for nothing."""
    if p is None:
        return ""
    return "<0.001" if p < 0.001 else f"{p:{digits}}"


def csv_text(lines: Sequence[Mapping[str, Any]]) -> str:
    """A column for each key that any line has, in the order in which they come; empty of none."""
    if not lines:
        return ""
    columns = list(dict.fromkeys(column for line in lines for column in line))
    return plain.csv_text(columns, lines)


def json_text(content: Mapping[str, Any], indent: int = 2) -> str:
    """JSON that every reader takes: a number that is none (NaN, infinity) is null."""
    return json.dumps(_plain(content), indent=indent, allow_nan=False) + "\n"


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and not isfinite(content) else content


def flat(content: dict[str, Any], before: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} as {"a.b": 1}; what is nothing or empty is left out."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}.")
        elif value is not None:
            found[before + key] = value
    return found


def as_markdown(
    made: Sequence[Table], sentences: Sequence[str], heading: str = "**{}**", bullet: str = "- "
) -> str:
    """Tables as they are read, then what follows from them."""
    parts = [
        f"{heading.format(plain.one_line(title))}\n\n{markdown_rows(head, rows)}"
        for title, head, rows in made
    ]
    parts.append("".join(f"{bullet}{plain.one_line(sentence)}\n" for sentence in sentences))
    return "\n".join(parts)


def markdown_rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One table without its title."""
    return plain.markdown_rows([head, ["---"] * len(head), *rows])
