"""What a recipe does not take over from its base, because it is of another kind there.

A source of data, an optimizer and a schedule each decide which keys their section has. A recipe
that names another one than its base, in a file or by an override, leaves behind what only the
former one understands, and takes the rest along.
"""

from collections.abc import Callable, Iterator, Set
from typing import Any, NamedTuple, get_args

from specnet.messages import Path
from specnet.recipe.fields import Section
from specnet.recipe.optimization import AnySchedule, Optimizer
from specnet.recipe.schema import AnyData, Settings
from specnet.recipe.signatures import optimizer_options
from specnet.recipe.yaml_source import Located, at

_OPTIMIZER = ("training", "optimizer")


class _Choice(NamedTuple):
    """Something that decides which keys a section has."""

    said: Path  # where a recipe says which kind it is
    default: str | None  # which it is where it says nothing
    section: Path
    keys: Callable[[str], Set[str]]  # that a kind understands
    taken: Callable[[str, str], Set[str]]  # what the latter takes over from the former


def misfits(base: Located, whole: Located) -> Iterator[Path]:
    """The places in a base of what the kinds of the whole recipe do not understand.

    What the kinds of the base do not understand either is a mistake, and none of them.
    """
    for choice in _CHOICES:
        former, latter = (_kind(tree, choice) for tree in (base, whole))
        section = at(base, choice.section)
        if former == latter or section is None or not isinstance(section.value, dict):
            continue
        if former and latter and choice.keys(latter):  # that there is such a kind is checked later
            gone = choice.keys(former) - choice.taken(former, latter)
            yield from ((*choice.section, key) for key in section.value if key in gone)


def _kind(tree: Located, choice: _Choice) -> str | None:
    """The kind that a tree says, or the default; None of what cannot be one."""
    found = at(tree, choice.said)
    kind = choice.default if found is None else found.value
    return kind if isinstance(kind, str) else None


def _section(union: Any, key: str, kind: str) -> type[Section] | None:
    """The section of a union which says `kind` at `key`; None if there is none."""
    for section in get_args(get_args(union)[0]):
        if kind in get_args(section.model_fields[key].annotation):
            return section
    return None


def _of_source(kind: str) -> Set[str]:
    section = _section(AnyData, "source", kind)
    return section.model_fields.keys() if section else set()


def _of_both_sources(former: str, latter: str) -> Set[str]:
    """Not `path`, `name` or `validation`, which mean something else to each source."""
    both = [_section(AnyData, "source", kind) or Section for kind in (former, latter)]
    common = (shared for shared in get_args(Settings) if all(issubclass(s, shared) for s in both))
    return {key for shared in common for key in shared.model_fields}


def _of_schedule(kind: str) -> Set[str]:
    section = _section(AnySchedule, "name", kind)
    return section.model_fields.keys() if section else set()


def _of_optimizer(kind: str) -> Set[str]:
    known = get_args(Optimizer.model_fields["name"].annotation)
    return optimizer_options(kind).keys() if kind in known else set()


_CHOICES = (
    _Choice(("data", "source"), None, ("data",), _of_source, _of_both_sources),
    _Choice(
        (*_OPTIMIZER, "name"),
        Optimizer().name,
        (*_OPTIMIZER, "options"),
        _of_optimizer,
        lambda _, latter: _of_optimizer(latter),
    ),
    _Choice(
        (*_OPTIMIZER, "schedule", "name"),
        None,
        (*_OPTIMIZER, "schedule"),
        _of_schedule,
        lambda _, latter: _of_schedule(latter),
    ),
)
