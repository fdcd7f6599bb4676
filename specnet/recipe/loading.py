"""From a file, its bases and overrides to a checked recipe; every problem is told at once."""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specnet.errors import RecipeError
from specnet.problems import dotted, explain, shown
from specnet.recipe import layers
from specnet.recipe.files import find, find_from, read_text
from specnet.recipe.located import Located, locate, merge, parse, plain
from specnet.recipe.overrides import override
from specnet.schema import Recipe


def load(name_or_path: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """The recipe of a file, or a shipped one of that name, with its bases and `overrides` applied.

    Args:
        name_or_path: `recipes/mine.yaml`, or `catsdogs-gaussian`.
        overrides: `training.epochs=3`, `model[2].gaussian.filters=8`, `~data.augment`.

    Raises:
        RecipeError: with a line for each problem: file, line, place, what was found, what to do.
    """
    path = find(name_or_path)
    problems: list[str] = []
    tree = _resolved(path, (), problems)
    tree = override(tree, overrides, problems)
    if "name" not in tree.value:
        tree = merge(tree, Located({"name": Located(path.stem, tree.where)}, tree.where))
    recipe = _checked(tree, problems)
    if recipe is None or problems:
        raise RecipeError(sorted(problems, key=_reading_order))
    return recipe


def _reading_order(problem: str) -> tuple[str, int]:
    """By file and line; each override is a file of its own."""
    match = re.match(r"(.+?):(\d+):", problem)
    return (match[1], int(match[2])) if match else (problem.partition(": ")[0], 0)


def _resolved(path: Path, above: tuple[Path, ...], problems: list[str]) -> Located:
    """The tree of a file over those of its bases; `above` are the files that it is a base of."""
    tree = parse(read_text(path), _shown(path), problems)
    if not isinstance(tree.value, dict):
        found = shown(plain(tree))
        raise RecipeError([f"{tree.where}: must be a mapping of data and model, found {found}"])
    own = Located({key: value for key, value in tree.value.items() if key != "base"}, tree.where)
    if "base" not in tree.value:
        return own
    base = _base(path, tree.value["base"], (*above, path.resolve()), problems)
    # A name is one file's own: two recipes of one base would write into the same run directory.
    inherited = {key: value for key, value in base.value.items() if key != "name"}
    if _source(base) != _source(own) is not None:
        inherited.pop("data", None)
    return merge(Located(inherited, base.where), own)


def _base(path: Path, base: Located, above: tuple[Path, ...], problems: list[str]) -> Located:
    if not isinstance(base.value, str):
        raise RecipeError([f"{base.where}: base: must be the path or name of a recipe"])
    found = find_from(path.parent, base.value, f"{base.where}: base: '{base.value}'")
    if found.resolve() in above:
        chain = " -> ".join(file.name for file in (*above, found))
        raise RecipeError([f"{base.where}: base: leads back to itself: {chain}"])
    return _resolved(found, above, problems)


def _source(tree: Located) -> Any:
    """`data.source`, or None if the tree does not say."""
    data = plain(tree).get("data")
    return data.get("source") if isinstance(data, dict) else None


def _shown(path: Path) -> str:
    """The path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def _checked(tree: Located, problems: list[str]) -> Recipe | None:
    data = plain(tree)
    if "model" in data:
        data["model"] = [spec.model_dump() for spec in layers.read(tree, problems)]
    try:
        # As JSON, because only there does pydantic's strict mode read a list as a tuple.
        return Recipe.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        problems += [
            f"{locate(tree, place)}: {dotted(place) or 'the recipe'}: {words}"
            for place, words in explain(error, data, Recipe)
        ]
    return None
