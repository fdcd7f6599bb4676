"""The wording of problems: suggestions, values as they are shown, and pydantic's errors in words.

Nothing here knows about recipes or layers; of files, only Keras's own, which may name a backend.
"""

import json
import os
import pathlib
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

BACKENDS = ("tensorflow", "jax", "torch")

_LONGEST_VALUE = 60
_LONGEST_SAID = 300
# Lines of TensorFlow and Keras that say nothing to somebody who wrote a recipe.
_EMPTY_WORDS = re.compile(
    r"Graph execution error|Detected at node|<stack traces|Exception encountered|"
    r"Arguments received|Call arguments|\d+ root error|Original stack"
)
_WORDS = {
    "Input should be": "must be",
    "a valid integer": "a whole number",
    "a finite number": "a finite number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
    "a valid string": "text",
    "a valid array": "a list",
    "an object": "a mapping",
    "a valid dictionary": "a mapping",
    "None": "null",
    "String should": "must",
}


def keras_file() -> pathlib.Path:
    """Keras's configuration file, where Keras looks for it; it need not be there."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        base = os.path.expanduser("~")
        home = os.path.join(base if os.access(base, os.W_OK) else "/tmp", ".keras")
    return pathlib.Path(os.path.expanduser(os.path.join(home, "keras.json")))


def backend_source() -> str:
    """What chooses the backend of Keras: the variable, or the file where that is not set."""
    return "KERAS_BACKEND" if os.environ.get("KERAS_BACKEND") else f"{keras_file()}: backend"


def unknown_backend(name: str) -> str:
    """That there is no such backend, and which there are."""
    hint = suggest(name, BACKENDS, otherwise="; set KERAS_BACKEND to one of these")
    return f"{backend_source()}: expected one of {', '.join(BACKENDS)}, found '{name}'{hint}"


def suggest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """`; did you mean 'gaussian'?` or, where nothing is close, `otherwise` or all that is known."""
    known = list(known)
    close = get_close_matches(name.lower(), known, n=1)
    if close:
        return f"; did you mean '{close[0]}'?"
    return otherwise or (f"; expected one of {', '.join(known)}" if known else "")


def shown(value: Any) -> str:
    """A value as a recipe writes it, cut if it is long."""
    text = "nothing" if value is None else repr(value)
    if isinstance(value, bool | dict | list):
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def said(error: BaseException) -> str:
    """What a library's error says, on one line, without its colours and lists of arguments."""
    text = str(error)
    # Keras wraps what went wrong in a call: a headline, the message in bold, the arguments.
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    text = re.sub(r"\x1b\[[0-9;]*m", "", bold[1] if bold else text)
    # TensorFlow names the nodes of its graph: before the message, behind it, around it.
    text = re.sub(r"\{\{.*?\}\}|\[\[.*?\]\]|\[Op:.*?\]| name: *$", "", text)
    lines = [line.strip() for line in text.splitlines()]
    told = [line for line in lines if line and not _EMPTY_WORDS.match(line)]
    words = " ".join(told[:3]) or type(error).__name__
    return words if len(words) <= _LONGEST_SAID else f"{words[:_LONGEST_SAID]}..."


def dotted(path: Path) -> str:
    """`("model", 2, "gaussian")` as `model[2].gaussian`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def value_at(data: Any, path: Path) -> Any:
    """What stands at `path`; KeyError if there is no such place."""
    for key in path:
        inside: Any = range(len(data)) if isinstance(data, list) else data
        if not isinstance(inside, dict | range) or key not in inside:
            raise KeyError(key)
        data = data[key]
    return data


def explain(
    error: ValidationError, data: Any, model: type[BaseModel] | None = None
) -> list[tuple[Path, str]]:
    """Pydantic's errors about `data` as (place, words), one for each place.

    `model` is what `data` was read as; suggestions for unknown keys come from its fields. Where a
    value may be of several types pydantic reports an error for each; of these the ones that went
    deepest into the value are told, joined by "or".
    """
    found: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        found.setdefault(_place(details, data, model), []).append(details)
    return [
        (place, _words(place, group, data, model))
        for place, group in found.items()
        if not any(place == other[: len(place)] for other in found if other != place)
    ]


def _place(details: ErrorDetails, data: Any, model: type[BaseModel] | None) -> Path:
    """Pydantic's location without the names of union members, which are not keys of the data."""
    place: Path = ()
    *parents, last = _untagged(details, model) or ("",)
    for key in parents:
        place += (key,) if _exists(data, (*place, key)) else ()
    is_key = details["type"] in ("missing", "union_tag_not_found")
    return (*place, last) if is_key or _exists(data, (*place, last)) else place


