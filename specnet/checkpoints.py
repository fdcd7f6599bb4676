"""The last checkpoints of a run: arrays and a position, found whole or not at all.

`index.json` is the point of commitment: a checkpoint counts once the index names it, and its
checksum tells whether it is still what was written. What may go in here: files; the meaning is
`training`'s.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from specnet.errors import RunError
from specnet.runs import Run, write_atomically

KEPT = 2
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """State of a training: named arrays, and where in the training it was.

    Attributes:
        epoch: epochs that are finished.
        step: steps of the next epoch that are done.
        arrays: everything that changes while training.
        notes: small numbers beside it, as JSON holds them.
    """

    epoch: int
    step: int
    arrays: Arrays = field(repr=False)
    notes: dict[str, Any] = field(default_factory=dict)


def save(run: Run, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint and forgets all but the last two."""
    folder = run.path / "checkpoints"
    file = folder / f"epoch-{checkpoint.epoch:04d}-step-{checkpoint.step:06d}.npz"
    arrays: dict[str, Any] = checkpoint.arrays
    write_atomically(file, lambda path: np.savez(path, **arrays))
    entry = {
        "file": file.name,
        "sha256": _checksum(file),
        "epoch": checkpoint.epoch,
        "step": checkpoint.step,
        "notes": checkpoint.notes,
    }
    whole = [old for old in _index(run) if not _problem(folder / old["file"], old["sha256"])]
    entries = [*(old for old in whole if old["file"] != file.name), entry][-KEPT:]
    run.write("checkpoints/index.json", json.dumps(entries, indent=2) + "\n")
    for stale in folder.glob("*.npz"):
        if stale.name not in {kept["file"] for kept in entries}:
            stale.unlink()


def load(run: Run) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint, and what had to be passed over to find it.

    Returns:
        The checkpoint, None where none was ever written; and a sentence for each damaged one.

    Raises:
        RunError: where checkpoints exist and all are damaged.
    """
    warnings: list[str] = []
    for entry in reversed(_index(run)):
        file = run.path / "checkpoints" / entry["file"]
        problem = _problem(file, entry["sha256"])
        if problem is None:
            with np.load(file, allow_pickle=False) as arrays:
                content = {name: arrays[name] for name in arrays.files}
            return Checkpoint(entry["epoch"], entry["step"], content, entry["notes"]), warnings
        warnings.append(f"{file}: {problem}; using the checkpoint before it")
    if warnings:
        raise RunError(f"{run.path / 'checkpoints'}: every checkpoint is damaged; train anew")
    return None, warnings


def _problem(file: Path, checksum: str) -> str | None:
    if not file.is_file():
        return "is missing"
    return None if _checksum(file) == checksum else "is damaged (its checksum differs)"


def _checksum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _index(run: Run) -> list[dict[str, Any]]:
    file = run.path / "checkpoints" / "index.json"
    if not file.exists():
        return []
    try:
        return json.loads(run.read("checkpoints/index.json"))
    except json.JSONDecodeError as error:
        raise RunError(f"{file}: is damaged ({error}); train anew") from error
