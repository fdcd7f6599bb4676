"""From a recipe back to text: a file that reads the same, and what differs between two recipes."""

import json
from typing import Any

import yaml

from specnet.messages import Path, dotted, shown
from specnet.recipe import layer_specs
from specnet.recipe.schema import NETWORKS, Recipe
from specnet.recipe.yaml_source import Dumper

_ABSENT = object()


def dump(recipe: Recipe) -> str:
    """The resolved recipe in YAML, which `load` reads back to an equal one."""
    return yaml.dump(
        as_written(recipe),
        Dumper=Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,  # mappings and lists that hold no others on one line
    )


def differences(before: Recipe, after: Recipe) -> list[str]:
    """What changed, a line for each value: `training.epochs: 10 -> 3`."""
    return [f"{place}: {old} -> {new}" for place, old, new in changes(before, after)]


def changes(before: Recipe, after: Recipe) -> list[tuple[str, str, str]]:
    """What changed: the place of each value, what it was and what it is, perhaps `absent`."""
    old, new = _flat(as_written(before)), _flat(as_written(after))
    return [
        (dotted(place), _value(old.get(place, _ABSENT)), _value(new.get(place, _ABSENT)))
        for place in {**old, **new}
        if old.get(place, _ABSENT) != new.get(place, _ABSENT)
    ]


def flattened(recipe: Recipe) -> dict[str, str]:
    """Each value of a recipe as text, at its place: `model[1].gaussian.filters` -> `8`."""
    return {dotted(place): _text(value) for place, value in _flat(as_written(recipe)).items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_written(recipe: Recipe) -> dict[str, Any]:
    """What a file of the recipe says, as plain values."""
    sections = recipe.model_dump(mode="json", exclude=set(NETWORKS))
    networks = {name: getattr(recipe, name) for name in NETWORKS}
    return {
        "name": sections.pop("name"),
        "data": sections.pop("data"),
        **{name: layer_specs.write(specs) for name, specs in networks.items() if specs},
        **sections,
    }


def _flat(value: Any, place: Path = ()) -> dict[Path, Any]:
    """Each value at its place; a list of numbers is one value."""
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list) and place and place[-1] in (*NETWORKS, *layer_specs.LISTS):
        items = enumerate(value)
    else:
        return {place: value}
    return {key: one for k, v in items for key, one in _flat(v, (*place, k)).items()}


def _value(value: Any) -> str:
    return "absent" if value is _ABSENT else shown(value)