def _exists(data: Any, place: Path) -> bool:
    try:
        value_at(data, place)
    except KeyError:
        return False
    return True


def _untagged(details: ErrorDetails, model: type[BaseModel] | None) -> Path:
    location = details["loc"]
    # Pydantic names the field when its discriminator is wrong, and the member's tag otherwise.
    if details["type"].startswith("union_tag"):
        above = [key for key in location if not str(key).startswith("tagged-union[")]
        return (*above, details["ctx"]["discriminator"].strip("'"))
    field = model.model_fields.get(str(location[0])) if model and location else None
    if field is None or field.discriminator is None:
        return location
    return location[:1] + location[2:]


def _words(
    place: Path, group: Sequence[ErrorDetails], data: Any, model: type[BaseModel] | None
) -> str:
    kind = group[0]["type"]
    if kind == "extra_forbidden" and model:
        return f"unknown key{suggest(str(place[-1]), fields(model, data, place[:-1]))}"
    if kind in ("missing", "union_tag_not_found"):
        return "is missing"
    if kind == "union_tag_invalid":
        tags = group[0]["ctx"]["expected_tags"]
        return f"must be one of {tags}, found {shown(value_at(data, place))}"
    if kind == "json_invalid":
        return "holds a character that is not text"
    messages = dict.fromkeys(in_words(details["msg"]) for details in group)
    text = " or ".join(messages).replace(" or must be ", " or ").replace(" or must ", " or ")
    return f"{text}, found {shown(group[0]['input'])}"


def fields(model: type[BaseModel], data: Any, place: Path) -> list[str]:
    """The keys that `model` allows at `place` of `data`; none where it holds no model."""
    for depth, key in enumerate(place):
        field = model.model_fields.get(str(key))
        members = _members(field, data, place[: depth + 1]) if field else []
        if not members:
            return []
        model = members[0]
    return list(model.model_fields)


def _members(field: FieldInfo, data: Any, place: Path) -> list[type[BaseModel]]:
    """The models that a field may hold: of a tagged union, the one that the data chose."""
    models = [
        t for t in _parts(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)
    ]
    tags = [field, *(part for part in _parts(field.annotation) if isinstance(part, FieldInfo))]
    for key in (tag.discriminator for tag in tags if isinstance(tag.discriminator, str)):
        tag = value_at(data, (*place, key))
        models = [m for m in models if tag in get_args(m.model_fields[key].annotation)]
    return models


def _parts(annotation: Any) -> list[Any]:
    """A type, those it is a union of, and what is annotated to any of them."""
    return [annotation, *(part for each in get_args(annotation) for part in _parts(each))]


def in_words(message: str) -> str:
    """A sentence of pydantic's, without what speaks to programmers alone."""
    message = message.removeprefix("Value error, ")
    message = re.sub(", unable to parse string as .*", "", message)
    message = re.sub(r"(List|Tuple) should have (.*) after validation.*", r"must have \2", message)
    message = re.sub(r"\d{20,}", lambda digits: f"{float(digits[0]):.0e}", message)
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return message


def counted(count: int, noun: str, several: str | None = None) -> str:
    """`1 image`, `2,000 images`; `several` is the plural where it has more than an s more."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"
