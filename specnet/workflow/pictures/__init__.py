"""Views of a trained run: one file a kind, from a `Subject` to its `Picture`s.

The view NAME that `--what` gives is a module `NAME_view` here, with a function
`pictures(subject: Subject) -> Iterator[Picture]`, and a line in the table below; where what a run
lacks differs, also `without(subject: Subject) -> str`. Nothing is imported until a view is asked
for, so that a mistyped name is answered before Keras is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from specnet.errors import UsageError

if TYPE_CHECKING:
    from specnet.workflow.pictures.subject import Subject, View


@dataclass(frozen=True)
class Kind:
    """What a view shows, in a few words; what a run lacks that it shows nothing of; whether it is
    of an image; what networks have it: of signals (rank 1), images or volumes; and what to take for
    others."""

    shows: str
    without: str = "nothing to show"
    of_image: bool = False
    ranks: tuple[int, ...] = (1, 2, 3)
    instead: str = ""


OTHER_IMAGE = "--image FILE shows the run on another image"  # where its data are missing
_NO_FILTERS = "no filters: no convolution, global filter, pass band or learned strides"
_NETWORKS = {1: "signals", 2: "images", 3: "volumes"}

VIEWS: dict[str, Kind] = {
    "filters": Kind(
        "what filters pass: real and imaginary part, magnitude, phase",
        _NO_FILTERS,
    ),
    "impulse": Kind("filters as they act in space, and how far they reach", _NO_FILTERS),
    "profile": Kind(
        "what filters pass by radius and by direction, cut-offs",
        _NO_FILTERS,
        ranks=(2,),
        instead="filters, which shows |H| over the frequencies",
    ),
    "training": Kind("filters through the epochs"),
    "features": Kind("what each layer does to an image, signal or volume", of_image=True),
    "method": Kind("a filter at work: image, spectrum, product, image", of_image=True),
}


def chosen(names: Sequence[str] | None) -> list[str]:
    """The names, each once, or those of all views; UsageError if there is no view of a name."""
    unknown = [name for name in names or () if name not in VIEWS]
    if unknown:
        raise UsageError(f"--what: no view '{unknown[0]}'; there are: {', '.join(VIEWS)}")
    return list(dict.fromkeys(VIEWS if names is None else names))


def of_rank(names: Sequence[str], rank: int, asked: bool, image: Path | None = None) -> list[str]:
    """Those of these views that there are for signals (rank 1), images or volumes.

    UsageError where one was asked for that there is not, or an image where there are none.
    """
    if image is not None and rank != 2:
        raise UsageError(
            f"--image: is for networks of images, and this one is of {_NETWORKS[rank]}; "
            "without it, the first of the test data is shown"
        )
    known = [name for name in names if rank in VIEWS[name].ranks]
    if asked and known != list(names):
        wrong = next(name for name in names if name not in known)
        there = ", ".join(name for name, kind in VIEWS.items() if rank in kind.ranks)
        theirs = " and ".join(_NETWORKS[each] for each in sorted(VIEWS[wrong].ranks, reverse=True))
        raise UsageError(
            f"--what: {wrong} is for networks of {theirs}, and this one is of "
            f"{_NETWORKS[rank]}; take {VIEWS[wrong].instead}; there are: {there}"
        )
    return known


def resolve(name: str) -> "View":
    """The view `name`, imported now; KeyError if the table has no such name."""
    if name not in VIEWS:
        raise KeyError(name)
    view: View = import_module(f"{__name__}.{name}_view").pictures
    return view


def without(name: str, subject: "Subject") -> str:
    """What a subject lacks that the view `name` shows nothing of."""
    module = import_module(f"{__name__}.{name}_view")
    return str(module.without(subject)) if hasattr(module, "without") else VIEWS[name].without
