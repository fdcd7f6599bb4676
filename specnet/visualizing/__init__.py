"""Views of a trained run: one file a kind, from a `Subject` to its `Picture`s.

A view is a module here of the name that `--what` gives it, with a function
`pictures(subject: Subject) -> Iterator[Picture]`, and a line in the table below. Nothing is imported
until a view is asked for, so that a mistyped name is answered before Keras is loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Kind:
    """What a view shows, in a few words, and whether it is of an image."""

    shows: str
    of_image: bool = False


VIEWS: dict[str, Kind] = {
    "filters": Kind("what filters pass: real and imaginary part, magnitude and phase"),
    "impulse": Kind("filters as they act in space, and how far they reach"),
    "profile": Kind("what filters pass by radius and by direction, and their cut-offs"),
    "training": Kind("filters through the epochs"),
    "features": Kind("what each layer does to an image", of_image=True),
    "method": Kind("a filter at work: image, spectrum, product, image", of_image=True),
}


def resolve(name: str) -> Callable[[Any], Any]:
    """The view `name`, imported now; KeyError if the table has no such name."""
    if name not in VIEWS:
        raise KeyError(name)
    view: Callable[[Any], Any] = import_module(f"specnet.visualizing.{name}").pictures
    return view
