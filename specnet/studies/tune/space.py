"""What is searched, as the command line has it: `training.optimizer.learning_rate=log(1e-4,1e-2)`.

log(1e-4,1e-2)    numbers, spread over orders of magnitude
uniform(0,0.5)    numbers, spread evenly
int(4,16)         whole numbers, both ends included; int(4,16,4) in steps of 4
choice(a,b,...)   values of any kind, as a recipe writes them
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specnet.errors import RecipeError
from specnet.messages import shown, suggest
from specnet.recipe.yaml_source import parse_argument, plain

KINDS = {
    "log": "two numbers above 0, such as log(1e-4,1e-2)",
    "uniform": "two numbers, such as uniform(0,0.5)",
    "int": "two whole numbers and perhaps a step, such as int(4,16) or int(4,16,4)",
    "choice": "two values or more, such as choice(adam,sgd)",
}
_DIMENSION = re.compile(r"([^=~\s]+)=\s*([A-Za-z_]+)\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True)
class Dimension:
    """One setting that is searched.

    Attributes:
        path: of the setting, as an override has it.
        kind: one of `KINDS`.
        values: the ends, of `int` perhaps with a step; the choices.
    """

    path: str
    kind: str
    values: tuple[Any, ...]

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values that are tried before all others: the ends, or every choice."""
        return self.values if self.kind == "choice" else self.values[:2]

    def __str__(self) -> str:
        inside = ",".join(map(json.dumps, self.values))
        return f"{self.path}={self.kind}({inside})"


def is_dimension(text: str) -> bool:
    """Whether an override gives a `kind(...)` in place of a value, well written or not."""
    return _DIMENSION.fullmatch(text) is not None


def overrides(values: dict[str, Any]) -> list[str]:
    """Values of settings as overrides of a recipe."""
    return [f"{path}={json.dumps(value)}" for path, value in values.items()]


def read(texts: Sequence[str], problems: list[str]) -> list[Dimension]:
    """The dimensions of texts for which `is_dimension`; what is wrong is added to the problems."""
    found: list[Dimension] = []
    for text in texts:
        match = _DIMENSION.fullmatch(text)
        assert match is not None
        path, kind, inside = match.groups()
        try:
            values = _values(kind, inside)
        except RecipeError as error:
            problems += [f"'{text}': {problem}" for problem in error.problems]
            continue
        if _same_place(path) in {_same_place(each.path) for each in found}:
            problems.append(f"'{text}': {path} is searched twice; keep one")
            continue
        found.append(Dimension(path, kind, values))
    return found


def check_fixed(space: Sequence[Dimension], fixed: Sequence[str], problems: list[str]) -> None:
    """Adds a problem for each override of a setting that is searched too."""
    searched = {_same_place(each.path) for each in space}
    for text in fixed:
        path = text.removeprefix("~").partition("=")[0]
        if _same_place(path) in searched:
            problems.append(f"'{text}': {path} is searched too; keep one")


def _same_place(path: str) -> str:
    """`model[1].dense` and `model.1.dense` are one."""
    return re.sub(r"\[(\d+)\]", r".\1", path)


def _values(kind: str, inside: str) -> tuple[Any, ...]:
    if kind not in KINDS:
        raise RecipeError([f"no such kind{suggest(kind, KINDS, f'; there are {_listed()}')}"])
    problems: list[str] = []
    values = plain(parse_argument(f"[{inside}]", f"{kind}({inside})", problems))
    if problems:
        raise RecipeError(problems)
    if not _fits(kind, values):
        raise RecipeError([f"expected {KINDS[kind]}, found {kind}({inside})"])
    if kind != "choice" and values[0] >= values[1]:
        raise RecipeError([f"the first end must be below the second, found {shown(values[:2])}"])
    return tuple(map(float, values)) if kind in ("log", "uniform") else tuple(values)


def _fits(kind: str, values: list[Any]) -> bool:
    """Whether there are as many values as the kind has, of its type and sign."""
    if kind == "choice":
        return len(values) > 1 and len({json.dumps(value) for value in values}) == len(values)
    numbers = int if kind == "int" else (int, float)
    if not all(isinstance(each, numbers) and not isinstance(each, bool) for each in values):
        return False
    if kind == "int":
        return len(values) == 2 or (len(values) == 3 and values[2] > 0)
    return len(values) == 2 and (kind != "log" or min(values) > 0)


def _listed() -> str:
    *first, last = KINDS
    return f"{', '.join(first)} and {last}"
