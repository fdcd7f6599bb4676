"""The folder of a study: for one process at a time, with records of what is finished in it."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from specnet.errors import RunError, UsageError
from specnet.runs import Run, files
from specnet.runs.facts import explained, without_lone_surrogates

FILE = "study.json"  # of what is asked for
MEASURED = "bench.json"  # of `specnet bench`, which needs Keras and so cannot say it early
_LARGEST = 64 * files.MIB  # of a record


class _AnyStudy(TypedDict):
    asked: dict[str, Any]


@contextmanager
def opened(out: Path, *markers: str, asks: str | None = None) -> Iterator[None]:
    """The folder, made where it is missing, for this process alone.

    Args:
        out: the folder.
        markers, asks: by which it is known as one of this study, as for `check_own`.

    Raises:
        UsageError: where it holds other things, or cannot be made.
        RunError: where another process is in it, or there are links in it.
    """
    check_own(out, *markers, asks=asks)
    make_folder(out, UsageError)
    with Run(out).locked():
        yield


def make_folder(out: Path, error_of: type[RunError | UsageError] = RunError) -> None:
    """Makes a folder where it is missing; `error_of` this kind where it cannot be made."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = f"{out}: cannot be made ({error.strerror}); choose another --out"
        raise error_of(words) from error


def check_own(out: Path, *markers: str, asks: str | None = None) -> None:
    """Checks that a folder is missing, empty, or one of this study.

    Args:
        out: the folder.
        markers: files, or patterns of them, of which one is there.
        asks: what study.json, which several kinds of studies have, asks for in this one alone.

    Raises:
        UsageError: where it holds other things, or a study of another kind.
    """
    if not os.path.lexists(out):
        return
    try:
        names = [name for name in os.listdir(out) if name != ".lock"]
    except OSError as error:
        raise UsageError(
            f"--out {out}: cannot be read as a folder ({error.strerror}); choose another --out"
        ) from error
    others = sorted(name for name in names if not files.is_temporary(name))
    own = any(any(out.glob(marker)) for marker in markers) or (asks and begun(out, asks))
    if others and not own:
        raise UsageError(
            f"--out {out}: holds other things ({', '.join(others[:3])}"
            f"{', ...' if len(others) > 3 else ''}) and no study of this kind; "
            "name a new folder, or an empty one"
        )


def begun(out: Path, asks: str) -> bool:
    """Whether study.json is that of a study that asks for this; also where it is damaged."""
    if not os.path.lexists(out / FILE):
        return False
    try:
        return asks in recall(out, _AnyStudy)["asked"]
    except RunError:  # whoever reads it says so
        return True


def read_record(file: Path, kind: TypeAdapter[Any]) -> Any:
    """A record of a study in JSON.

    Raises:
        RunError: where it is damaged, or no regular file.
    """
    try:
        text = files.read_bytes(file, _LARGEST).decode("latin-1")  # what is no text stays so
        return kind.validate_json(without_lone_surrogates(text).encode("latin-1"))
    except OSError as error:
        reason = str(error.strerror)
    except ValidationError as error:
        reason = explained(error)
    raise RunError(f"{file}: is damaged ({reason}); delete it, run again")


def recall(out: Path, kind: type) -> Any:
    """What study.json says: a TypedDict of this kind; None where the study was not begun.

    Raises:
        RunError: where it is damaged.
    """
    return read_record(out / FILE, TypeAdapter(kind)) if os.path.lexists(out / FILE) else None


def remember(out: Path, **content: Any) -> None:
    """Writes study.json: what was asked for, and what was made of it."""
    Run(out).write(FILE, json.dumps(content, indent=1) + "\n")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """A line for each key of both whose value differs."""
    both = (key for key in after if key in before)
    return [f"{key}: {before[key]} -> {after[key]}" for key in both if before[key] != after[key]]


def check_same(out: Path, what: str, differences: Sequence[str]) -> None:
    """Raises RunError with the differences between what a folder holds and what is asked for.

    Args:
        out: the folder.
        what: is the matter with it: `holds a comparison of other things`.
        differences: a line each; with none, all is well.
    """
    if differences:
        raise RunError(
            f"{out}: {what}:\n  " + "\n  ".join(differences) + "\n"
            "Choose another --out, or remove it"
        )
