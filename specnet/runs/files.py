"""Files that are whole or not there, and files of strangers read safely.

Everything that specnet keeps is made in memory, written to a temporary file, synced, read back and
renamed. What it reads must be a regular file of a sensible size: no link, no FIFO, no device.
"""

import errno
import hashlib
import io
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from specnet.errors import RunError

MIB = 2**20
TRIALS, RUNS = "trials", "runs"  # of a study: its records, and the run directories that it keeps
_TEMPORARY = re.compile(r"\.specnet-(\d+)-[0-9a-f]{16}\.part")
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_FULL = {errno.ENOSPC, errno.EDQUOT}
# File systems that cannot sync a folder say one of these; the file itself is synced.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF, errno.EACCES}


def sha256(content: bytes) -> str:
    """The checksum by which a file is known again."""
    return hashlib.sha256(content).hexdigest()


def content_of(write: Callable[[BinaryIO], Any]) -> bytes:
    """What `write` writes into a file, which is one in memory."""
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def write_atomically(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Lets `write` fill a file in memory, and writes that as `write_bytes` does."""
    write_bytes(path, content_of(write))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all; its folder is made if only that is missing.

    Raises:
        RunError: where it cannot be written (no space, no permission, a link in its place).
    """
    temporary = path.with_name(f".specnet-{os.getpid()}-{secrets.token_hex(8)}.part")
    try:
        _make_folder(path.parent)
        _check_replaceable(path)
        try:
            _write_synced(temporary, content)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        remedy = "put that right" if error.errno not in _FULL else "free some space"
        raise RunError(
            f"{path}: cannot be written ({error.strerror or error}); "
            f"{remedy}, then give the same command again (a training with --resume), or "
            "choose another --out"
        ) from error


def remove(path: Path) -> None:
    """Removes a file that is out of date, if it is there; RunError where it cannot be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(
            f"{path}: is out of date and cannot be removed ({error.strerror}); remove it, or "
            "choose another --out"
        ) from error


def read_bytes(path: Path, largest: int) -> bytes:
    """The content of a regular file of at most `largest` bytes.

    Raises:
        FileNotFoundError: where there is none.
        OSError: where it is something else, is too large, or cannot be read; says so.
    """
    _check_regular(kind_of(path))
    # What may have come there since must not block, and is not followed.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        _check_regular(_KINDS.get(stat.S_IFMT(status.st_mode)))
        if status.st_size > largest:
            text = f"has {status.st_size:,} bytes, expected at most {largest:,}"
            raise OSError(errno.EFBIG, text)
        return file.read(status.st_size)  # no more, should it grow


def kind_of(path: Path) -> str | None:
    """What is there that is not a regular file, such as `a link`; None of a file or of nothing."""
    try:
        return _KINDS.get(stat.S_IFMT(path.lstat().st_mode))
    except OSError:
        return None


def listed(folder: Path, pattern: str) -> list[Path]:
    """The files in a folder whose paths match a pattern, sorted; none where it does not exist.

    Raises:
        RunError: where the folder cannot be read.
    """
    with _listing(folder):
        return sorted(folder.glob(pattern))


def elsewhere(path: Path) -> str:
    """Where the runs are if a folder without one is a study's, or what was expected.

    Raises:
        RunError: where the folder cannot be read.
    """
    kept = [str(file.parent) for file in listed(path, f"{RUNS}/*/run.json")]
    if kept:
        more = f" and {len(kept) - 3} more" if len(kept) > 3 else ""
        return f"it is a study; name one of its runs: {', '.join(kept[:3])}{more}"
    if (path / TRIALS).is_dir():
        return "it is a study that kept no runs; `specnet compare` and `tune` do with --keep-runs"
    return "expected a directory that `specnet train` made"


def links_in(folder: Path) -> list[Path]:
    """The links in a folder and all below it, none of which is followed.

    Raises:
        RunError: where a folder cannot be read, so that links in it would be overlooked.
    """

    def fail(error: OSError) -> None:
        raise error

    with _listing(folder):
        paths = [
            Path(place, name)
            for place, folders, names in os.walk(folder, onerror=fail)
            for name in sorted(folders + names)
        ]
        return [path for path in paths if path.is_symlink()]


@contextmanager
def _listing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise RunError(
            f"{where}: cannot be read ({error.strerror}); put that right, then give the same "
            "command again"
        ) from error


def remove_leftovers(folder: Path) -> None:
    """Removes temporary files of specnet's processes that are gone, and nothing else."""
    for place, _, names in os.walk(folder):
        for name in names:
            match = _TEMPORARY.fullmatch(name)
            if match and not _is_alive(int(match[1])):
                with suppress(OSError):  # it takes some space, and harms nothing
                    Path(place, name).unlink()


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that `write_bytes` had not finished."""
    return _TEMPORARY.fullmatch(name) is not None


def _check_regular(kind: str | None) -> None:
    if kind:
        raise OSError(errno.EINVAL, f"is {kind}, expected a regular file")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _make_folder(folder: Path) -> None:
    if kind := kind_of(folder):
        # A folder that the user names may be a link; one inside a run is refused by `Run`.
        if kind not in ("a directory", "a link"):
            raise OSError(errno.ENOTDIR, f"{folder.name} is {kind}, expected a directory")
        return
    folder.mkdir(exist_ok=True)


def _check_replaceable(path: Path) -> None:
    if kind := kind_of(path):
        raise OSError(errno.EEXIST, f"{kind} is in its place")


def _write_synced(path: Path, content: bytes) -> None:
    """Writes, syncs and reads back a new file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if read_bytes(path, len(content)) != content:
        raise OSError(errno.EIO, "what was read back is not what was written")


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
