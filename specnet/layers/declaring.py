"""How a layer is declared: under the name that recipes give it, in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

import keras

Class = TypeVar("Class", bound=type[Any])


def layer(name: str, group: str, ranks: tuple[int, ...] = ()) -> Callable[[Class], Class]:
    """Declares a layer; models that hold one are saved as `specnet>Class`.

    `specnet.recipe.registry` reads all this from the source, since recipes are checked before
    Keras is loaded: the decorator stands in the line above the class, with literal values.

    Args:
        name: what recipes call it.
        group: the heading that lists have it under.
        ranks: of families of filters alone: how many frequencies the functions can be of: 1 of
            signals, 2 of images, 3 of volumes.
    """
    registered: Callable[[Class], Class] = keras.saving.register_keras_serializable("specnet")
    return registered
