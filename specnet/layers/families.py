"""A layer for each family that `specnet.transfer` declares: `gabor` has a GaborConvolution.

These classes are made, not written. A family's function says all there is to say: its name is what
recipes call the layer, its arguments and their ranges are the layer's, its docstring the layer's
documentation. Families that have more to them than that are in `convolution.py`.
"""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from specnet import transfer
from specnet.layers.base import MADE, ParametricConvolution
from specnet.layers.shapes import as_python
from specnet.layers.spectral_layer import refuse_unknown
from specnet.recipe import ranges

# Names that a capital a word does not spell; saved models know layers by their class.
_SPELLED = {"bspline": "BSpline"}


def class_name(family: str) -> str:
    """`difference_of_gaussians` -> `DifferenceOfGaussiansConvolution`."""
    words = "".join(word.capitalize() for word in family.split("_"))
    return _SPELLED.get(family, words) + "Convolution"


def _layer(make: Callable[..., transfer.Family]) -> type[ParametricConvolution]:
    """The class of layers whose filters are what `make` returns."""
    own = inspect.signature(make)
    annotations = inspect.get_annotations(make, eval_str=True)

    def __init__(self: Any, filters: int, *values: Any, **arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in own.parameters if name in arguments}
        refuse_unknown(type(self), arguments, *MADE)
        options = own.bind(*values, **given)
        options.apply_defaults()
        made = as_python(options.arguments)
        ranges.check(made, annotations)
        ParametricConvolution.__init__(
            self,
            filters,
            family=make(**made),
            options=made,
            **arguments,
        )

    parameter = inspect.Parameter
    ends = [
        parameter("self", parameter.POSITIONAL_ONLY),
        parameter("filters", parameter.POSITIONAL_OR_KEYWORD, annotation=int),
        parameter("arguments", parameter.VAR_KEYWORD, annotation=Any),
    ]
    parameters = [*ends[:2], *own.parameters.values(), ends[2]]
    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    name = class_name(make.__name__)
    content = {"__init__": __init__, "__doc__": make.__doc__, "__module__": __name__}
    kind = type(name, (ParametricConvolution,), content)
    return keras.saving.register_keras_serializable("specnet")(kind)


CLASSES: dict[str, type[ParametricConvolution]] = {
    class_name(name): _layer(make) for name, make in transfer.FAMILIES.items()
}
globals().update(CLASSES)  # where pickle looks for them
