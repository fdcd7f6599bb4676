"""How a layer is declared: under the name that recipes give it, in one place."""

from collections.abc import Callable
from typing import Any, TypeVar

import keras

Class = TypeVar("Class", bound=type[Any])


def layer(name: str, group: str) -> Callable[[Class], Class]:
    """Declares a layer; models that hold one are saved as `specnet>Class`.

    `specnet.recipe.registry` reads name and group from the source, since recipes are checked
    before Keras is loaded: the decorator stands in the line above the class, with literal texts.

    Args:
        name: what recipes call it.
        group: the heading that lists have it under.
    """
    registered: Callable[[Class], Class] = keras.saving.register_keras_serializable("specnet")
    return registered
