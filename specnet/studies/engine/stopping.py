"""Ctrl-C in a study: what runs in this process ends at the next safe point, waiting ends at once.

A KeyboardInterrupt in the middle of a backend's call may be swallowed there.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Self

from specnet.errors import InterruptedRun
from specnet.training.interruption import StopSignals, asked

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


class _StoppingAtOnce(StopSignals):
    """While entered, a signal ends what is waited for; what is on disk is whole at every moment.

    Python discards what is raised while it collects garbage, so `interruption.asked` counts too.
    """

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        raise KeyboardInterrupt


@contextmanager
def stopping(out: Path, at_once: bool = True) -> Iterator[None]:
    """Makes of a signal an InterruptedRun that says how the study in a folder goes on.

    Args:
        out: the folder.
        at_once: whether the signal ends what is waited for; if not, `check_asked` does, which a job
            in this process calls between its steps.
    """
    signals = _StoppingAtOnce() if at_once else StopSignals()
    try:
        with signals:
            check_asked()
            yield
            check_asked()
    except KeyboardInterrupt:
        number = signals.received or signal.SIGINT
        raise stopped(out, number) from None
    except InterruptedRun as error:  # of a trial: whoever stops that, stops all
        raise stopped(out, signals.received or error.signal_number) from None


def check_asked() -> None:
    """Raises KeyboardInterrupt where a signal came, whose own may have been swallowed."""
    if asked() is not None:
        raise KeyboardInterrupt


def stopped(out: Path, number: int) -> InterruptedRun:
    """The error of a study in a folder that a signal ended, and that goes on."""
    return InterruptedRun(f"{out}: stopped; the same command goes on from here", number)
