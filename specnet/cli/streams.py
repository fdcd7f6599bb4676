"""Standard output and standard error that never stop a command.

Where the reader is gone or the disk is full, output is dropped and `problem` says why; where the
reader is slow, a thread waits for it. No other module of this package writes to them.
"""

import errno
import io
import os
import select
import sys
import threading
from contextlib import suppress

_CHUNK = 4096  # bytes that fit into a pipe which is not full
_NOBODY = (errno.EPIPE, errno.EIO)  # a reader that went away, or a terminal that was closed


def open_missing() -> None:
    """Gives numbers 0 to 2 to nowhere where they are closed: the next file would get them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


class Stream(io.TextIOBase):
    """Text to a file descriptor; what its encoding lacks is escaped.

    Attributes:
        problem: why nothing is written any more, None as long as all is well.
    """

    def __init__(self, descriptor: int, like: object):
        self._descriptor = descriptor
        self._encoding = getattr(like, "encoding", None) or "utf-8"
        self.problem: OSError | None = None
        self._waiting = b""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream that this one replaces."""
        return self._encoding

    def fileno(self) -> int:
        """Where it writes to."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether somebody looks at it."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Writes now what the reader takes, and the rest from a thread."""
        content = text.encode(self._encoding, "backslashreplace")
        with self._lock:
            if not self._waiting:
                content = self._written(content)
            if content and self.problem is None:
                self._waiting += content
                if self._thread is None:
                    self._thread = threading.Thread(target=self._wait_and_write, daemon=True)
                    self._thread.start()
        return len(text)

    def drain(self) -> OSError | None:
        """Waits for the reader; returns the problem, if there is one that anybody minds."""
        thread = self._thread
        if thread is not None:
            thread.join()
        minded = self.problem is not None and self.problem.errno not in _NOBODY
        return self.problem if minded else None

    def _written(self, content: bytes) -> bytes:
        """Writes as much as is taken at once, and returns the rest."""
        try:
            while content and select.select([], [self._descriptor], [], 0)[1]:
                content = content[os.write(self._descriptor, content[:_CHUNK]) :]
        except BlockingIOError:
            return content
        except OSError as error:
            self.problem = error
            return b""
        return content

    def _wait_and_write(self) -> None:
        while True:
            with suppress(OSError):  # closed: writing says so
                select.select([], [self._descriptor], [])
            with self._lock:
                self._waiting = self._written(self._waiting)
                if not self._waiting:
                    self._thread = None
                    return


def replace(error_descriptor: int) -> None:
    """Has Python write through streams of this kind."""
    sys.stdout = Stream(1, sys.stdout)
    sys.stderr = Stream(error_descriptor, sys.stderr)


def problem_of_output() -> str | None:
    """Waits until everything is read, and says what kept it from being written."""
    for stream in (sys.stderr, sys.stdout):
        found = stream.drain() if isinstance(stream, Stream) else None
        if found is not None and stream is sys.stdout:
            return (
                f"standard output: cannot be written ({found.strerror}); what the command writes "
                "into files is there all the same"
            )
    return None
