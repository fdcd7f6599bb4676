"""Everything that can go wrong for a user, each kind with the exit code of its command.

A message says where, what was found, what was expected and what to do. The command line prints it
without a traceback; a Python caller catches `SpecnetError`, or one of its kinds.
"""

from collections.abc import Iterable
from typing import Any


class SpecnetError(Exception):
    """The base of every error that specnet raises on purpose (exit code 1)."""

    exit_code = 1


class UsageError(SpecnetError):
    """A command or function was given arguments that it cannot take (exit code 2)."""

    exit_code = 2


class RecipeError(UsageError):
    """A recipe cannot be used; `problems` holds one line for each thing wrong with it."""

    def __init__(self, problems: Iterable[str]):
        self.problems = tuple(map(_on_one_line, problems))
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return RecipeError, (self.problems,)


def _on_one_line(text: str) -> str:
    """The text with line breaks and what else cannot be printed as escapes; files can hold it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class DataError(SpecnetError):
    """Data is missing, unreadable or does not fit the recipe (exit code 3)."""

    exit_code = 3


class DivergedError(SpecnetError):
    """The loss became infinite or not a number (exit code 4)."""

    exit_code = 4


class RunError(SpecnetError):
    """A run directory is missing, damaged, in use, or belongs to another recipe (exit code 1)."""


class RunWarning(UserWarning):
    """Something about a run that its reader should know; the command line prints it as a note."""


class InterruptedRun(SpecnetError):
    """Training stopped on a signal, after a checkpoint (exit code 128 + signal)."""

    def __init__(self, message: str, signal_number: int):
        super().__init__(message)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number

    def __reduce__(self) -> tuple[Any, ...]:  # errors come back from other processes
        return InterruptedRun, (str(self), self.signal_number)
