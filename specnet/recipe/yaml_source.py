"""YAML as a tree whose every value knows the file and line it stands on.

Reading, merging and unpacking such trees; nothing here knows what a recipe may say. The loader is
a safe one: a value is a mapping, a list, text, a number, true, false or null, and no tag makes any
other.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import yaml

from specnet.errors import RecipeError
from specnet.messages import Path, shown

MAX_VALUES = 20_000  # a few nested aliases can stand for billions
MAX_DEPTH = 60
_MAX_BITS = 1000
_TAG = "tag:yaml.org,2002:"
_TAGS = {
    yaml.MappingNode: {f"{_TAG}map"},
    yaml.SequenceNode: {f"{_TAG}seq"},
    yaml.ScalarNode: {f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null")},
}
_OTHER_BREAKS = frozenset("\x85\u2028\u2029")
# YAML 1.2's numbers and texts: leading zeros make no octal number, 1:30 is not of base 60, and a
# date is text. Its 1.1's yes and no are kept, which many write.
_SCALARS = {
    "int": (r"[-+]?[0-9]+$", "-+0123456789"),
    "float": (
        r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    "bool": (r"(?i:true|false|yes|no|on|off)$", "tTfFyYnNoO"),
    "null": (r"(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
}


@dataclass(frozen=True)
class Located:
    """A value and the place it came from, such as `recipes/x.yaml:14`.

    `value` is a dict or a list of `Located`, or a scalar.
    """

    value: Any
    where: str


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the numbers and texts of YAML 1.2."""

    def construct_int(self, node: yaml.ScalarNode) -> int:
        """Decimal, with zeros before it or not."""
        return int(node.value)


class Dumper(yaml.SafeDumper):
    """Writes what `Loader` reads, the items of a list indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never `indentless`, as lists in a mapping are by default."""
        super().increase_indent(flow, False)

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Quotes Unicode's other line breaks, which PyYAML reads back as newlines."""
        style = '"' if _OTHER_BREAKS.intersection(data) else None
        return self.represent_scalar(f"{_TAG}str", data, style)


Dumper.add_representer(str, Dumper.represent_str)


Loader.add_constructor(f"{_TAG}int", Loader.construct_int)

for _kind in (Loader, Dumper):
    _kind.yaml_implicit_resolvers = {"<": [(f"{_TAG}merge", re.compile(r"<<$"))]}
    for _name, (_pattern, _first) in _SCALARS.items():
        _kind.add_implicit_resolver(f"{_TAG}{_name}", re.compile(_pattern), list(_first))


def parse(text: str, source: str, problems: list[str], lines: bool = True) -> Located:
    """The tree of a YAML text; what cannot be in a recipe is added to `problems`.

    Places are `source:line`, or `source` without `lines`. Raises RecipeError if it is not YAML.
    """
    loader, node = _composed(text, source, lines)
    if node is None:
        return Located(None, source)
    return _Builder(loader, source, lines, problems).build(node, 0)


def parse_argument(text: str, where: str, problems: list[str]) -> Located:
    """The value that a shell passed: a list, a mapping, quoted text or a tag in YAML, or this text.

    Nothing else of YAML is in it: neither comments nor `key: value` nor references.
    """
    stripped = text.strip()
    if stripped.startswith(("[", "{", '"', "'", "!")):
        loader, node = _composed(stripped, where, lines=False)
        if node is None:
            return Located(None, where)
        rest = stripped[node.end_mark.index :]
        if rest:
            raise RecipeError([f"{where}: {shown(rest)} stands behind the value; quote all of it"])
    else:
        loader = Loader("")
        tag = loader.resolve(yaml.ScalarNode, stripped, (True, False))
        start = yaml.Mark(where, 0, 0, 0, None, 0)
        node = yaml.ScalarNode(tag, text if tag == f"{_TAG}str" else stripped, start, start)
    return _Builder(loader, where, False, problems).build(node, 0)


def _composed(text: str, source: str, lines: bool) -> tuple[Loader, yaml.Node | None]:
    """The nodes of a YAML text, and the loader that makes values of them."""
    if max(accumulate(text, _bracket_depth, initial=0)) > MAX_DEPTH:
        raise RecipeError(
            [f"{source}: is nested too deeply"]
        )  # PyYAML would take seconds to say so
    try:
        loader = Loader(text)
        return loader, loader.get_single_node()
    except yaml.reader.ReaderError as error:
        where = f"{source}:{line_and_column(text, error.position)}" if lines else source
        raise RecipeError([f"{where}: not text: character #x{error.character:04x}"]) from None
    except yaml.MarkedYAMLError as error:
        raise RecipeError([_not_yaml(error, source, lines)]) from None
    except RecursionError:
        raise RecipeError([f"{source}: is nested too deeply"]) from None


