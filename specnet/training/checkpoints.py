"""The last checkpoints of a run: arrays and a position, found whole or not at all.

`index.json` is the point of commitment: a checkpoint counts once the index names it, and checksums
tell whether it, and what the index says of it, are still what was written. Files; the meaning is
`training`'s.
"""

import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from specnet.errors import RunError
from specnet.runs import arrays, files
from specnet.runs.directory import LARGEST, Run
from specnet.runs.facts import explained

KEPT = 2
INDEX = "checkpoints/index.json"
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """State of a training: named arrays, and where in the training it was.

    Attributes:
        epoch: epochs that are finished.
        step: steps of the next epoch that are done.
        arrays: everything that changes while training.
        notes: small numbers next to it, as JSON holds them.
    """

    epoch: int
    step: int
    arrays: Arrays = field(repr=False)
    notes: dict[str, Any] = field(default_factory=dict)


class _Entry(BaseModel):
    """What the index says of a checkpoint; `entry_sha256` is of all the rest of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    file: Annotated[str, Field(pattern=r"^epoch-\d{4,9}-step-\d{6,9}\.npz$")]
    sha256: str
    epoch: Annotated[int, Field(ge=0, lt=10**9)]
    step: Annotated[int, Field(ge=0, lt=10**9)]
    notes: dict[str, Any]
    entry_sha256: str | None = None  # older runs have none

    def signed(self) -> "_Entry":
        return self.model_copy(update={"entry_sha256": self.digest()})

    def digest(self) -> str:
        rest = self.model_dump(exclude={"entry_sha256"})
        return files.sha256(json.dumps(rest, sort_keys=True).encode())


_INDEX = TypeAdapter(Annotated[list[_Entry], Field(max_length=KEPT)])


def save(run: Run, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint and forgets all but the last two."""
    name = f"epoch-{checkpoint.epoch:04d}-step-{checkpoint.step:06d}.npz"
    content = arrays.packed(checkpoint.arrays)
    run.write(f"checkpoints/{name}", content)
    entry = _Entry(
        file=name,
        sha256=files.sha256(content),
        epoch=checkpoint.epoch,
        step=checkpoint.step,
        notes=checkpoint.notes,
    )
    whole = [old for old in _index(run) if old.file != name and not _content(run, old)[1]]
    entries = [*whole, entry.signed()][-KEPT:]
    text = json.dumps([each.model_dump() for each in entries], indent=2)
    run.write(INDEX, text + "\n")
    kept = {each.file for each in entries}
    with suppress(OSError, RunError):  # they take some space, and the next save tries again
        for stale in files.listed(run.path / "checkpoints", "epoch-*-step-*.npz"):
            if stale.name not in kept:
                stale.unlink()


def load(run: Run, largest: int = LARGEST) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint, and what had to be passed over to find it.

    Args:
        run: whose checkpoints.
        largest: bytes that the file of one can have.

    Returns:
        The checkpoint, None where none was ever written; and a sentence for each damaged one.

    Raises:
        RunError: where checkpoints exist and all are damaged.
    """
    warnings: list[str] = []
    for entry in reversed(_index(run)):
        content, problem = _content(run, entry, largest)
        if problem is None:
            try:
                found = arrays.unpacked(content)
                return Checkpoint(entry.epoch, entry.step, found, entry.notes), warnings
            except ValueError as error:
                problem = f"is damaged ({error})"
        file = run.path / "checkpoints" / entry.file
        warnings.append(f"{file}: {problem}; using the checkpoint before it")
    if warnings:
        raise RunError(
            f"{run.path / 'checkpoints'}: every checkpoint is damaged; train anew:\n  "
            + "\n  ".join(warning.rpartition(";")[0] for warning in warnings)
        )
    return None, _lost(run)


def _lost(run: Run) -> list[str]:
    """A sentence where there are checkpoints and no index names them."""
    left = files.listed(run.path / "checkpoints", "*.npz")
    if len(left) >= KEPT:  # of a process that was killed at its first checkpoint it is one
        raise RunError(
            f"{run.path / INDEX}: is missing or empty, and there are checkpoints; restore it from "
            "a copy, or train anew"
        )
    return [f"{each}: was not finished; the training begins at its start" for each in left]


def _content(run: Run, entry: _Entry, largest: int = LARGEST) -> tuple[bytes, str | None]:
    """The content of a checkpoint's file, and what is wrong with it."""
    position = re.findall(r"\d+", entry.file)[:2]
    if [*map(int, position)] != [entry.epoch, entry.step]:
        return b"", "is not that of the index"
    if entry.entry_sha256 not in (None, entry.digest()):
        return b"", "is damaged (what the index says of it has changed)"
    try:
        content = files.read_bytes(run.path / "checkpoints" / entry.file, largest)
    except FileNotFoundError:
        return b"", "is missing"
    except OSError as error:
        return b"", str(error.strerror)
    if files.sha256(content) != entry.sha256:
        return b"", "is damaged (its checksum differs)"
    return content, None


def _index(run: Run) -> list[_Entry]:
    if not os.path.lexists(run.path / INDEX):
        return []
    try:
        return _INDEX.validate_json(run.read(INDEX, 64 * files.MIB))
    except ValidationError as error:
        raise RunError(
            f"{run.path / INDEX}: is damaged ({explained(error)}); restore it from a copy, or "
            "train anew"
        ) from error
