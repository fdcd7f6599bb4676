"""From a file, its bases and overrides to a checked recipe; all problems are reported at once."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from specnet.errors import RecipeError, UsageError
from specnet.messages import Path as Place
from specnet.messages import dotted, explain, shown
from specnet.recipe import layer_specs
from specnet.recipe.array_data import ArrayData
from specnet.recipe.dumping import as_written
from specnet.recipe.kinds import misfits
from specnet.recipe.locate import find, find_from, read_text
from specnet.recipe.naming import fits_one, specs_by_name
from specnet.recipe.optimization import AnySchedule, PiecewiseSchedule, Schedule
from specnet.recipe.overrides import changes_of, override, written
from specnet.recipe.ranks import unfit_layers
from specnet.recipe.schema import LOSSES, NETWORKS, Loss, Recipe, Training, is_hub_name
from specnet.recipe.signatures import check_options
from specnet.recipe.yaml_source import Located, at, locate, merge, parse, plain, without

Like = str | Path | Mapping[str, Any] | Recipe


def load(
    name_or_path: str | Path, overrides: Iterable[str] = (), folder: Path | None = None
) -> Recipe:
    """The recipe of a file, or a shipped one of that name, with its bases and `overrides` applied.

    Args:
        name_or_path: `recipes/mine.yaml`, or `catsdogs-gaussian`.
        overrides: `training.epochs=3`, `model[2].gaussian.filters=8`, `~data.augment`.
        folder: what relative paths in a file (`data.path`, `training.weights`, ...) follow; the
            file's own if not given. Those of an override follow the current folder.

    Raises:
        RecipeError: with a line for each problem: file, line, place, what was found, what to do.
    """
    path = find(name_or_path)
    problems: list[str] = []
    return _finished(_resolved(path, (), folder, problems), path.stem, overrides, problems)


def of_content(content: dict[str, Any], name: str, overrides: Iterable[str] = ()) -> Recipe:
    """The recipe that a file called `name` in the current folder with this content would give.

    Raises:
        RecipeError: as `load` does.
        UsageError: of what no file could say, such as a function.
    """
    problems: list[str] = []
    tree = parse(written(content, name), name, problems, lines=False)  # JSON is YAML
    tree = _over_base(_absolute(tree, Path(), problems), Path(name), (), None, problems)
    return _finished(tree, name, overrides, problems)


def of(recipe: Like, values: Mapping[str, Any]) -> Recipe:
    """The recipe that a Python program means.

    Args:
        recipe: the name of a shipped one, the path of a file, what a file would say as a mapping,
            or a recipe.
        values: what to change: sections key by key as `training={"epochs": 3}`, or what the
            command line takes as `{"model[1].gaussian.filters": 8}`.

    Raises:
        RecipeError: as `load` does.
        UsageError: of what no file could say, such as a function.
    """
    changes = list(changes_of(values))
    if isinstance(recipe, Recipe):
        return of_content(as_written(recipe), recipe.name, changes)
    if isinstance(recipe, Mapping):
        return of_content(dict(recipe), "recipe", changes)
    if not isinstance(recipe, str | Path):
        raise UsageError(
            "recipe: expected the name of a recipe, the path of a file, or a mapping, found "
            f"{type(recipe).__name__}"
        )
    return load(recipe, changes)


def _finished(tree: Located, name: str, overrides: Iterable[str], problems: list[str]) -> Recipe:
    """A whole tree with its overrides, checked; `name` is the recipe's if it says none."""
    tree = _absolute(_overridden(tree, overrides, problems), Path(), problems)
    if "name" not in tree.value:
        tree = merge(tree, Located({"name": Located(name, tree.where)}, tree.where))
    recipe = _checked(tree, problems)
    if recipe is None or problems:
        raise RecipeError(sorted(problems, key=_reading_order))
    return recipe


def _overridden(tree: Located, changes: Iterable[str], problems: list[str]) -> Located:
    """The tree with its overrides, which may change a kind as a file may that of its base."""
    whole = override(tree, changes, problems)
    for place in misfits(tree, whole):
        if at(whole, place) == at(tree, place):  # not said anew
            whole = without(whole, place)
    return whole


def _reading_order(problem: str) -> tuple[str, int]:
    """By file and line; each override is a file of its own."""
    match = re.match(r"(.+?):(\d+):", problem)
    return (match[1], int(match[2])) if match else (problem.partition(": ")[0], 0)


