"""The folder of a study: kept to one process, and what is written into it.

What the folders of every study have in common.
"""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from specnet.errors import RunError, UsageError
from specnet.runs import Run, files
from specnet.runs.facts import explained

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NARROW = 4.4  # inches, of a picture for the page on a phone
_DPI = 150
_LARGEST = 64 * files.MIB  # of a record


@contextmanager
def opened(out: Path, *markers: str) -> Iterator[None]:
    """The folder, made where it is missing, for this process alone.

    Args:
        out: the folder.
        markers: files, or patterns of them, by which it is known as one of this study.

    Raises:
        UsageError: where it holds other things.
        RunError: where it cannot be made, another process is in it, or there are links in it.
    """
    check_own(out, *markers)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{out}: cannot be made ({error.strerror}); choose another --out") from error
    with Run(out).locked():
        yield


def check_own(out: Path, *markers: str) -> None:
    """Raises UsageError where a folder is there, is not empty, and is not one of this study."""
    if not os.path.lexists(out):
        return
    try:
        names = [name for name in os.listdir(out) if name != ".lock"]
    except OSError as error:
        raise UsageError(
            f"--out {out}: cannot be read as a folder ({error.strerror}); choose another --out"
        ) from error
    others = sorted(name for name in names if not files.is_temporary(name))
    if others and not any(any(out.glob(marker)) for marker in markers):
        raise UsageError(
            f"--out {out}: holds other things ({', '.join(others[:3])}"
            f"{', ...' if len(others) > 3 else ''}) and no study of this kind; "
            "name a new folder, or an empty one"
        )


def read_record(file: Path, kind: TypeAdapter[Any]) -> Any:
    """A record of a study in JSON.

    Raises:
        RunError: where it is damaged, or no regular file.
    """
    try:
        return kind.validate_json(files.read_bytes(file, _LARGEST))
    except OSError as error:
        reason = str(error.strerror)
    except ValidationError as error:
        reason = explained(error)
    raise RunError(f"{file}: is damaged ({reason}); delete it, run again")


def write(out: Path, texts: Mapping[str, str], pictures: Mapping[str, bytes]) -> list[Path]:
    """Writes texts by file name and PNGs by stem, each whole or not at all; returns the files.

    Raises:
        RunError: where something cannot be written.
    """
    for name, text in texts.items():
        Run(out).write(name, text)
    for name, content in pictures.items():
        Run(out).write(f"{name}.png", content)
    return [*(out / name for name in texts), *(out / f"{name}.png" for name in pictures)]


def png(figure: "Figure") -> bytes:
    """A figure as the content of a PNG."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI)
    return content.getvalue()
