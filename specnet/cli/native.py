"""What C++ libraries write to standard error: kept out of the way, and shown where it matters.

TensorFlow and XLA report their start-up there, whatever their log level, over a live display; but
when they end the process, nothing else says why. A small process that was forked before anything
was imported keeps the end of it, and shows it where this process dies or fails.
"""

import faulthandler
import os
import re
import select
import signal
from contextlib import suppress

from specnet.plain import plain

_KEPT = 2**14  # bytes
_SHOWN, _LONGEST = 5, 300  # lines, and characters of each
_WELL, _FAILED = b".", b"!"
_START_UP = re.compile(r"I\d{4}|WARNING: All log messages before absl")
_FATAL = re.compile(r"\n  F\d{4} ")  # of absl, which may end the process as by itself
_DEATH = re.compile(rb"Fatal Python error: ([^\n]*)")
_GO_ON = "What was written is whole: the same command goes on, a training with --resume"


class Watcher:
    """The process that keeps what native code says; standard error is its from now on.

    Attributes:
        stderr: the descriptor of what was standard error.
    """

    def __init__(self) -> None:
        self.stderr = os.dup(2)
        words, native = os.pipe()
        orders, self._control = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:  # no process left: then nothing is kept
            self._pid = 0
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            return
        if self._pid == 0:
            os.close(native)
            os.close(self._control)
            _watch(words, orders)
        os.close(words)
        os.close(orders)
        os.dup2(native, 2)
        os.close(native)
        faulthandler.enable(self._control, all_threads=False)  # it says what the signal was

    def well(self) -> None:
        """This process ends, as it should."""
        self._order(_WELL)

    def failed(self) -> None:
        """Shows what native code said last: it may be why this process failed."""
        self._order(_FAILED)

    def _order(self, order: bytes) -> None:
        if not self._pid:
            return
        with suppress(OSError):  # somebody ended it
            os.write(self._control, order)
            os.waitpid(self._pid, 0)
        self._pid = 0


def _watch(words: int, orders: int) -> None:
    """The other process: keeps what it reads until an order comes, or its parent is gone."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)
        order, said = _listened(words, orders)
        if order != _WELL:
            os.write(2, _words(order, said).encode("utf-8", "backslashreplace"))
    finally:
        os._exit(0)


def _listened(words: int, orders: int) -> tuple[bytes, bytes]:
    """The order, empty if none came, and the end of what was said."""
    said, order, at_end = b"", b"", False
    waiting = [orders, words]
    while not at_end:
        ready = select.select(waiting, [], [])[0]
        if words in ready:
            heard = os.read(words, _KEPT)
            said = (said + heard)[-_KEPT:]
            if not heard:
                waiting.remove(words)
        elif orders in ready:  # only when nothing is left to be heard
            heard = os.read(orders, _KEPT)
            order += heard
            at_end = not heard or heard in (_WELL, _FAILED)
    return order, said


def _words(order: bytes, said: bytes) -> str:
    lines = [plain(line)[:_LONGEST] for line in said.decode("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line.strip() and not _START_UP.match(line)]
    shown = "".join(f"\n  {line}" for line in telling[-_SHOWN:])
    last = f" The last that native code said:{shown}" if shown else ""
    if order == _FAILED:
        return f"{last.strip()}\n" if last else ""
    how = "specnet ended without a word, as when it is killed or memory runs out."
    died = _DEATH.search(order)
    if died or _FATAL.search(shown):
        how = f"specnet died in native code{f' ({died[1].decode()})' if died else ''}."
    return f"{how}{last}\n{_GO_ON}\n"
