"""Changes to a recipe from outside its file: `training.epochs=3`, `~data.augment`.

Key by key into a tree of located values; what the new values mean is not known here.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from specnet.errors import RecipeError, UsageError
from specnet.messages import Path, dotted, shown, suggest
from specnet.recipe.yaml_source import Located, parse_argument

_KEY = r"[^.\[\]=~\s]+"
_LONGEST = 100  # characters of a change that messages repeat
_PATH = re.compile(rf"{_KEY}(\.{_KEY}|\[\d+\])*")


class _Impossible(Exception):
    """An override that does not fit the recipe, in words."""


def override(tree: Located, changes: Iterable[str], problems: list[str]) -> Located:
    """The tree with `changes` applied in order; those that cannot be are added to `problems`.

    A change is `path=value`, as `parse_argument` reads the value, or `~path` to remove; a path is
    dotted, with `[2]` or `.2` for the third item of a list.
    """
    for change in changes:
        where = f"override '{change if len(change) <= _LONGEST else f'{change[:_LONGEST]}...'}'"
        try:
            tree = _apply(tree, change, where, problems)
        except _Impossible as reason:
            problems.append(f"{where}: {reason}")
        except RecipeError as error:
            problems += error.problems
    return tree


def changes_of(values: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """The changes that give a recipe these values: `{"training": {"epochs": 3}}`, key by key.

    Raises:
        UsageError: of a value that no recipe can hold.
    """
    for key, value in values.items():
        path = f"{place}{key}"
        section = not place and not re.search(r"[.\[]", key)  # an empty one changes nothing
        if isinstance(value, Mapping) and (value or section):
            yield from changes_of(value, f"{path}.")
        else:
            yield f"{path}={written(value, path)}"


def written(value: Any, place: str) -> str:
    """A Python value as YAML has it, on one line; paths are text, and numbers may be NumPy's.

    Raises:
        UsageError: of a value that no recipe can hold, such as a function.
    """

    def plain(found: Any) -> Any:
        if isinstance(found, os.PathLike):
            return os.fspath(found)
        if isinstance(found, Mapping):
            return dict(found)
        if hasattr(found, "tolist"):
            return found.tolist()
        raise UsageError(
            f"{place}: a recipe holds numbers, text, lists and mappings, found "
            f"{type(found).__name__}"
        )

    try:
        return json.dumps(value, default=plain, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:  # keys, or what holds itself
        raise UsageError(f"{place}: cannot be written as a recipe ({error})") from error


def _apply(tree: Located, change: str, where: str, problems: list[str]) -> Located:
    text, equals, value = change.removeprefix("~").partition("=")
    removes = change.startswith("~")
    if not _PATH.fullmatch(text) or removes == bool(equals):
        raise _Impossible("write it as path=value, such as training.epochs=3, or ~path to remove")
    keys = re.findall(_KEY, text)
    new = None if removes else parse_argument(value, where, problems)
    return _changed(tree, (), keys, new)


def _changed(tree: Located, place: Path, keys: list[str], new: Located | None) -> Located:
    """The tree with `new` at `keys`, or without what is there; `place` is where the tree stands."""
    if isinstance(tree.value, list):
        return _changed_list(tree, place, keys, new)
    values = _mapping(tree, place, keys[0])
    key, *rest = keys
    # A mapping in a list is one layer: a second key would not be a setting but a second layer.
    if key not in values and (new is None or _is_item(place)):
        hint = suggest(key, values, f"; it has {', '.join(values) or 'nothing'}")
        raise _Impossible(f"{dotted(place) or 'the recipe'} has no '{key}'{hint}")
    if rest:
        inner = values.get(key, Located({}, new.where if new else tree.where))
        new = _changed(inner, (*place, key), rest, new)
    others = {name: value for name, value in values.items() if name != key or new is not None}
    return Located(others if new is None else {**others, key: new}, tree.where)


def _changed_list(tree: Located, place: Path, keys: list[str], new: Located | None) -> Located:
    items = list(tree.value)
    key, *rest = keys
    if key not in map(str, range(len(items))):
        raise _Impossible(f"{dotted(place)} has {len(items)} items, from [0]; it has no [{key}]")
    index = int(key)
    if rest:
        new = _changed(items[index], (*place, index), rest, new)
    items[index : index + 1] = [] if new is None else [new]
    return Located(items, tree.where)


def _is_item(place: Path) -> bool:
    return bool(place) and isinstance(place[-1], int)


def _mapping(tree: Located, place: Path, key: str) -> dict[str, Any]:
    """The keys of a mapping; `- relu` is read as `- relu: {}`, and nothing as an empty mapping."""
    if isinstance(tree.value, dict):
        return tree.value
    if tree.value is None:
        return {}
    if isinstance(tree.value, str) and _is_item(place):
        return {tree.value: Located({}, tree.where)}
    raise _Impossible(f"{dotted(place)} is {shown(tree.value)}; it has no '{key}'")
