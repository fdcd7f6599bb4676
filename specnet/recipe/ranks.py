"""What arrives at each layer of a recipe, and which layers cannot take it; Keras is not imported.

Signals have rank 1, images 2, volumes 3. A layer declares what it takes, and of which ranks, where
it is written; the registry reads it. From the data on, each layer's output follows from its input.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from specnet.recipe.registry import ALIASES, FORMS, GROUPS, LAYERS, RANKS
from specnet.recipe.schema import LayerSpec, Recipe

_WHAT = {1: "signals", 2: "images", 3: "volumes"}
_AXES = {1: "time", 2: "height, width", 3: "depth, height, width"}
_NUMBERS = {1: "one frequency", 2: "two frequencies", 3: "three frequencies"}


@dataclass(frozen=True)
class _Tensor:
    """What arrives: `images`, `spectra`, `complex` or `vectors`, of a rank; None where unknown."""

    kind: str | None
    rank: int | None

    def __str__(self) -> str:
        if self.kind == "vectors":
            return "vectors (batch, features)"
        return _in_words(self.kind or "images", self.rank or 2)


def axes_in_name(layer: str) -> int | None:
    """The rank that a layer's name tells: 1 of `rfft1d`, 3 of `conv3d`; None of `gaussian`."""
    told = re.search(r"[123](?=d(_transpose)?$)", layer)
    return int(told[0]) if told else None


def ranks_of(layer: str) -> tuple[int, ...]:
    """The ranks of what a layer takes: as declared, or by its name."""
    form, told = FORMS[layer], axes_in_name(layer)
    if form.ranks or told:
        return form.ranks or (told or 2,)
    return (1, 2, 3) if form.takes in ("spectra", "any") else (2,)


def counterpart(layer: str, rank: int) -> str | None:
    """The layer that does the same to data of another rank: `conv1d` of `conv2d`, if there is."""
    stem, transposed = re.fullmatch(r"(.+?)(?:[123]d)?(_transpose)?", layer).groups("")  # type: ignore[union-attr]
    names = (f"{stem}{rank}d{transposed}", stem + transposed)
    return next((name for name in names if name in LAYERS and rank in ranks_of(name)), None)


def unfit(family: str, rank: int) -> str:
    """Why a family has no filters for this rank, and which have; nothing if it has some."""
    ranks = RANKS.get(family, (rank,))
    return "" if rank in ranks else f"its filters are {of_others(ranks, rank)}"


def of_others(ranks: Iterable[int], rank: int) -> str:
    """`functions of two frequencies, and spectra of signals have one; take bspline, ...`."""
    known = [family for family, theirs in RANKS.items() if rank in theirs]
    own = " or ".join(_NUMBERS[each] for each in ranks)
    count = _NUMBERS[rank].split()[0]
    return (
        f"functions of {own}, and spectra of {_WHAT[rank]} have {count}; "
        f"take {', '.join(sorted(known))}"
    )


def unfit_layers(recipe: Recipe) -> Iterator[tuple[LayerSpec, str]]:
    """The layers of a recipe that its data, or the layers before them, rule out; each once."""
    problems: dict[str, tuple[LayerSpec, str]] = {}
    _behind(recipe.layers, _Tensor("images", len(recipe.data.image_size)), problems)
    yield from problems.values()


def _behind(
    specs: Iterable[LayerSpec], tensor: _Tensor, problems: dict[str, tuple[LayerSpec, str]]
) -> _Tensor:
    """What leaves these layers; what does not fit is added to `problems`, by its place."""
    for spec in specs:
        _behind(spec.shortcut, tensor, problems)
        if spec.name in FORMS:
            if words := _misfit(spec.name, tensor):
                problems.setdefault(spec.place, (spec, words))
            tensor = _output(spec, tensor)
        elif spec.name not in ALIASES and not spec.layers:
            tensor = _Tensor(None, tensor.rank)  # a name that is reported as unknown
        # What the second round of a `repeat` finds before it is what the first one leaves.
        for _ in range(min(spec.arguments.get("times", 1), 2) if spec.layers else 0):
            tensor = _behind(spec.layers, tensor, problems)
    return tensor


