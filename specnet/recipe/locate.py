"""Recipe files: where they are found, by path or by name, and reading their text."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from specnet.errors import RecipeError
from specnet.messages import shown
from specnet.recipe.yaml_source import line_and_column

MAX_BYTES = 400_000  # one has a thousand or two, 1000 layers written out have more
_PACKAGE = Path(__file__).parent.parent


def folder() -> Path:
    """The folder of the shipped recipes: in the wheel, or in the checkout."""
    inside = _PACKAGE / "recipes"
    return inside if inside.is_dir() else _PACKAGE.parent / "recipes"


def shipped() -> list[Path]:
    """The recipes that come with specnet, by name; `_name.yaml` is only a base of others."""
    return sorted(path for path in folder().glob("*.yaml") if not path.name.startswith("_"))


def find(name_or_path: str | Path) -> Path:
    """The file of a recipe: a path, or the name of a shipped recipe.

    Raises RecipeError, with the nearest name, if there is none.
    """
    return find_from(Path(), str(name_or_path), f"recipe {shown(str(name_or_path))}")


def find_from(here: Path, text: str, where: str) -> Path:
    """As `find`, with paths relative to the folder `here`; an error's line opens with `where`."""
    for place in (here, folder()):
        for candidate in (place / text, place / f"{text}.yaml"):
            if os.path.isfile(candidate):  # unlike Path.is_file, False for a name that is too long
                return candidate
    raise RecipeError([f"{where}: {_reason(here / text)}"])


def read_text(path: Path) -> str:
    """The text of a recipe file; RecipeError if it is too large, unreadable or not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecipeError([f"{path}: cannot be read: {error.strerror}"]) from None
    if len(content) > MAX_BYTES:
        raise RecipeError([f"{path}: is not a recipe: larger than {MAX_BYTES // 1000} kB"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"{path}:{line_and_column(content, error.start)}"
        raise RecipeError([f"{where}: not text in UTF-8; save it as UTF-8"]) from None


def header(path: Path) -> str:
    """The comment that opens a recipe, without its marks."""
    lines = []
    for line in read_text(path).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").removeprefix(" ").rstrip())
    return "\n".join(lines).strip()


def _reason(path: Path) -> str:
    if os.path.isdir(path):
        return "is a folder; expected a YAML file"
    return (
        f"no such file or recipe{_suggestion(path)} (`specnet recipes` lists those it comes with)"
    )


def _suggestion(path: Path) -> str:
    """The nearest file in the same folder, or the nearest shipped recipe."""
    beside = _names(path.parent, keep_suffix=bool(path.suffix))
    for names, parent in ((beside, path.parent), (_names(folder()), Path())):
        for pattern in (path.name, path.stem):
            close = get_close_matches(pattern, names, n=1)
            if close:
                return f"; did you mean '{parent / close[0]}'?"
    return ""


def _names(parent: Path, keep_suffix: bool = False) -> Iterable[str]:
    try:
        files = [path for path in parent.iterdir() if path.suffix in (".yaml", ".yml")]
    except OSError:
        return []
    return [path.name if keep_suffix else path.stem for path in files]