def _resolved(
    path: Path, above: tuple[Path, ...], folder: Path | None, problems: list[str]
) -> Located:
    """The tree of a file over those of its bases; `above` are the files that it is a base of."""
    tree = parse(read_text(path), _shown(path), problems)
    if not isinstance(tree.value, dict):
        found = shown(plain(tree))
        raise RecipeError([f"{tree.where}: must be a mapping of data and model, found {found}"])
    whole = _absolute(tree, folder or path.parent, problems)
    return _over_base(whole, path, above, folder, problems)


def _over_base(
    tree: Located, path: Path, above: tuple[Path, ...], folder: Path | None, problems: list[str]
) -> Located:
    """A tree of the file `path` over those of its bases."""
    own = Located({key: value for key, value in tree.value.items() if key != "base"}, tree.where)
    if "base" not in tree.value:
        return own
    base = _base(path, tree.value["base"], (*above, path.resolve()), folder, problems)
    # A name is one file's own: two recipes of one base would write into the same run directory.
    for place in (("name",), *misfits(base, merge(base, own))):
        base = without(base, place)
    return merge(base, own)


def _absolute(tree: Located, folder: Path, problems: list[str]) -> Located:
    """The tree with the relative paths in it read as those in this folder."""
    for section, key in (("data", "path"), ("data", "root"), ("training", "weights")):
        holder = tree.value.get(section)
        path = holder.value.get(key) if holder and isinstance(holder.value, dict) else None
        if path is None or not isinstance(path.value, str) or not path.value:
            continue
        if _is_on_the_hub(tree, key, path.value, folder):
            continue
        whole = os.path.abspath(folder / os.path.expanduser(path.value))
        if _legible(whole) != whole:
            words = f"{path.where}: {section}.{key}: {_legible(whole)}: is not UTF-8; rename it"
            problems += [words] if words not in problems else []
            continue
        inner = Located({key: Located(whole, path.where)}, holder.where)
        tree = merge(tree, Located({section: inner}, tree.where))
    return tree


def _is_on_the_hub(tree: Located, key: str, path: str, folder: Path) -> bool:
    source = at(tree, ("data", "source"))
    return (
        key == "path"
        and source is not None
        and source.value == "huggingface"
        and is_hub_name(path)
        and not os.path.exists(folder / path)
    )


def _base(
    path: Path, base: Located, above: tuple[Path, ...], folder: Path | None, problems: list[str]
) -> Located:
    if not isinstance(base.value, str):
        raise RecipeError([f"{base.where}: base: must be the path or name of a recipe"])
    found = find_from(path.parent, base.value, f"{base.where}: base: '{base.value}'")
    if found.resolve() in above:
        chain = " -> ".join(file.name for file in (*above, found))
        raise RecipeError([f"{base.where}: base: leads back to itself: {chain}"])
    return _resolved(found, above, folder, problems)


def _shown(path: Path) -> str:
    """The path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return _legible(str(path) if relative.startswith("..") else relative)


def _legible(name: str) -> str:
    """`caf\\xe9` of a file's name whose bytes are not UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _checked(tree: Located, problems: list[str]) -> Recipe | None:
    data = plain(tree)
    networks = [name for name in NETWORKS if name in data]
    if networks not in (["model"], ["encoder", "decoder"]):
        problems.append(f"{tree.where}: {_wrong_networks(networks)}")
    for name in networks:
        data[name] = [spec.model_dump() for spec in layer_specs.read(tree, name, problems)]
    _set_loss(tree, data, problems)
    try:
        # As JSON, because only there does pydantic's strict mode read a list as a tuple.
        recipe = Recipe.model_validate_json(json.dumps(data), strict=True)
        problems += [
            f"{locate(tree, place)}: {dotted(place)}: {words}" for place, words in _unfit(recipe)
        ]
        problems += [
            f"{spec.where}: {spec.place}.{spec.name}: {words}"
            for spec, words in unfit_layers(recipe)
        ]
        return recipe
    except ValidationError as error:
        problems += [
            f"{locate(tree, place)}: {dotted(place) or 'the recipe'}: {words}"
            for place, words in explain(error, data, Recipe)
        ]
    return None


