"""What the layers of a recipe are called in a model."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from specnet.recipe.schema import LayerSpec, Recipe


class LayerNames:
    """Names for layers in the order in which a model gets them: relu, relu_1, relu_2, ..."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def next(self, kind: str) -> str:
        """A name for another layer of a kind."""
        number = self._taken[kind]
        self._taken[kind] += 1
        return f"{kind}_{number}" if number else kind


def specs_by_name(recipe: Recipe) -> dict[str, LayerSpec]:
    """What a recipe says of each layer of its model, by the name that the layer has there."""
    names = LayerNames()

    def through(specs: Sequence[LayerSpec]) -> Iterator[tuple[str, LayerSpec]]:
        for spec in specs:
            if spec.name == "repeat":
                yield from through(spec.layers * spec.arguments["times"])
                continue
            yield from through(spec.shortcut)
            yield from through(spec.layers)
            called = names.next("add" if spec.name == "residual" else spec.name)
            yield spec.arguments.get("name", called), spec

    return dict(through(recipe.layers))


def fits_one(pattern: str, names: Iterable[str]) -> bool:
    """Whether a pattern of `training.freeze` is that of a layer."""
    return any(fnmatchcase(name, pattern) for name in names)
