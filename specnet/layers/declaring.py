"""How a layer is declared: under the name that recipes give it, in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

import keras

Class = TypeVar("Class", bound=type[Any])


def layer(
    name: str, group: str, takes: str = "images", gives: str = "", ranks: tuple[int, ...] = ()
) -> Callable[[Class], Class]:
    """Declares a layer; models that hold one are saved as `specnet>Class`.

    `specnet.recipe.registry` reads all this from the source, since recipes are checked before
    Keras is loaded: the decorator stands in the line above the class, with literal values; what is
    not `images` is said by name.

    Args:
        name: what recipes call it.
        group: the heading that lists have it under.
        takes: `images` (also of signals and volumes, if the name ends in `1d` or `3d`), `spectra`,
            `either`, or `complex`: spectra with the complex axis last.
        gives: what it makes of them, if that is something else.
        ranks: how many axes can be transformed: 1 of signals, 2 of images, 3 of volumes. By the
            name if not given; of spectra, all, if the name tells none.
    """
    registered: Callable[[Class], Class] = keras.saving.register_keras_serializable("specnet")
    return registered
