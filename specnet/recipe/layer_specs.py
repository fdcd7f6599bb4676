"""The lists of layers in a recipe: each checked against its layer's signature, and written back.

An item is a layer's name, `{name: {argument: value}}`, or one of the blocks

    repeat: {times: 4, layers: [...]}
    residual: {layers: [...], shortcut: [...]}     x -> shortcut(x) + layers(x)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from specnet.messages import Path, dotted, shown, suggest
from specnet.recipe.registry import ALIASES, LAYERS
from specnet.recipe.schema import LayerSpec
from specnet.recipe.signatures import allowed, check_arguments
from specnet.recipe.yaml_source import Located, locate, plain

BLOCKS: dict[str, tuple[str, ...]] = {
    "repeat": ("times", "layers"),
    "residual": ("layers", "shortcut"),
}
LISTS = ("layers", "shortcut")
MAX_LAYERS = 1000  # repeats in repeats ask for more than any machine holds


def names() -> list[str]:
    """Every name that an item of such a list can have."""
    return [*LAYERS, *ALIASES, *BLOCKS]


def read(tree: Located, network: str, problems: list[str]) -> list[LayerSpec]:
    """The layers in a network of a recipe; what is wrong with them is added to `problems`.

    Where an item is wrong, what stands for it is its name alone. `network`: `model`, `encoder` or
    `decoder`.
    """
    reader = _Reader(tree, problems)
    specs = reader.items((network,), reader.at((network,)))
    if sum(map(_count, specs)) > MAX_LAYERS:
        reader.problem((network,), f"is more than {MAX_LAYERS} layers with its repeats written out")
    return specs


def write(specs: Iterable[LayerSpec]) -> list[Any]:
    """What `read` reads back to the same layers."""
    return [_item(spec) for spec in specs]


def _item(spec: LayerSpec) -> Any:
    blocks = {key: write(getattr(spec, key)) for key in LISTS if getattr(spec, key)}
    inside = {**spec.arguments, **blocks}
    return {spec.name: inside} if inside else spec.name


def _count(spec: LayerSpec) -> int:
    inner = sum(map(_count, (*spec.layers, *spec.shortcut)))
    return max(1, inner) * spec.arguments.get("times", 1) if spec.name == "repeat" else 1 + inner


@dataclass(frozen=True)
class _Reader:
    """Reads items of `tree` at their paths, so that each problem has its file and line."""

    tree: Located
    problems: list[str]

    def problem(self, path: Path, words: str) -> None:
        self.problems.append(f"{locate(self.tree, path)}: {dotted(path)}: {words}")

    def spec(self, path: Path, name: str = "", **content: Any) -> LayerSpec:
        return LayerSpec(name=name, place=dotted(path), where=locate(self.tree, path), **content)

    def at(self, path: Path) -> Any:
        tree = self.tree
        for key in path:
            tree = tree.value[key]
        return plain(tree)

    def items(self, path: Path, value: Any) -> list[LayerSpec]:
        if not isinstance(value, list):
            self.problem(path, f"must be a list of layers, found {shown(value)}")
            return [self.spec(path)]
        if not value:
            self.problem(path, "is empty; expected at least one layer")
            return [self.spec(path)]
        return [self.item((*path, index), item) for index, item in enumerate(value)]

    def item(self, path: Path, item: Any) -> LayerSpec:
        if isinstance(item, str):
            return self.layer(path, item, None)
        if isinstance(item, dict) and len(item) == 1:
            return self.layer(path, *next(iter(item.items())))
        keys = f" ({', '.join(item)})" if isinstance(item, dict) else ""
        hint = "; begin each with '- ', and indent its arguments below it" if keys else ""
        self.problem(
            path, f"expected one layer, `name` or `name: {{...}}`, found {shown(item)}{hint}"
        )
        return self.spec(path)

    def layer(self, path: Path, name: str, inside: Any) -> LayerSpec:
        spec = self.spec(path, name)
        if name not in names():
            self.problem((*path, name), _unknown(name))
            return spec
        if not isinstance(inside, dict | None):
            self.problem((*path, name), _not_a_mapping(name, inside))
            return spec
        if name in BLOCKS:
            return self.block(path, name, inside or {})
        for place, words in check_arguments(name, inside or {}):
            self.problem((*path, name, *place), words)
        return spec.model_copy(update={"arguments": inside or {}})

    def block(self, path: Path, name: str, inside: dict[str, Any]) -> LayerSpec:
        path_inside = (*path, name)
        for key in inside:
            if key not in BLOCKS[name]:
                self.problem((*path_inside, key), f"unknown argument{suggest(key, BLOCKS[name])}")
        for key in BLOCKS[name]:
            if key not in inside and key != "shortcut":
                self.problem((*path_inside, key), "is missing")
        lists = {
            key: tuple(self.items((*path_inside, key), inside[key]))
            for key in LISTS
            if key in inside and key in BLOCKS[name]
        }
        arguments = {"times": self.times(path_inside, inside)} if name == "repeat" else {}
        return self.spec(path, name, arguments=arguments, **lists)

    def times(self, path: Path, inside: dict[str, Any]) -> int:
        times = inside.get("times", 1)
        if type(times) is int and times > 0:
            return times
        self.problem((*path, "times"), f"must be a whole number above 0, found {shown(times)}")
        return 1


def _unknown(name: str) -> str:
    return f"unknown layer{suggest(name, names(), '; `specnet layers` lists those there are')}"


def _not_a_mapping(name: str, inside: Any) -> str:
    arguments = [] if name in BLOCKS else [*allowed(name).values()]
    required = [argument.name for argument in arguments if argument.required]
    known = BLOCKS.get(name) or required or [a.name for a in arguments[:1]] or ["name"]
    example = ", ".join(f"{key}: ..." for key in known)
    if len(known) == 1 and not isinstance(inside, list):
        example = f"{known[0]}: {inside}"
    return f"expected its arguments by name, found {shown(inside)}; write `{name}: {{{example}}}`"