def _misfit(layer: str, tensor: _Tensor) -> str:
    """Why a layer does not take this, and what to do; nothing if it does."""
    takes, ranks, rank = FORMS[layer].takes, ranks_of(layer), tensor.rank
    kinds = {"either": ("images", "spectra")}.get(takes, (takes,))
    right_kind = takes == "any" or tensor.kind in (None, *kinds)
    right_rank = takes == "any" or rank is None or rank in ranks
    if right_kind and right_rank:
        return ""
    if rank is None:
        expected = _in_words(takes, ranks[0])
        return f"takes {expected}, found {tensor}; put it before flatten or pooling"
    if not right_rank and layer in RANKS:
        return unfit(layer, rank)
    remedy = "" if right_rank else _instead(layer, rank)
    if not right_kind:
        remedy = f"{remedy}, and put" if remedy else "put"
        remedy += f" {_between(tensor.kind or '', kinds[0], rank)} before it"
    expected = _in_words(takes, rank if right_rank else ranks[0])
    return f"takes {expected}, found {tensor}; {remedy}"


def _instead(layer: str, rank: int) -> str:
    """`take conv1d`, or the layers under the same heading that there are for this rank."""
    if same := counterpart(layer, rank):
        return f"take {same}"
    (topic,) = {_topic(heading) for heading, group in GROUPS.items() if layer in group}
    similar = [
        name
        for heading, group in GROUPS.items()
        for name in group
        if _topic(heading) == topic
        and rank in ranks_of(name)
        and FORMS[name].takes == FORMS[layer].takes
    ]
    if similar:
        return f"there is none for {_WHAT[rank]}; there are {', '.join(similar)}"
    return f"there is none for {_WHAT[rank]}; leave it out, or put a reshape before it"


def _topic(heading: str) -> str:
    """`Convolutions` of `Convolutions of signals and volumes`."""
    return heading.partition(" of ")[0]


def _between(found: str, wanted: str, rank: int) -> str:
    """The layers that make one kind of another."""
    steps = {
        ("images", "spectra"): f"rfft{rank}d",
        ("spectra", "images"): f"irfft{rank}d",
        ("complex", "spectra"): "from_complex_last",
        ("spectra", "complex"): "to_complex_last",
    }
    if (found, wanted) in steps:
        return steps[found, wanted]
    return f"{steps[found, 'spectra']} and {steps['spectra', wanted]}"


def _output(spec: LayerSpec, tensor: _Tensor) -> _Tensor:
    """What leaves a layer; where it does not fit, what would leave the one that is meant."""
    form = FORMS[spec.name]
    if spec.name == "reshape":
        return _reshaped(spec.arguments.get("target_shape"))
    if form.gives == "vectors" and not spec.arguments.get("keepdims"):
        return _Tensor("vectors", None)
    if form.takes == "any":
        return tensor
    if tensor.kind == "vectors":
        return _Tensor(None, None)
    told = ranks_of(spec.name)
    rank = tensor.rank or (told[0] if len(told) == 1 else None)
    given = form.gives if form.gives in ("images", "spectra", "complex") else form.takes
    return _Tensor(tensor.kind if given == "either" else given, rank)


def _reshaped(shape: Any) -> _Tensor:
    """By the number of axes; a first axis of 2, or a last one, may be for complex numbers."""
    if not isinstance(shape, list) or not shape or len(shape) > 4:
        return _Tensor(None, None)
    if len(shape) == 1:
        return _Tensor("vectors", None)
    ends = {3: shape[:1], 4: [shape[0], shape[-1]]}.get(len(shape), [])
    maybe_complex = any(end in (2, -1) for end in ends)
    return _Tensor(None, None) if maybe_complex else _Tensor("images", len(shape) - 1)


def _in_words(kind: str, rank: int) -> str:
    what = _WHAT[rank]
    return {
        "images": f"{what} (batch, {_AXES[rank]}, channels)",
        "spectra": f"spectra of {what}",
        "either": f"{what} (batch, {_AXES[rank]}, channels) or their spectra",
        "complex": "spectra with the complex axis last",
    }[kind]
