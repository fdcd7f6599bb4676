"""What the arguments of a layer mean, read from the `Args:` of its docstring and of its bases'.

The source is parsed, not run, as in `signatures.py`.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from typing import Any

from specnet.recipe.registry import ALIASES, LAYERS, is_family
from specnet.recipe.signatures import PARAMETRIC, find

_ENTRY = re.compile(
    r"(\*{0,2}[a-z_]\w*(?:, \w+)*): *(.*)"
)  # `name: meaning`, or `name, other: meaning`
_INDENT = "    "


@cache
def meanings(layer: str) -> dict[str, str]:
    """What each argument of a layer of the registry means, in a line of text; its own words first.

    Raises KeyError if the registry has no such name.
    """
    if layer in ALIASES:
        return {}
    found: dict[str, str] = {}
    places = [LAYERS[layer], PARAMETRIC] if is_family(layer) else [LAYERS[layer]]
    for place in places:
        for definition in _with_bases(*place.split(":")):
            found = _arguments(ast.get_docstring(definition) or "") | found
    return found


def _with_bases(module: str, name: str) -> Iterator[Any]:
    """The definition of a function, or of a class and then of the classes it is made of."""
    module, definition = find(module, name)
    yield definition
    if module.startswith("keras."):
        return  # what Keras's base classes say is of every layer
    for base in getattr(definition, "bases", []):
        if isinstance(base, ast.Name):
            yield from _with_bases(module, base.id)


def _arguments(docstring: str) -> dict[str, str]:
    """The entries of the section `Args:` of a cleaned docstring."""
    _, _, section = docstring.partition("\nArgs:\n")
    lines = takewhile(lambda line: not line or line.startswith(_INDENT), section.splitlines())
    found: dict[str, str] = {}
    names: list[str] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line.removeprefix(_INDENT))
        if entry:
            names = entry[1].split(", ")
            found |= dict.fromkeys(names, entry[2])
        else:
            found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found
