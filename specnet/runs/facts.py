"""run.json: what it may say, and how a digit that changed since is noticed."""

import json
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from specnet.errors import RunError
from specnet.runs.files import sha256

NAME = "run.json"
CHECKSUMS = "sha256"
Checksums = dict[str, list[str]]
# Escaped backslashes and pairs stay as they are.
_SURROGATES = re.compile(
    r"\\\\|\\ud[89ab]..\\ud[c-f]..|(?P<lone>\\ud[89a-f][0-9a-f]{2})", re.IGNORECASE
)


class _Normalization(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    offset: list[FiniteFloat] = Field(min_length=1, max_length=16)
    scale: list[FiniteFloat] = Field(min_length=1, max_length=16)


class _Facts(BaseModel):
    """What specnet reads of run.json; all of it may be missing, and other things may be there."""

    model_config = ConfigDict(extra="allow", strict=True)

    status: str = ""
    recipe: str = ""
    classes: list[str] = []
    normalization: _Normalization | None = None
    machine: dict[str, Any] = {}
    seed: int = 0
    parameters: int = 0
    training_seconds: float = 0.0
    devices: int = 1
    processes: int = 1
    converted_from: str = ""
    pruned_from: str = ""
    pruned_weights: str = ""
    sha256: dict[str, list[str] | str] = {}


def parse(file: Path, text: str) -> dict[str, Any]:
    """The content of run.json; RunError where it is not what specnet writes."""
    try:
        _Facts.model_validate_json(without_lone_surrogates(text))
        return json.loads(text)
    except ValueError as error:  # of either; a number of many digits is none to `json`
        raise RunError(
            f"{file}: is damaged ({explained(error)}); restore it from a copy, or train anew"
        ) from error


def without_lone_surrogates(text: str) -> str:
    """JSON that pydantic reads: names may hold bytes that are not UTF-8, which it refuses."""
    return _SURROGATES.sub(lambda found: "?" if found["lone"] else found[0], text)


def explained(error: ValueError) -> str:
    """The first thing that a schema finds wrong, on one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def checksums(facts: dict[str, Any]) -> Checksums:
    """File name -> checksums of which it has one: the last is what it was before."""
    return {name: each for name, each in facts.get(CHECKSUMS, {}).items() if name != NAME}


def dump(facts: dict[str, Any]) -> str:
    """The text of run.json, with a checksum of itself."""
    known = facts.get(CHECKSUMS, {})
    rest = {name: each for name, each in known.items() if name != NAME}
    return json.dumps(facts | {CHECKSUMS: rest | {NAME: _digest(facts)}}, indent=2) + "\n"


def has_changed(facts: dict[str, Any]) -> bool:
    """Whether it is not what `dump` wrote; False for a run older than checksums."""
    known = facts.get(CHECKSUMS, {}).get(NAME)
    return known is not None and known != _digest(facts)


def _digest(facts: dict[str, Any]) -> str:
    known = facts.get(CHECKSUMS, {})
    rest = {name: each for name, each in known.items() if name != NAME}
    return sha256(json.dumps(facts | {CHECKSUMS: rest}, sort_keys=True).encode())
