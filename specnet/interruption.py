"""Signals that ask a long job to stop at its next safe point."""

import signal
from types import FrameType
from typing import Self


class StopSignals:
    """While entered, the first SIGINT or SIGTERM is only noted; a second one stops at once.

    Attributes:
        received: number of the signal that came, None while none has.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def __enter__(self) -> Self:
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._kept = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._kept.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number
