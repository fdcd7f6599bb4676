"""Which families of filters there are for signals (rank 1), images (2) and volumes (3).

A family declares its ranks where it is written; the registry reads them. A filter is a function of
as many frequencies as what it filters has axes.
"""

import re
from collections.abc import Iterable, Iterator

from specnet.recipe.registry import RANKS
from specnet.recipe.schema import LayerSpec, Recipe

_WHAT = {1: "signals", 2: "images", 3: "volumes"}
_NUMBERS = {1: "one frequency", 2: "two frequencies", 3: "three frequencies"}


def axes_in_name(layer: str) -> int | None:
    """The rank that a layer's name tells: 1 of `rfft1d`, 3 of `conv3d`; None of `gaussian`."""
    told = re.search(r"[123](?=d(_transpose)?$)", layer)
    return int(told[0]) if told else None


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
    """The convolutions of spectra in a recipe that its data, or transforms before them, rule out.

    Behind a `reshape`, anything may be until the next layer whose name tells.
    """
    rank: int | None = len(recipe.data.image_size)
    for network in (recipe.model, recipe.encoder, recipe.decoder):
        problems: list[tuple[LayerSpec, str]] = []
        rank = _behind(network, rank, problems)
        yield from problems


def _behind(
    specs: Iterable[LayerSpec], rank: int | None, problems: list[tuple[LayerSpec, str]]
) -> int | None:
    """The rank behind layers that are given this one; what does not fit is added to `problems`."""
    for spec in specs:
        _behind(spec.shortcut, rank, problems)
        if rank is not None and (words := unfit(spec.name, rank)):
            problems.append((spec, words))
        rank = None if spec.name == "reshape" else axes_in_name(spec.name) or rank
        rank = _behind(spec.layers, rank, problems)
    return rank
