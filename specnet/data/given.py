"""Image files that a user names: files, folders, patterns, or a list on standard input."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from specnet.data.image_files import shown
from specnet.data.listing import below, describe, is_folder
from specnet.errors import DataError

STDIN = "-"


def files(names: Iterable[str], lines: Iterable[str]) -> list[Path]:
    """Return the files that are meant, each once, in the order of the names.

    Args:
        names: files; folders, whose images at any depth are meant; patterns such as `photos/*.jpg`
            or `**/*.png`, for shells that leave them as they are; `-` for `lines`.
        lines: the names of files, one a line.

    Raises:
        DataError: what is missing or holds no image, all of it at once.
    """
    found: dict[Path, None] = {}
    problems: list[str] = []
    for name in names:
        try:
            found |= dict.fromkeys(_meant_by(name, lines))
        except DataError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{shown(name)}: {error.strerror or error}")
    if problems:
        raise DataError("\n".join(problems))
    if not found:
        raise DataError("no image is named: standard input is empty")
    return list(found)


def _meant_by(name: str, lines: Iterable[str]) -> Iterator[Path]:
    path = Path(name)
    if name == STDIN:
        for line in filter(str.strip, lines):
            if "\0" in line:
                raise DataError("standard input: holds NUL; list one file a line, without -print0")
            yield Path(line.rstrip("\r\n"))
    elif is_folder(path):
        found = below(path)
        if not found.images:
            there = describe(found.others) or "nothing else"
            raise DataError(f"{shown(path)}: no images ({there})")
        yield from found.images
    elif not path.exists() and glob.has_magic(name):
        matching = sorted(glob.glob(name, recursive=True))
        if not matching:
            raise DataError(f"{shown(name)}: matches no file")
        yield from (file for file in map(Path, matching) if not is_folder(file))
    elif not path.exists():
        raise DataError(f"{shown(path)}: there is no such file or folder")
    else:
        yield path
