"""The shipped recipes as a shelf to choose from: what each is, a copy of one, a check of many."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from specnet.errors import RecipeError, UsageError
from specnet.recipe.files import find, header, read_text, shipped
from specnet.recipe.loading import load


@dataclass(frozen=True)
class Summary:
    """A recipe in one line; `parameters` is what its header says, None where it says nothing."""

    name: str
    task: str
    data: str
    parameters: int | None


def summaries() -> list[Summary]:
    """One line for each shipped recipe."""
    return [_summary(path) for path in shipped()]


def copy(name_or_path: str, target: Path) -> Path:
    """Copies a recipe to a file, or into a folder; an existing file is not overwritten.

    Raises:
        RecipeError: where there is no such recipe.
        UsageError: where the target exists or cannot be written.
    """
    source = find(name_or_path)
    file = target / source.name if target.is_dir() else target
    try:
        with file.open("x", encoding="utf-8") as copied:
            copied.write(read_text(source))
    except FileExistsError:
        raise UsageError(f"{file}: exists already; choose another name") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
    return file


def check(names: Iterable[str]) -> None:
    """Reads many recipes; raises one RecipeError with the problems of all."""
    problems: list[str] = []
    for name in names:
        try:
            load(name)
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)


def _summary(path: Path) -> Summary:
    recipe = load(path)
    stated = re.search(r"^Parameters: ([\d,]+)", header(path), re.MULTILINE)
    parameters = int(stated[1].replace(",", "")) if stated else None
    data = getattr(recipe.data, "name", recipe.data.source)
    height, width = recipe.data.image_size
    return Summary(recipe.name, "classification", f"{data} {height}x{width}", parameters)