def line_and_column(text: str | bytes, position: int) -> str:
    """`line:column` of a position, both from 1."""
    before = text[:position]
    newline: Any = "\n" if isinstance(text, str) else b"\n"
    return f"{before.count(newline) + 1}:{position - before.rfind(newline)}"


def merge(base: Located, top: Located) -> Located:
    """`top` over `base`: mappings key by key, anything else replaced."""
    if not isinstance(base.value, dict) or not isinstance(top.value, dict):
        return top
    shared = {key: merge(base.value[key], top.value[key]) for key in base.value if key in top.value}
    return Located({**base.value, **top.value, **shared}, top.where)


def plain(tree: Located) -> Any:
    """The values alone."""
    if isinstance(tree.value, dict):
        return {key: plain(value) for key, value in tree.value.items()}
    if isinstance(tree.value, list):
        return [plain(value) for value in tree.value]
    return tree.value


def at(tree: Located, path: Path) -> Located | None:
    """What stands at keys such as ("data", "source"); None where nothing does."""
    for key in path:
        if not isinstance(tree.value, dict) or key not in tree.value:
            return None
        tree = tree.value[key]
    return tree


def without(tree: Located, path: Path) -> Located:
    """The tree without what stands there, if anything does."""
    if at(tree, path) is None:
        return tree
    key, *rest = path
    others = {name: value for name, value in tree.value.items() if name != key}
    if rest:
        others[key] = without(tree.value[key], tuple(rest))
    return Located(others, tree.where)


def locate(tree: Located, path: Path) -> str:
    """Where the value at `path` stands, or the last one on the way to it that there is."""
    for key in path:
        inside = tree.value
        if not (key in inside if isinstance(inside, dict) else isinstance(inside, list)):
            break
        tree = inside[key]
    return tree.where


def _is_text(text: str) -> bool:
    """Whether it can be written: halves of characters cannot."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _bracket_depth(depth: int, character: str) -> int:
    return depth + (character in "[{") - (character in "]}")


def _not_yaml(error: yaml.MarkedYAMLError, source: str, lines: bool) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark and lines else source
    hint = "; indent with spaces" if "'\\t'" in str(error.problem) else ""
    return f"{where}: not YAML: {', '.join(filter(None, (error.context, error.problem)))}{hint}"


@dataclass
class _Builder:
    """Turns YAML's nodes into a tree, counting values."""

    loader: Loader
    source: str
    lines: bool
    problems: list[str]
    count: int = field(default=0)

    def build(self, node: yaml.Node, depth: int, where: str = "") -> Located:
        """`where` is the place of the key, if the node is the value of one."""
        where = where or self._where(node)
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise RecipeError([f"{where}: is nested too deeply, or its aliases stand for too much"])
        if node.tag not in _TAGS[type(node)]:
            tag = node.tag.replace(_TAG, "!!")
            self.problems.append(f"{where}: the tag {tag} is not allowed; write plain values")
        if isinstance(node, yaml.MappingNode):
            return Located(self._mapping(node, depth), where)
        if isinstance(node, yaml.SequenceNode):
            return Located([self.build(item, depth + 1) for item in node.value], where)
        return Located(self._scalar(node, where), where)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Located]:
        own: dict[str, Located] = {}
        merged: dict[str, Located] = {}
        for key, value in node.value:
            where = self._where(key)
            if key.tag == f"{_TAG}merge":
                merged = self._merged(value, depth) | merged
            elif not isinstance(key, yaml.ScalarNode) or not _is_text(key.value):
                self.problems.append(f"{where}: a key must be text")
            elif key.value in own:
                first = own[key.value].where
                self.problems.append(f"{where}: '{key.value}' is given twice, first at {first}")
            else:
                own[key.value] = self.build(value, depth + 1, where)
        return merged | own

    def _merged(self, node: yaml.Node, depth: int) -> dict[str, Located]:
        """The mappings that `<<` names, the first of them above the others."""
        nodes: Iterable[yaml.Node] = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Located] = {}
        for each in nodes:
            part = self.build(each, depth + 1)
            if isinstance(part.value, dict):
                merged = part.value | merged
            else:
                self.problems.append(f"{part.where}: << needs a mapping")
        return merged

    def _scalar(self, node: yaml.Node, where: str) -> Any:
        if node.tag not in _TAGS[yaml.ScalarNode]:
            return node.value
        try:
            value = self.loader.construct_object(node)
            if isinstance(value, str) and not _is_text(value):
                self.problems.append(f"{where}: {shown(value)} holds a character that is not text")
                return ""
            if not isinstance(value, int) or value.bit_length() < _MAX_BITS:
                return value
        except (KeyError, ValueError):
            pass
        self.problems.append(f"{where}: {shown(node.value)} cannot be read as its type")
        return node.value

    def _where(self, node: yaml.Node) -> str:
        return f"{self.source}:{node.start_mark.line + 1}" if self.lines else self.source