def _unfit(recipe: Recipe) -> Iterator[tuple[Place, str]]:
    """What is wrong with values that others of the recipe decide about."""
    size, augment = recipe.data.image_size, recipe.data.augment
    for key in ("shift", "crop", "cutout") if augment else ():
        if (found := getattr(augment, key)) > min(size):
            height, width = size
            words = f"must be {min(size)} at most, as the images are {height}x{width}"
            yield ("data", "augment", key), f"{words}, found {found:g}"
    if recipe.decoder and len(size) != 2:
        words = f"autoencoders are for images, and data.source {recipe.data.source} gives none; "
        yield (
            ("decoder",),
            words + "give a model that ends in the classes, in place of encoder and decoder",
        )
    if recipe.task == "classification" and getattr(recipe.data, "label", "") is None:
        yield ("data", "label"), "is missing; only autoencoders need no column of classes"
    names = specs_by_name(recipe) if recipe.training.freeze else {}
    for number, pattern in enumerate(recipe.training.freeze):
        if not fits_one(pattern, names):
            words = f"no layer is called so, found '{pattern}'; there are: {', '.join(names)}"
            yield ("training", "freeze", number), words
    yield from _unfit_attacks(recipe)
    yield from _unfit_training(recipe.training)


def _unfit_attacks(recipe: Recipe) -> Iterator[tuple[Place, str]]:
    wanted = recipe.training.adversarial
    if wanted and isinstance(recipe.data, ArrayData):
        words = "is for images, whose pixels go from black to white; data.source "
        yield ("training", "adversarial"), f"{words}{recipe.data.source} gives none; leave it out"
    if wanted and wanted.validation_images:
        place = ("training", "adversarial", "validation_images")
        if recipe.task != "classification":
            yield place, "is of classifiers, and this is an autoencoder; leave it out"
        if recipe.training.distribute != "none":
            yield place, "is for one device; leave it out, or set training.distribute to none"


def _unfit_training(training: Training) -> Iterator[tuple[Place, str]]:
    if training.label_smoothing and training.loss != "categorical_crossentropy":
        words = f"is of categorical_crossentropy, and the loss is {training.loss}; leave it out"
        yield ("training", "label_smoothing"), words
    optimizer = training.optimizer
    for key, words in _unfit_schedule(optimizer.schedule, training.epochs):
        yield ("training", "optimizer", "schedule", key), words
    if not (optimizer.decay_biases or optimizer.decays):
        words = (
            f"is of a weight_decay; set training.optimizer.options.weight_decay of {optimizer.name}"
        )
        yield ("training", "optimizer", "decay_biases"), words
    for place, words in (
        check_options(optimizer.name, optimizer.options) if optimizer.options else ()
    ):
        yield ("training", "optimizer", "options", *place), words


def _unfit_schedule(schedule: str | AnySchedule, epochs: int) -> Iterator[tuple[str, str]]:
    if isinstance(schedule, Schedule) and schedule.warmup >= epochs:
        words = f"must be less than training.epochs, {epochs}, found {schedule.warmup:g}"
        yield "warmup", words
    if isinstance(schedule, PiecewiseSchedule):
        if len(schedule.factors) != len(schedule.epochs):
            count = len(schedule.epochs)
            yield "factors", f"must be {count}, one for each epoch, found {len(schedule.factors)}"
        if any(one >= other for one, other in pairwise(schedule.epochs)):
            yield "epochs", f"must ascend, found {shown([*schedule.epochs])}"


def _wrong_networks(found: list[str]) -> str:
    if not found:
        return "model: is missing (of an autoencoder: encoder and decoder)"
    if "model" in found:
        return f"model: stands beside {' and '.join(found[1:])}; keep model, or the other two"
    missing = "decoder" if "encoder" in found else "encoder"
    return f"{missing}: is missing; an autoencoder has an encoder and a decoder"


def _set_loss(tree: Located, data: dict[str, Any], problems: list[str]) -> None:
    """Fills in the usual loss of the task, and refuses one that belongs to the other."""
    losses = LOSSES["reconstruction" if "decoder" in data else "classification"]
    training = data.setdefault("training", {})
    if not isinstance(training, dict):
        return
    loss = training.setdefault("loss", losses[0])
    if loss in get_args(Loss) and loss not in losses:
        kind = "an autoencoder" if "decoder" in data else "a classifier"
        where = locate(tree, ("training", "loss"))
        problems.append(
            f"{where}: training.loss: of {kind} must be {' or '.join(losses)}, found '{loss}'"
        )
