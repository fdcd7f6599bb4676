"""What is measured: recipes and single layers, as they are written on the command line.

From text to something that can be built at a size. Nothing is built here, and Keras is not
imported, so that every mistake is told at once.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from specnet import recipe as recipes
from specnet.errors import RecipeError, UsageError
from specnet.recipe import layer_specs
from specnet.recipe.schema import GratingsData, Recipe
from specnet.recipe.yaml_source import Located, parse, plain

LAYER_BATCH = 8
LAYER_SIZES = (64, 150)
CHANNELS = 32
NO_TORCH = "bench --peers: needs PyTorch; pip install 'specnet[peers]'"
_OVERRIDE = re.compile(r"~.*|[^\s:{]+=.*")
_NO_DATA = GratingsData(source="gratings")


@dataclass(frozen=True)
class Subject:
    """A recipe, or a layer alone.

    Attributes:
        label: how it is called in tables.
        kind: `recipe`: a whole network, measured as `specnet train` runs it. `layer`: one item of a
            network, measured between white noise and white noise.
        recipe: of a layer, one whose network is that layer.
    """

    label: str
    kind: Literal["recipe", "layer"]
    recipe: Recipe

    @property
    def batch(self) -> int:
        """Images a batch by default."""
        return self.recipe.training.batch_size if self.kind == "recipe" else LAYER_BATCH

    @property
    def sizes(self) -> tuple[int, ...]:
        """Pixels along a side by default.

        Raises:
            UsageError: where a recipe's images are not square, which is another network.
        """
        if self.kind == "layer":
            return LAYER_SIZES
        height, width = self.recipe.data.image_size
        if height != width:
            raise UsageError(
                f"{self.label}: has images of {height} x {width} pixels, and bench measures square "
                f"ones; give --sizes, such as --sizes {height},{width}"
            )
        return (height,)

    def at(self, size: int, channels: int = CHANNELS) -> Recipe:
        """The recipe for square images of `size` pixels; of a layer, with so many channels."""
        changes: dict[str, Any] = {"image_size": (size, size)}
        if self.kind == "layer":
            changes["channels"] = channels  # more than images have: not checked by the schema
        return self.recipe.model_copy(update={"data": self.recipe.data.model_copy(update=changes)})

    def as_json(self) -> str:
        """What `of_json` reads back, in another process."""
        content = {"label": self.label, "kind": self.kind, "recipe": as_json(self.recipe)}
        return json.dumps(content)

    @classmethod
    def of_json(cls, text: str) -> "Subject":
        """The inverse of `as_json`."""
        found = json.loads(text)
        return cls(recipe=read_recipe(found.pop("recipe")), **found)


def as_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe for another process: what `read_recipe` reads."""
    return json.loads(recipe.model_dump_json())


def read_recipe(content: Mapping[str, Any]) -> Recipe:
    """A recipe from its JSON."""
    return Recipe.model_validate_json(json.dumps(content), strict=True)


def read(texts: Sequence[str], against: str | None = None) -> list[Subject]:
    """Subjects and overrides as they stand on the command line; `against` is the last subject.

    Args:
        texts: recipes by name or path, layers as in a recipe's list (`spectral_pooling`, or
            `spectral_conv2d: {filters: 32}`), and overrides (`key=value`) for every recipe.
        against: a recipe or a layer too.

    Raises:
        RecipeError: with every problem of every recipe and layer.
        UsageError: where recipes and layers are mixed, or there is nothing to measure.
    """
    overrides = [text for text in texts if is_override(text)]
    wanted = [text for text in texts if text not in overrides]
    if not wanted:
        raise UsageError("bench: expected a recipe or a layer beside the overrides and --against")
    found: list[Subject] = []
    problems: list[str] = []
    for text in [*wanted, *([] if against is None else [against])]:
        try:
            found.append(_subject(text, overrides))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(dict.fromkeys(problems))
    _check_kinds(found, overrides)
    return _told_apart(found)


def is_override(text: str) -> bool:
    """`key=value` or `~key`, which changes recipes; not a recipe or a layer."""
    return _OVERRIDE.fullmatch(text) is not None


def network(label: str, name: str, overrides: Iterable[str] = ()) -> Subject:
    """A recipe with overrides, under a label."""
    return Subject(label, "recipe", recipes.load(name, overrides))


def layer(text: str, label: str | None = None) -> Subject:
    """A layer as a recipe's list has it; RecipeError with all that is wrong with it."""
    label = label or " ".join(text.split())
    problems: list[str] = []
    item = parse(text, label, problems, lines=False)
    tree = Located({"layer": Located([item], label)}, label)
    specs = layer_specs.read(tree, "layer", problems)
    if problems:
        raise RecipeError(problem.replace("layer[0].", "") for problem in problems)
    spec = specs[0].model_copy(update={"place": "layer"})
    return Subject(label, "layer", Recipe(name="layer", data=_NO_DATA, model=(spec,)))


def _subject(text: str, overrides: Iterable[str]) -> Subject:
    if _is_layer(text):
        return layer(text)
    _check_name(text)
    loaded = recipes.load(text, overrides)
    if len(loaded.data.image_size) != 2:
        raise UsageError(f"{text}: is of signals or volumes, and bench is for networks of images")
    return Subject(loaded.name, "recipe", loaded)


def _is_layer(text: str) -> bool:
    """A name of the registry, or `name: {...}`."""
    if text in layer_specs.names() or "{" in text:
        return True
    try:
        return isinstance(plain(parse(text, text, [])), dict)
    except RecipeError:
        return False


def _check_name(text: str) -> None:
    """A word that is no recipe may be a layer that was misspelt."""
    try:
        recipes.find(text)
    except RecipeError:
        shipped = [path.stem for path in recipes.shipped()]
        close = get_close_matches(text, [*layer_specs.names(), *shipped], n=1)
        if close and close[0] in layer_specs.names():
            words = f"no such recipe or layer; did you mean '{close[0]}'?"
            raise RecipeError([f"{text}: {words}"]) from None
        raise


def _check_kinds(found: Sequence[Subject], overrides: Sequence[str]) -> None:
    kinds = {subject.kind for subject in found}
    if len(kinds) > 1:
        raise UsageError(
            "bench: recipes are compared with recipes, and layers with layers; found "
            + ", ".join(f"{subject.label} ({subject.kind})" for subject in found)
        )
    if overrides and "recipe" not in kinds:
        raise UsageError(f"override '{overrides[0]}': is for recipes, and all of these are layers")


def _told_apart(found: Sequence[Subject]) -> list[Subject]:
    """The second of one label gets a number."""
    seen: dict[str, int] = {}
    named = []
    for subject in found:
        number = seen[subject.label] = seen.get(subject.label, 0) + 1
        label = subject.label if number == 1 else f"{subject.label} ({number})"
        named.append(Subject(label, subject.kind, subject.recipe))
    return named
