"""Ctrl-C while something is measured: it ends after the job that runs, with what there is.

A KeyboardInterrupt in the middle of a backend's call may be swallowed there.
"""

from collections.abc import Callable
from typing import Self

from specnet.training.interruption import StopSignals

Check = Callable[[], None]


class Stopped(Exception):
    """Somebody asked to stop."""


class Stopping(StopSignals):
    """While entered, `check` raises Stopped once a signal came; the block then ends quietly."""

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __exit__(self, *error: object) -> bool:  # type: ignore[override]
        super().__exit__(*error)
        return isinstance(error[1], Stopped)

    def check(self) -> None:
        """Call it between jobs."""
        if self.received is not None:
            raise Stopped


def never() -> None:
    """The check that never stops anything."""
