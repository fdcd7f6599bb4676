"""What two recipes say differently, with layers that are the same in both side by side.

`recipe.differences` goes by place, so a layer more at the beginning makes every later one another.
Here lists of layers are aligned by name first.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from specnet import recipe as recipes
from specnet.messages import shown
from specnet.recipe.schema import NETWORKS, LayerSpec, Recipe

Change = tuple[str, str, str]  # dotted key, value there, value here

ABSENT = "absent"
_LISTS = ("shortcut", "layers")


def differences(there: Recipe, here: Recipe) -> list[Change]:
    """Dotted keys whose values differ; names of recipes do not count."""
    lists = tuple(f"{name}[" for name in NETWORKS)
    found = [
        change
        for change in recipes.changes(there, here)
        if change[0] != "name" and not change[0].startswith(lists)
    ]
    for name in NETWORKS:
        found += _layers(name, getattr(there, name), getattr(here, name))
    return found


def _layers(place: str, there: Sequence[LayerSpec], here: Sequence[LayerSpec]) -> Iterator[Change]:
    for i, j in _aligned([spec.name for spec in there], [spec.name for spec in here]):
        if i is None and j is not None:
            yield f"{place}[{j}]", ABSENT, _written(here[j])
        elif j is None and i is not None:
            yield f"{place}[{i}]", _written(there[i]), ABSENT
        elif i is not None and j is not None:
            yield from _layer(f"{place}[{j}]", there[i], here[j])


def _aligned(there: list[str], here: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of places, None where one side has nothing for the other's."""
    matcher = SequenceMatcher(None, there, here, autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "replace" and i_end - i != j_end - j:
            yield from ((place, None) for place in range(i, i_end))
            yield from ((None, place) for place in range(j, j_end))
        else:
            yield from zip_longest(range(i, i_end), range(j, j_end))


def _layer(place: str, there: LayerSpec, here: LayerSpec) -> Iterator[Change]:
    if there.name != here.name:
        yield place, there.name, here.name
    inside = f"{place}.{here.name}"
    for key in {**there.arguments, **here.arguments}:
        values = [_value(spec.arguments, key) for spec in (there, here)]
        if values[0] != values[1]:
            yield f"{inside}.{key}", values[0], values[1]
    for key in _LISTS:
        yield from _layers(f"{inside}.{key}", getattr(there, key), getattr(here, key))


def _value(arguments: dict[str, Any], key: str) -> str:
    return shown(arguments[key]) if key in arguments else ABSENT


def _written(spec: LayerSpec) -> str:
    """A layer in a line: `conv2d {filters: 6}`."""
    inside = ", ".join(f"{key}: {shown(value)}" for key, value in spec.arguments.items())
    inner = [
        f"{key}: [{', '.join(map(_written, getattr(spec, key)))}]"
        for key in _LISTS
        if getattr(spec, key)
    ]
    parts = ", ".join([*([inside] if inside else []), *inner])
    return f"{spec.name} {{{parts}}}" if parts else spec.name
