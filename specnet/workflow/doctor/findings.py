"""A check and what it found: well, worth knowing, or failed, and then what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from specnet.errors import SpecnetError

State = Literal["ok", "note", "failed"]
OK: State = "ok"
NOTE: State = "note"
FAILED: State = "failed"


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        found: in words.
        state: `ok`, `note` (nothing is broken, but something is missing or left out) or `failed`.
        advice: what to do, where that is not nothing.
        measured: numbers behind the words, by name.
        what: what was looked at; `look` fills it in.
    """

    found: str
    state: State = OK
    advice: str = ""
    measured: Mapping[str, float] = field(default_factory=dict)
    what: str = ""


@dataclass(frozen=True)
class Check:
    """Something to look at, how, and what to do where looking raises an error."""

    what: str
    of: Callable[[], Finding]
    advice: str = ""


def look(check: Check) -> Finding:
    """What a check finds; an error of any kind is a finding too."""
    try:
        found = check.of()
    except Exception as error:
        words = _first_line(error)
        if not isinstance(error, SpecnetError):
            words = f"{type(error).__name__}: {words}" if words else type(error).__name__
        found = Finding(words, FAILED, check.advice)
    return replace(found, what=check.what)


def compared(error: float, limit: float, against: str, advice: str) -> Finding:
    """A largest error and what it may be; not a number is too much."""
    words = f"{error:.1e} from {against} at most"
    measured = {"error": error, "limit": limit}
    if error <= limit:
        return Finding(words, measured=measured)
    return Finding(f"{words}; {limit:.0e} is expected", FAILED, advice, measured)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else ""
