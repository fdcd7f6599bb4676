"""What is compared: recipes with what each is compared with, seeds, and how they are made equal.

From the command line to recipes, without Keras, so that every mistake is told at once; and the
comparisons that papers ask for, as `SUITES`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from specnet import recipe as recipes
from specnet.errors import RecipeError, UsageError
from specnet.messages import suggest
from specnet.recipe.registry import GROUPS
from specnet.recipe.schema import ChirpsData, Data, GratingsData, HuggingfaceData, Recipe, TfdsData

Match = Literal["params", "time"]

TRIALS = 20
# What a comparison sets for each trial, and the option that says it.
_OPTION_OF = {"name": "file names", "training.seed": "--seeds"}
# Of the settings of images: what a comparison may vary and still compare on the same images.
_SAME_IMAGES = {"image_size", "channels", "normalize", "augment"}


class Published(NamedTuple):
    """Accuracy over the trials of a paper, shares from 0 to 1."""

    mean: float
    std: float
    max: float
    median: float


@dataclass(frozen=True)
class Suite:
    """What a paper, or a question, compares.

    Attributes:
        title: of the report.
        groups: recipes; the first of each group is what the others of it are compared with.
        published: recipe -> accuracy as printed.
        source: where that is printed.
        quick_trials: how many five minutes hold on 2 cores, on reduced images.
    """

    title: str
    groups: Sequence[Sequence[str]]
    published: Mapping[str, Published] = field(default_factory=dict)
    source: str = ""
    quick_trials: int = 1


SUITES = {
    "wood2021": Suite(
        "Cats vs Dogs, four networks that differ in their layers (Wood & Larson 2021, Table III)",
        [
            [
                "catsdogs-spatial-wood2021",
                "catsdogs-linear-wood2021",
                "catsdogs-gaussian-wood2021",
                "catsdogs-free-wood2021",
            ]
        ],
        {
            "catsdogs-spatial-wood2021": Published(0.653, 0.034, 0.717, 0.653),
            "catsdogs-linear-wood2021": Published(0.681, 0.016, 0.704, 0.684),
            "catsdogs-gaussian-wood2021": Published(0.683, 0.023, 0.707, 0.688),
            "catsdogs-free-wood2021": Published(0.668, 0.017, 0.693, 0.675),
        },
        "Wood & Larson 2021, Table III: 20 trials on 15,000 other photographs",
        quick_trials=4,
    ),
    "rippel2015": Suite(
        "CIFAR-10, spectral parameterisation and spectral pooling against their spatial twins "
        "(Rippel et al. 2015)",
        [
            ["cifar10-spatial", "cifar10-spectral-parameterised"],
            ["cifar10-max-pooling", "cifar10-spectral-pooling"],
        ],
        quick_trials=2,
    ),
    "families": Suite(
        "Cats vs Dogs, the same network with every parametric family of filters",
        [
            [
                "catsdogs-spatial",
                *(
                    f"catsdogs-{family.replace('_', '-')}"
                    for family in GROUPS["Convolutions of spectra"]
                    if family != "free"  # no few parameters
                ),
            ]
        ],
    ),
    "equal-parameters": Suite(
        "Cats vs Dogs, filters and pooling in networks of as many parameters",
        [
            [
                f"catsdogs-{network}-tuned"
                for network in (
                    "spatial",
                    "gaussian",
                    "mixed",
                    "max-pooling",
                    "wavelet-pooling",
                    "blur-pooling",
                )
            ]
        ],
    ),
}


@dataclass(frozen=True)
class Contender:
    """One recipe of a comparison.

    Attributes:
        label: its name in tables and files, no other's.
        recipe: what is trained; the seed is each trial's own.
        against: label of the contender that it is compared with; None where others are with it.
    """

    label: str
    recipe: Recipe
    against: str | None = None


@dataclass(frozen=True)
class Plan:
    """A whole comparison.

    Attributes:
        contenders: in the order in which they are shown.
        seeds: of the trials; trial t of every recipe has the t-th.
        match: what is made equal to that of the recipe compared with: `params` by the width of
            hidden layers, `time` by the number of epochs.
        eval_sizes: pixels along a side at which models that allow it are tested too.
        title: of the report.
        published: label -> accuracy in a paper; `source` says which.
        quick: whether images were reduced, so that the numbers say little.
    """

    contenders: tuple[Contender, ...]
    seeds: tuple[int, ...]
    match: Match | None = None
    eval_sizes: tuple[int, ...] = ()
    title: str = ""
    published: Mapping[str, Published] = field(default_factory=dict)
    source: str = ""
    quick: bool = False


@dataclass(frozen=True)
class Prepared:
    """What is known before the first trial, from `study.json`.

    Attributes:
        facts: label -> `training.Facts` as a mapping.
        machine: what it ran on.
    """

    facts: Mapping[str, Mapping[str, Any]]
    machine: Mapping[str, Any]


def plan(
    names: Sequence[str] = (),
    overrides: Sequence[str] = (),
    *,
    suite: str | None = None,
    seeds: Sequence[int] | None = None,
    match: Match | None = None,
    eval_sizes: Sequence[int] = (),
    quick: bool = False,
) -> Plan:
    """A comparison of recipes, or a suite.

    Args:
        names: recipes by name or path; the first is what the others are compared with.
        overrides: `key=value`, for every recipe.
        suite: a name of `SUITES`, in place of recipes.
        seeds: 0 to 19 if not given; fewer with `quick`.
        match, eval_sizes: as in `Plan`.
        quick: few and small images and few epochs, to see all of it in minutes.

    Raises:
        UsageError: where these do not go together.
        RecipeError: with every problem of every recipe.
    """
    chosen = _suite(suite) if suite is not None else None
    if chosen is not None and names:
        raise UsageError(f"compare: --suite {suite} has recipes of its own; found '{names[0]}' too")
    _check_overrides(overrides)
    if wrong := [seed for seed in seeds or () if not 0 <= seed < 2**32]:
        raise UsageError(f"--seeds: must be from 0 to {2**32 - 1}, found {wrong[0]}")
    groups = chosen.groups if chosen else [names]
    found = _contenders(groups, overrides, quick)
    _check_comparable(found)
    return Plan(
        contenders=tuple(found),
        seeds=tuple(
            range(_trials(quick, chosen, len(found))) if seeds is None else dict.fromkeys(seeds)
        ),
        match=match,
        eval_sizes=tuple(eval_sizes),
        title=chosen.title if chosen else " / ".join(each.label for each in found),
        published=chosen.published if chosen and not quick else {},
        source=chosen.source if chosen else "",
        quick=quick,
    )


def _trials(quick: bool, suite: Suite | None, contenders: int) -> int:
    """Of `quick` as many as five minutes hold on 2 cores."""
    if not quick:
        return TRIALS
    return suite.quick_trials if suite else max(1, 8 // contenders)


def _suite(name: str) -> Suite:
    if name not in SUITES:
        raise UsageError(f"--suite: unknown suite '{name}'{suggest(name, SUITES)}")
    return SUITES[name]


def _check_overrides(overrides: Iterable[str]) -> None:
    for text in overrides:
        key = text.lstrip("~").partition("=")[0]
        if key in _OPTION_OF:
            raise UsageError(f"override '{text}': {_OPTION_OF[key]} say that in a comparison")


def _contenders(
    groups: Sequence[Sequence[str]], overrides: Sequence[str], quick: bool
) -> list[Contender]:
    """Every recipe of every group, under labels of their own; all problems are reported at once."""
    found: list[Contender] = []
    problems: list[str] = []
    for group in groups:
        first: str | None = None
        for name in group:
            try:
                recipe = _loaded(name, overrides, quick)
            except RecipeError as error:
                problems += error.problems
                continue
            label = _free(recipe.name, {each.label for each in found})
            found.append(Contender(label, recipe, first))
            first = first or label
    if problems:
        raise RecipeError(dict.fromkeys(problems))
    return found


def _loaded(name: str, overrides: Sequence[str], quick: bool) -> Recipe:
    loaded = recipes.load(name, overrides)
    return recipes.load(name, [*reductions(loaded), *overrides]) if quick else loaded


def _free(name: str, taken: set[str]) -> str:
    """The name, in letters that every file system takes, or the first free one like it."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-")[:80] or "recipe"
    number, label = 1, plain
    while label in taken:
        number += 1
        label = f"{plain}-{number}"
    return label


