"""What a run directory holds, and how it gets there: whole files or none, one process at a time.

    recipe.yaml        the resolved recipe            metrics.csv       one row an epoch
    run.json           versions, machine, status      history.png       the same as a picture
    checkpoints/       the last two, with checksums   figures/          pictures of other commands
    model.weights.h5   best weights                   last.weights.h5   weights at the end
    filters/           filters after each epoch

Files and their names. What the arrays mean is `training`'s business.
"""

import csv
import errno
import fcntl
import io
import math
import os
import re
import stat
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from specnet.errors import RunError, RunWarning, UsageError
from specnet.runs import facts as run_facts
from specnet.runs import files
from specnet.runs.files import MIB

__all__ = ["BEST", "LARGEST", "LAST", "METRICS", "RECIPE", "Run"]

RECIPE, METRICS = "recipe.yaml", "metrics.csv"
BEST, LAST = "model.weights.h5", "last.weights.h5"
LARGEST = 2**20 * MIB  # bytes of a file of unknown kind
_LARGEST_TEXT = 4 * MIB
_MOST_ROWS, _MOST_COLUMNS = 100_000, 64  # of metrics.csv
_LOCKED = {errno.EWOULDBLOCK, errno.EAGAIN}  # anything else means that there are no locks


@dataclass(frozen=True)
class Run:
    """One run directory; it exists."""

    path: Path

    @classmethod
    def create(cls, wanted: Path) -> "Run":
        """Makes the directory `wanted`, or `wanted-2`, `wanted-3`, ... where that name is taken.

        A directory that is there and empty is taken as it is.

        Raises:
            UsageError: where it cannot be made, or `wanted` has no name of its own, as `.` and
                `..`, and is not empty.
        """
        try:
            wanted.parent.mkdir(parents=True, exist_ok=True)
            return cls(_first_free(wanted))
        except OSError as error:
            raise UsageError(
                f"{wanted}: cannot be made ({error.strerror}); choose another --out"
            ) from error

    @classmethod
    def find(cls, path: Path) -> "Run":
        """The run at `path`, or the newest one directly inside it.

        Raises:
            RunError: where there is none, or one with links in it.
        """
        if not os.path.isdir(path):
            raise RunError(
                f"{path}: no such directory; expected a run directory that `specnet train` made, "
                "or the folder that holds several"
            )
        if _is_run(path):
            return cls(path).checked()
        runs = [file.parent for file in files.listed(path, "*/run.json") if _is_run(file.parent)]
        if not runs:
            raise RunError(f"{path}: no run here (no run.json); {files.elsewhere(path)}")
        return cls(max(runs, key=_age)).checked()

    @classmethod
    def newest_of(cls, wanted: Path, recipe: str | None = None) -> "Run":
        """The newest of `wanted`, `wanted-2`, ...: the one that --resume means.

        Where there are any of the recipe, one of those: another's name may end in a number too.
        """
        runs = [path for path in _numbered(wanted) if _is_run(path)]
        if recipe is not None and len(runs) > 1:
            runs = [path for path in runs if cls(path)._is_of(recipe)] or runs
        if not runs:
            raise RunError(f"{wanted}: there is no run to resume; train without --resume first")
        return cls(max(runs, key=_age)).checked()

    def beside(self, ending: str) -> Path:
        """The path next to this run that has its name and an ending."""
        path = self.path.resolve() if self.path.name in ("", "..") else self.path
        return path.with_name(f"{path.name}{ending}")

    def _is_of(self, recipe: str) -> bool:
        with suppress(RunError):
            return self.facts().get("recipe") == recipe
        return False

    def checked(self) -> "Run":
        """Itself; RunError where anything in it is a link: what is behind it is somebody else's."""
        for link in files.links_in(self.path):
            raise RunError(
                f"{link}: is a link, and specnet follows none inside a directory that it writes; "
                "put what it points to in its place, or remove it"
            )
        return self

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes out of this directory, as far as its file system can.

        Raises:
            RunError: where another process is in it, or where it cannot be written.
        """
        self.checked()
        file = self.path / ".lock"
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | _SAFELY, 0o666)
        except OSError as error:
            reason = files.kind_of(file) or error.strerror
            raise RunError(
                f"{file}: cannot be locked ({reason}); choose another --out, that can be written"
            ) from error
        try:
            self._lock(descriptor)
            files.remove_leftovers(self.path)
            yield
        finally:
            with suppress(OSError):
                os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RunError(f"{self.path / '.lock'}: is no regular file; remove it")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _LOCKED:
                raise RunError(
                    f"{self.path}: another process is writing in this directory; "
                    "wait for it, or choose another --out"
                ) from error
            self._warn(
                f"{self.path}: its file system has no locks ({error.strerror}); "
                "let no other process write in it"
            )

    def is_locked(self) -> bool | None:
        """Whether a process is training in it; None where its file system cannot tell."""
        try:
            descriptor = os.open(self.path / ".lock", os.O_RDONLY | _SAFELY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return True if error.errno in _LOCKED else None
        finally:
            os.close(descriptor)
        return False

    def status(self) -> str:
        """What run.json says of how it ended; `killed` if it says `running` and no process is."""
        status = self.facts().get("status", "")
        return "killed" if status == "running" and self.is_locked() is False else status

    def write(self, name: str, content: str | bytes) -> None:
        """Writes one file, whole or not at all."""
        self._check_parents(name)
        encoded = content.encode() if isinstance(content, str) else content
        files.write_bytes(self.path / name, encoded)

    def write_known(self, name: str, content: str | bytes) -> None:
        """Writes one file whose checksum run.json keeps, so that `read_known` can tell it.

        Until the file is there, run.json has the checksums of what it was and will be: whenever a
        process is killed, the file is one of these.
        """
        encoded = content.encode() if isinstance(content, str) else content
        digest, known = files.sha256(encoded), self.checksums()
        before = [each for each in known.get(name, self._unknown(name)) if each != digest]
        self.describe(**{run_facts.CHECKSUMS: known | {name: [digest, *before]}})
        self.write(name, encoded)
        if before:
            self.describe(**{run_facts.CHECKSUMS: known | {name: [digest]}})

    def _unknown(self, name: str) -> list[str]:
        """The checksum of a file that an older version wrote, if it is there."""
        with suppress(OSError):
            return [files.sha256(files.read_bytes(self.path / name, LARGEST))]
        return []

    def read_bytes(self, name: str, largest: int = _LARGEST_TEXT) -> bytes:
        """Reads one file; RunError where it is missing, too large, or no regular file."""
        self._check_parents(name)
        try:
            return files.read_bytes(self.path / name, largest)
        except OSError as error:
            raise RunError(
                f"{self.path / name}: cannot be read ({error.strerror}); "
                "try again, restore it from a copy, or train anew"
            ) from error

    def read_known(
        self, name: str, largest: int = _LARGEST_TEXT, may_change: bool = False
    ) -> bytes:
        """Reads a file that `write_known` wrote.

        A run that is older than checksums cannot tell what was written; a warning says so.

        Raises:
            RunError: where it is not what was written; where it may change, a warning says so.
        """
        content, file = self.read_bytes(name, largest), self.path / name
        known = self.checksums().get(name)
        if known is None:
            self._warn(f"{file}: run.json has no checksum of it; it is taken as it is")
        elif files.sha256(content) not in known:
            found = f"{file}: is damaged or was changed (its SHA-256 is not the one in run.json)"
            if not may_change:
                raise RunError(f"{found}; restore it from a copy, or train anew")
            self._warn(f"{found}; it is taken as it is")
        return content

    def _warn(self, message: str) -> None:
        warnings.warn(message, RunWarning, stacklevel=3)

    def read(self, name: str, largest: int = _LARGEST_TEXT) -> str:
        """Reads one text file; RunError where it is missing."""
        return self._decoded(name, self.read_bytes(name, largest))

    def _decoded(self, name: str, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise RunError(
                f"{self.path / name}: cannot be read ({error}); "
                "restore it from a copy, or train anew"
            ) from error

    def begin(self, recipe: str, /, **facts: Any) -> None:
        """Writes recipe.yaml and adds to run.json, which makes a run of a directory."""
        known = self.checksums()
        (self.write_known if known else self.write)(RECIPE, recipe)
        checksum = {RECIPE: [files.sha256(recipe.encode())]}
        self.describe(**facts, **{run_facts.CHECKSUMS: known | checksum})

    def describe(self, **facts: Any) -> None:
        """Adds to run.json."""
        known = self._facts() if os.path.lexists(self.path / run_facts.NAME) else {}
        self.write(run_facts.NAME, run_facts.dump(known | facts))

    def facts(self) -> dict[str, Any]:
        """What run.json says, without the checksums."""
        facts = self._facts()
        return {key: value for key, value in facts.items() if key != run_facts.CHECKSUMS}

    def fact(self, name: str) -> Any:
        """What run.json says of one thing; RunError where it does not."""
        facts = self.facts()
        if name not in facts:
            raise RunError(
                f"{self.path / run_facts.NAME}: is damaged ('{name}' is missing); "
                "restore it from a copy, or train anew"
            )
        return facts[name]

    def checksums(self) -> run_facts.Checksums:
        """File name -> the checksums that run.json has of it; none of an older run."""
        exists = os.path.lexists(self.path / run_facts.NAME)
        return run_facts.checksums(self._facts()) if exists else {}

    def _facts(self) -> dict[str, Any]:
        file = self.path / run_facts.NAME
        facts = run_facts.parse(file, self.read(run_facts.NAME))
        if run_facts.has_changed(facts):
            self._warn(f"{file}: was changed since specnet wrote it; it is taken as it is")
        return facts

    def check_weights(self) -> None:
        """Raises RunError where there are no weights of a finished epoch."""
        file = self.path / BEST
        if not os.path.lexists(file):
            raise RunError(
                f"{file}: missing; no epoch of this run is finished, continue with --resume"
            )

    def write_metrics(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Writes metrics.csv whole; all rows have the keys of the first."""
        text = io.StringIO()
        if rows:
            table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        self.write_known(METRICS, text.getvalue())

    def metrics(self, *needed: str) -> list[dict[str, float]]:
        """The rows of metrics.csv, none where there is none yet.

        Raises:
            RunError: where it is damaged, or has no column of a name in `needed`.
        """
        if not os.path.lexists(self.path / METRICS):
            if METRICS in self.checksums():
                self._warn(f"{self.path / METRICS}: is missing; --resume writes it anew")
            return []
        table = csv.reader(io.StringIO(self._metrics_text()))
        try:
            return _rows(table, ("epoch", *needed))
        except (ValueError, csv.Error) as error:
            raise RunError(
                f"{self.path / METRICS}: is damaged (line {table.line_num}: {error}); "
                "restore it from a copy, or train anew"
            ) from error

    def _metrics_text(self) -> str:
        known = METRICS in self.checksums()  # a run of an older version has none of it
        content = self.read_known(METRICS, may_change=True) if known else self.read_bytes(METRICS)
        return self._decoded(METRICS, content)

    def _check_parents(self, name: str) -> None:
        """A folder inside the run that became a link since is not followed either."""
        for folder in list(Path(name).parents)[:-1]:
            if files.kind_of(self.path / folder) == "a link":
                raise RunError(f"{self.path / folder}: is a link; put a directory in its place")


