"""The folder of a study: kept to one process, and what is written into it.

What may go in here: what the folders of every study have in common.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from specnet.errors import RunError
from specnet.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NARROW = 4.4  # inches, of a picture for the page on a phone
_DPI = 150


@contextmanager
def opened(out: Path) -> Iterator[None]:
    """The folder, made where it is missing, for this process alone.

    Raises:
        RunError: where it cannot be made, or another process is in it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{out}: cannot be made ({error.strerror}); choose another --out") from error
    with Run(out).locked():
        yield


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
