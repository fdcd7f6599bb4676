"""What a run directory holds, and how it gets there: whole files or none, one process at a time.

    recipe.yaml        the resolved recipe            metrics.csv       one row an epoch
    run.json           versions, machine, status      history.png       the same as a picture
    checkpoints/       the last two, with checksums   figures/          pictures of other commands
    model.weights.h5   best weights                   last.weights.h5   weights at the end
    filters/           filters after each epoch

What may go in here: files and their names. What the arrays mean is `training`'s business.
"""

import csv
import fcntl
import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from specnet.errors import RunError


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Lets `write` fill a temporary file, syncs it and renames it to `path`.

    Raises:
        RunError: where the file cannot be written (no space, no permission); `path` is then as it
            was.
    """
    # Keras and Matplotlib choose a format by the suffix, so it stays at the end.
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        path.parent.mkdir(exist_ok=True)
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise RunError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "free some space, then give the same command again (a training with --resume), or "
            "choose another --out"
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Run:
    """One run directory; it exists."""

    path: Path

    @classmethod
    def create(cls, wanted: Path) -> "Run":
        """Makes the directory `wanted`, or `wanted-2`, `wanted-3`, ... where that name is taken."""
        wanted = wanted.absolute() if wanted.name in ("", "..") else wanted
        try:
            wanted.parent.mkdir(parents=True, exist_ok=True)
            path = _first_free(wanted)
            (path / "checkpoints").mkdir()
        except OSError as error:
            raise RunError(
                f"{wanted}: cannot be made ({error.strerror}); choose another --out"
            ) from error
        return cls(path)

    @classmethod
    def find(cls, path: Path) -> "Run":
        """The run at `path`, or the newest one directly inside it.

        Raises:
            RunError: where there is none.
        """
        if not path.is_dir():
            raise RunError(
                f"{path}: no such directory; expected a run directory that `specnet train` made, "
                "or the folder that holds several"
            )
        if (path / "run.json").is_file():
            return cls(path)
        runs = [file.parent for file in path.glob("*/run.json")]
        if not runs:
            raise RunError(
                f"{path}: no run here (no run.json); expected a directory that `specnet train` made"
            )
        return cls(max(runs, key=lambda run: (run / "run.json").stat().st_mtime_ns))

    @classmethod
    def newest_of(cls, wanted: Path) -> "Run":
        """The newest of `wanted`, `wanted-2`, ...: the one that --resume means."""
        numbered = re.compile(re.escape(wanted.name) + r"(-\d+)?")
        siblings = wanted.parent.glob(f"{wanted.name}*") if wanted.parent.is_dir() else []
        runs = [p for p in siblings if numbered.fullmatch(p.name) and (p / "run.json").is_file()]
        if not runs:
            raise RunError(f"{wanted}: there is no run to resume; train without --resume first")
        return cls(max(runs, key=lambda run: (run / "run.json").stat().st_mtime_ns))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes out of this directory.

        Raises:
            RunError: where another process is in it.
        """
        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise RunError(
                    f"{self.path}: another process is training in this directory; "
                    "wait for it, or choose another --out"
                ) from error
            self._remove_leftovers()
            yield

    def _remove_leftovers(self) -> None:
        """Temporary files of a process that was killed while it wrote."""
        for file in self.path.rglob(".[0-9]*.*"):
            file.unlink()

    def write(self, name: str, text: str) -> None:
        """Writes one text file."""
        write_atomically(self.path / name, lambda path: _write_text(path, text))

    def read(self, name: str) -> str:
        """Reads one text file; RunError where it is missing."""
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(
                f"{self.path / name}: cannot be read ({error}); the run is damaged, train it anew"
            ) from error

    def describe(self, **facts: Any) -> None:
        """Adds to run.json."""
        known = self.facts() if (self.path / "run.json").exists() else {}
        self.write("run.json", json.dumps(known | facts, indent=2) + "\n")

    def facts(self) -> dict[str, Any]:
        """What run.json says."""
        try:
            return json.loads(self.read("run.json"))
        except json.JSONDecodeError as error:
            raise RunError(f"{self.path / 'run.json'}: not JSON ({error}); train anew") from error

    def write_metrics(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Writes metrics.csv whole; all rows have the keys of the first."""
        text = io.StringIO()
        if rows:
            table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        self.write("metrics.csv", text.getvalue())

    def metrics(self) -> list[dict[str, float]]:
        """The rows of metrics.csv."""
        if not (self.path / "metrics.csv").exists():
            return []
        rows = csv.DictReader(io.StringIO(self.read("metrics.csv")))
        return [{key: float(value) for key, value in row.items()} for row in rows]


def _first_free(wanted: Path) -> Path:
    """Makes the directory `wanted`, or the first of `wanted-2`, `wanted-3`, ... that is free."""
    for number in count(1):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        break
    return path


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