_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _is_run(path: Path) -> bool:
    return os.path.lexists(path / run_facts.NAME)


def _age(path: Path) -> int:
    return (path / run_facts.NAME).lstat().st_mtime_ns


def _numbered(wanted: Path) -> list[Path]:
    """What there is of `wanted`, `wanted-2`, ..."""
    if wanted.name in ("", ".."):
        return [wanted]
    name = re.compile(re.escape(wanted.name) + r"(-\d+)?")
    try:
        return [each for each in wanted.parent.iterdir() if name.fullmatch(each.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError(f"{wanted.parent}: cannot be read ({error.strerror})") from error


def _first_free(wanted: Path) -> Path:
    """Makes the directory `wanted`, or the first of `wanted-2`, `wanted-3`, ... that is free."""
    for number in count(1):
        if number > 1 and wanted.name in ("", ".."):
            raise UsageError(
                f"--out {wanted}: holds other things, and has no name to which a number could be "
                "added; name a new directory, such as --out mine"
            )
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        # Of two processes that find the same empty directory, one makes the folder inside.
        with suppress(FileExistsError):
            path.mkdir(exist_ok=True)
            if not any(path.iterdir()):
                (path / "checkpoints").mkdir()
                return path
    raise AssertionError("unreachable")


def _rows(table: Any, needed: Sequence[str]) -> list[dict[str, float]]:
    """Rows of finite numbers under a header; ValueError with what is wrong of the line read."""
    header: list[str] = next(table, [])
    missing = [name for name in needed if name not in header]
    if missing or len(header) > _MOST_COLUMNS or len({*header}) < len(header):
        raise ValueError(f"no column {', '.join(missing)}" if missing else "columns of one name")
    rows: list[dict[str, float]] = []
    for cells in table:
        if len(cells) != len(header) or len(rows) == _MOST_ROWS:
            raise ValueError(f"expected {len(header)} numbers, found {len(cells)}")
        values = [int(cell) if cell.isdecimal() else float(cell) for cell in cells]
        if not all(map(math.isfinite, values)):
            raise ValueError("expected finite numbers")
        rows.append(dict(zip(header, values, strict=True)))
    return rows
