"""Reading strangers' files: regular ones only, no more of them than a limit, named readably.

A pipe or device under the name of a picture would hang a reader, or feed it without end.
"""

import os
import stat
from pathlib import Path
from typing import IO

from specnet.errors import DataError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def shown(path: Path | str) -> str:
    r"""Return a path as text that can be printed and written anywhere; other bytes as `\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def absolute(path: Path) -> Path:
    """Return where a path of a recipe leads, with `~` for the home folder.

    Raises:
        DataError: the home folder is unknown.
    """
    try:
        return path.expanduser().absolute()
    except (RuntimeError, OSError) as error:  # no such user, or the current folder is gone
        raise DataError(f"{shown(path)}: {error}; correct data.path") from error


def special(mode: int) -> str | None:
    """Return what is no regular file in words, from `st_mode`; None for a regular file."""
    if stat.S_ISREG(mode):
        return None
    return next((words for is_kind, words in _KINDS if is_kind(mode)), "no regular file")


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file, or a link to one, without waiting for anything else.

    Raises:
        OSError: it cannot be opened.
        DataError: it is something else.
    """
    found = special(path.stat().st_mode)
    if found is None:  # and if it is exchanged only now, a pipe does not block and is seen below
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        file = open(opened, "rb")  # noqa: SIM115
        found = special(os.fstat(file.fileno()).st_mode)
        if found is None:
            return file
        file.close()
    raise DataError(f"{found}, not a file")


def read_regular(path: Path, limit: int) -> bytes:
    """Return what is in a regular file of at most `limit` bytes; raises as `open_regular`."""
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise DataError(f"larger than {limit / 2**20:.0f} MiB, the most that is read")
    return content
