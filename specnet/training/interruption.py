"""Signals that ask to stop: Ctrl-C, SIGTERM, and SIGHUP of a terminal that closes.

Where nothing is to be saved they end the command at once; a long job stops at its next safe point.
"""

import os
import signal
import threading
from types import FrameType
from typing import Any, Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_pending: list[int] = []  # signals that raised Stopped, which a library may have swallowed


class Stopped(KeyboardInterrupt):
    """A signal came where nothing was to be saved, or the second one came."""


def listen() -> None:
    """From now on a signal raises Stopped; a second one ends the process."""
    _listen(_raise)


def let_go() -> None:
    """Let signals end the process, as they do by default."""
    _listen(signal.SIG_DFL)


def pending() -> int | None:
    """The signal that raised Stopped, whatever became of that; None if none did."""
    return _pending[0] if _pending else None


def asked() -> int | None:
    """The signal that asks this process to stop, whatever became of what it raised; or None."""
    noted = _noted_by(signal.getsignal(signal.SIGINT))
    return pending() or (noted.received if noted else None)


def forget() -> None:
    """Begin anew after signals that were answered: a notebook lives on, a command does not."""
    _pending.clear()


class StopSignals:
    """While entered, the first signal is only noted; a second one stops at once.

    Attributes:
        received: number of the signal that came, None while none has.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def __enter__(self) -> Self:
        self._kept = _listen(self._note)
        outer = self._outer()
        self.received = pending() or (outer.received if outer else None)
        return self

    def __exit__(self, *error: object) -> None:
        _restore(self._kept)
        if error[0] is None and (outer := self._outer()):  # nothing was left to stop here
            outer.received = outer.received or self.received

    def _outer(self) -> "StopSignals | None":
        """Those around these, which a longer job entered."""
        return _noted_by(self._kept.get(signal.SIGINT))

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            _pending.append(number)
            raise Stopped
        self.received = number


def _noted_by(handler: Any) -> StopSignals | None:
    """Those whose method a handler is."""
    found = getattr(handler, "__self__", None)
    return found if isinstance(found, StopSignals) else None


def _raise(number: int, frame: FrameType | None) -> None:
    _pending.append(number)
    if len(_pending) > 1:
        os._exit(128 + number)
    raise Stopped


def _listen(handler: Any) -> dict[int, Any]:
    """Sets a handler and returns those before; a thread other than the first cannot."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {number: signal.signal(number, handler) for number in _NUMBERS if _is_heard(number)}


def _is_heard(number: int) -> bool:
    """`nohup` ignores SIGHUP, and means it; shells ignore SIGINT of whatever they start with &."""
    return number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN


def _restore(handlers: dict[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
