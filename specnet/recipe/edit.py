"""Recipes made from recipes: the same network with some layers changed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from specnet.recipe.naming import LayerNames, fits_one, specs_by_name
from specnet.recipe.schema import NETWORKS, LayerSpec, Recipe


def renamed(recipe: Recipe, layer: str, to: str) -> Recipe:
    """The recipe with every `layer` called `to`, which must take the same arguments.

    Patterns of `training.freeze` that are no layer's any more are left out.
    """

    def change(spec: LayerSpec) -> LayerSpec:
        return spec.model_copy(update={"name": to}) if spec.name == layer else spec

    changed = _with_layers(recipe, lambda specs: [_mapped(spec, change) for spec in specs])
    names, training = specs_by_name(changed), changed.training
    frozen = tuple(pattern for pattern in training.freeze if fits_one(pattern, names))
    return changed.model_copy(update={"training": training.model_copy(update={"freeze": frozen})})


def specialised(recipe: Recipe, layer: str, arguments: Iterable[dict[str, Any]]) -> Recipe:
    """The recipe with new arguments for each `layer`, in the order in which a model has them.

    Blocks that repeat are written out, since their layers now differ.
    """
    each = iter(arguments)

    def change(spec: LayerSpec) -> LayerSpec:
        if spec.name != layer:
            return spec
        return spec.model_copy(update={"arguments": spec.arguments | next(each)})

    return _with_layers(recipe, lambda specs: [_mapped(spec, change) for spec in _unrolled(specs)])


def widened(recipe: Recipe, factor: float) -> Recipe:
    """The recipe with `factor` times the filters and units of its hidden layers.

    The last layer that has any is no hidden one: it sets the number of classes. Widths are rounded,
    and are at least 1.
    """
    widths = ("filters", "units")

    def count(specs: Iterable[LayerSpec]) -> int:
        return sum(any(k in s.arguments for k in widths) + count(_inside(s)) for s in specs)

    left = count(recipe.layers)

    def change(spec: LayerSpec) -> LayerSpec:
        nonlocal left
        found = {key: value for key, value in spec.arguments.items() if key in widths}
        left -= bool(found)
        if not found or left == 0:
            return spec
        wider = {key: max(1, round(factor * value)) for key, value in found.items()}
        return spec.model_copy(update={"arguments": spec.arguments | wider})

    return _with_layers(recipe, lambda specs: [_mapped(spec, change) for spec in specs])


def preceded(recipe: Recipe, layer: LayerSpec) -> Recipe:
    """The recipe of a classifier with one more layer before all others."""
    return recipe.model_copy(update={"model": (layer, *recipe.model)})


def followed(recipe: Recipe, name: str, layer: LayerSpec) -> Recipe:
    """The recipe with one more layer behind the one that a model calls `name`, if there is one.

    Blocks that repeat are written out; `add` is the end of a `residual`.
    """
    names = LayerNames()

    def through(specs: Iterable[LayerSpec]) -> Iterator[LayerSpec]:
        for spec in specs:
            inner = {key: tuple(through(getattr(spec, key))) for key in ("shortcut", "layers")}
            called = names.next("add" if spec.name == "residual" else spec.name)
            yield spec.model_copy(update=inner)
            if spec.arguments.get("name", called) == name:
                yield layer

    return _with_layers(recipe, lambda specs: list(through(_unrolled(specs))))


def _inside(spec: LayerSpec) -> tuple[LayerSpec, ...]:
    return spec.shortcut + spec.layers


def _with_layers(
    recipe: Recipe, change: Callable[[tuple[LayerSpec, ...]], list[LayerSpec]]
) -> Recipe:
    networks = {name: tuple(change(getattr(recipe, name))) for name in NETWORKS}
    return recipe.model_copy(update=networks)


def _mapped(spec: LayerSpec, change: Callable[[LayerSpec], LayerSpec]) -> LayerSpec:
    """Changes a layer and those inside it; a shortcut comes first, as in a model."""
    spec = change(spec)
    shortcut = tuple(_mapped(inner, change) for inner in spec.shortcut)
    layers = tuple(_mapped(inner, change) for inner in spec.layers)
    return spec.model_copy(update={"shortcut": shortcut, "layers": layers})


def _unrolled(specs: Iterable[LayerSpec]) -> Iterator[LayerSpec]:
    for spec in specs:
        if spec.name == "repeat":
            yield from list(_unrolled(spec.layers)) * spec.arguments["times"]
        else:
            inner = {key: tuple(_unrolled(getattr(spec, key))) for key in ("shortcut", "layers")}
            yield spec.model_copy(update=inner)
