"""What there is to choose from: recipes (what each is, a copy, a check of many) and layers."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from specnet.errors import RecipeError, UsageError
from specnet.messages import suggest
from specnet.recipe import argument_docs, ranges, signatures
from specnet.recipe.argument_types import annotation_of
from specnet.recipe.loading import load
from specnet.recipe.locate import find, header, read_text, shipped
from specnet.recipe.registry import ALIASES, GROUPS, LAYERS


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


def text(name_or_path: str) -> str:
    """A recipe as it is written."""
    return read_text(find(name_or_path))


def layer_groups() -> dict[str, dict[str, str]]:
    """Heading -> name -> what it stands for, in a line: layers, activations and blocks."""
    groups = {
        heading: {name: signatures.summary(name) for name in names}
        for heading, names in GROUPS.items()
    }
    groups["Activations by name"] = {name: f"activation with `{name}`" for name in ALIASES}
    groups["Blocks"] = {
        "repeat": "`layers`, `times` times, each time with weights of its own.",
        "residual": "`layers` plus a `shortcut`, the input itself if nothing is said.",
    }
    return groups


def layer_help(name: str) -> tuple[str, list[tuple[str, str, str, str]]]:
    """The line of `layer_groups` for a name, and (argument, default, type, meaning) rows.

    Raises:
        UsageError: where a recipe cannot say this name.
    """
    summaries = {name: line for group in layer_groups().values() for name, line in group.items()}
    if name not in summaries:
        raise UsageError(f"layers: unknown layer '{name}'{suggest(name, summaries)}")
    if name not in LAYERS:
        return summaries[name], []
    meanings = argument_docs.meanings(name)
    return summaries[name], [
        (
            each.name,
            _default(each),
            ranges.words(annotation_of(name, each.annotation)),
            meanings.get(each.name, ""),
        )
        for each in signatures.signature(name)
    ]


def _default(argument: signatures.Argument) -> str:
    return "required" if argument.required else argument.default or ""


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
        with suppress(OSError):
            if not file.stat().st_size:  # of a full disk, or not ours
                file.unlink()
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
    size = "x".join(map(str, recipe.data.image_size))
    return Summary(recipe.name, recipe.task, f"{data} {size}", parameters)