def _check_comparable(found: Sequence[Contender]) -> None:
    if len(found) < 2:
        raise UsageError("compare: expected two recipes or more, or --suite NAME")
    for each in found:
        if each.recipe.task != "classification":
            words = "is an autoencoder; `specnet autoencode` compares those"
            raise UsageError(f"compare: {each.label}: {words}")
        if each.recipe.data.model_dump(exclude=_SAME_IMAGES) != found[0].recipe.data.model_dump(
            exclude=_SAME_IMAGES
        ):
            raise UsageError(
                f"compare: {found[0].label} and {each.label} are of different images or splits, so "
                "their trials cannot be paired; give both the same with an override, such as "
                "data.splits.train=..., or compare them apart"
            )


SIZE, EPOCHS = 64, 3
TRAIN, TEST = 1024, 400  # images; validation has as many as test


def reductions(recipe: Recipe) -> list[str]:
    """`key=value` for at most 64 x 64 pixels, 3 epochs and, where it can be said, few images.

    Folders and arrays keep their number of images.
    """
    found = [f"training.epochs={min(recipe.training.epochs, EPOCHS)}"]
    if isinstance(recipe.data, Data):
        height, width = (min(side, SIZE) for side in recipe.data.image_size)
        found.append(f"data.image_size=[{height}, {width}]")
    if isinstance(recipe.data, TfdsData | HuggingfaceData):
        return [*found, *_parts(recipe.data)]
    if isinstance(recipe.data, GratingsData | ChirpsData):
        counts = {"train": TRAIN, "validation": TEST, "test": TEST}
        least = {name: min(getattr(recipe.data, name), most) for name, most in counts.items()}
        return [*found, *(f"data.{name}={count}" for name, count in least.items())]
    return found


def _parts(data: TfdsData | HuggingfaceData) -> list[str]:
    """The beginning of the training images, and of others as many as needed, from the end."""
    names = {key: _base(text) for key, text in data.splits.model_dump().items()}
    parts = {
        "train": f"{names['train']}[:{TRAIN}]",
        "validation": f"{names['validation']}[-{2 * TEST}:-{TEST}]",
        "test": f"{names['test']}[-{TEST}:]",
    }
    return [f"data.splits.{key}={text}" for key, text in parts.items()]


def _base(expression: str) -> str:
    """`train` of `train[:80%]`."""
    return re.split(r"[\[+]", expression)[0].strip()
