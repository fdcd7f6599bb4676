"""Recipe -> keras.Model: layers in order, blocks unfolded, every failure with its place.

H, W  height and width of an image      C  channels      K  classes
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import keras

from specnet import registry
from specnet.errors import RecipeError
from specnet.networks import Network, Residual, Step
from specnet.recipe.naming import LayerNames
from specnet.schema import NETWORKS, LayerSpec, Recipe
from specnet.signatures import signature

Tensor = Any


def build(recipe: Recipe, image_size: tuple[int, int] | None = None) -> keras.Model:
    """The model of a recipe, with random weights, not compiled.

    Args:
        recipe: what to build.
        image_size: (H, W), the recipe's own if not given. The weights fit every size for which the
            recipe has neither `flatten` nor `free` in it.

    Raises:
        RecipeError: where a layer cannot be made, or does not take what the one before it gives.
    """
    size = image_size or recipe.data.image_size
    images = keras.Input((*size, recipe.data.channels), name="images")
    builder = _Builder()
    outputs = builder.stack(images, recipe.layers)
    try:
        return Network(images, outputs, builder.steps)
    except ValueError as error:  # two layers of one name
        raise RecipeError([f"model: {error}"]) from error


def parameter_count(recipe: Recipe, network: Literal["model", "encoder", "decoder"]) -> int:
    """Parameters of one network of a recipe; a decoder's are what it adds to its encoder."""
    if network == "decoder":
        return build(recipe).count_params() - parameter_count(recipe, "encoder")
    return build_network(recipe, network).count_params()


def build_network(recipe: Recipe, network: Literal["model", "encoder"]) -> keras.Model:
    """The model of one network of a recipe alone; its layers have the names that `build` gives."""
    alone = dict.fromkeys(NETWORKS, ()) | {"model": getattr(recipe, network)}
    return build(recipe.model_copy(update=alone))


def check_head(recipe: Recipe, model: keras.Model, classes: Sequence[str]) -> None:
    """Raises RecipeError unless the model ends in what its task and its loss ask for."""
    if recipe.task == "classification":
        _check_classifier(recipe, model, classes)
    else:
        _check_autoencoder(recipe, model)


def ends_in(model: keras.Model, activation: Callable[..., Any]) -> bool:
    """Whether the last layer, of the last model in it, applies one of `keras.activations`."""
    last = model
    while isinstance(last, keras.Model) and last.layers:
        last = last.layers[-1]
    kinds = {keras.activations.softmax: keras.layers.Softmax}
    named = getattr(last, "activation", None) is activation
    return named or isinstance(last, kinds.get(activation, ()))


def _check_autoencoder(recipe: Recipe, model: keras.Model) -> None:
    """One number for each of the image's; shares of white where the loss compares shares."""
    place = recipe.layers[-1].place
    problems = []
    found, wanted = tuple(model.output_shape[1:]), (*recipe.data.image_size, recipe.data.channels)
    if found != wanted:
        problems.append(f"{place}: the decoder ends in shape {found}, and the images are {wanted}")
    if recipe.training.loss == "binary_crossentropy" and not ends_in(
        model, keras.activations.sigmoid
    ):
        problems.append(
            f"{place}: with loss binary_crossentropy the decoder must end in values from 0 to 1; "
            "end it with `activation: sigmoid`, or a layer `sigmoid`"
        )
    if problems:
        raise RecipeError(problems)


def _check_classifier(recipe: Recipe, model: keras.Model, classes: Sequence[str]) -> None:
    """One number for each class."""
    if len(classes) < 2:
        raise RecipeError(["data.labelled: images without classes are for autoencoders only"])
    shape = model.output_shape
    if tuple(shape) == (None, len(classes)):
        return
    names = ", ".join(classes[:10]) + (", ..." if len(classes) > 10 else "")
    raise RecipeError(
        [
            f"{recipe.layers[-1].place}: the model ends in shape {tuple(shape[1:])}, and the data "
            f"has {len(classes)} classes ({names}); end it with `dense: {{units: {len(classes)}}}`"
        ]
    )


@dataclass
class _Builder:
    """Adds layers one after the other; remembers them, names given and the parity of the image's
    width."""

    steps: list[Step] = field(default_factory=list)
    names: LayerNames = field(default_factory=LayerNames)
    odd_width: bool = False

    def stack(self, tensor: Tensor, specs: Sequence[LayerSpec]) -> Tensor:
        for spec in specs:
            tensor = self.add(tensor, spec)
        return tensor

    def add(self, tensor: Tensor, spec: LayerSpec) -> Tensor:
        if spec.name == "repeat":
            return self.stack(tensor, spec.layers * spec.arguments["times"])
        if spec.name == "residual":
            return self.residual(tensor, spec)
        return self.apply(tensor, spec)

    def residual(self, tensor: Tensor, spec: LayerSpec) -> Tensor:
        """x -> shortcut(x) + layers(x); the shortcut is x itself if nothing is said."""
        straight, shortcut = self.branch(tensor, spec.shortcut)
        bent, layers = self.branch(tensor, spec.layers)
        add = keras.layers.Add(name=self.names.next("add"))
        self.steps.append(Residual(shortcut, layers, add))
        try:
            return add([straight, bent])
        except ValueError as error:
            raise _problem(spec, f"{error}; give it a shortcut of the same shape") from error

    def branch(self, tensor: Tensor, specs: Sequence[LayerSpec]) -> tuple[Tensor, tuple[Step, ...]]:
        """What layers make of a tensor, and the layers."""
        outer, self.steps = self.steps, []
        output = self.stack(tensor, specs)
        layers, self.steps = tuple(self.steps), outer
        return output, layers

    def apply(self, tensor: Tensor, spec: LayerSpec) -> Tensor:
        name, fixed = registry.ALIASES.get(spec.name, (spec.name, {}))
        kind = registry.resolve(name)
        arguments = (
            fixed | self.parity(name) | {"name": self.names.next(spec.name)} | spec.arguments
        )
        if kind is keras.layers.Flatten and None in tensor.shape[1:]:
            raise _problem(
                spec,
                "the image's size follows learned strides; use global_average_pooling2d in its "
                "place, or say `frozen: true` to learned_spectral_pooling",
            )
        try:
            layer = kind(**arguments)
            output = layer(tensor)
        except (ValueError, TypeError, AttributeError) as error:
            raise _problem(spec, str(error)) from error
        self.odd_width = getattr(layer, "odd_output_width", self.odd_width)
        self.steps.append(layer)
        return output

    def parity(self, layer: str) -> dict[str, bool]:
        """Half spectra do not tell an odd width from an even one, so layers that ask are told."""
        asked = any(argument.name == "odd_width" for argument in signature(layer))
        return {"odd_width": self.odd_width} if asked else {}


def _problem(spec: LayerSpec, message: str) -> RecipeError:
    """Keras wraps what went wrong in a call: a headline, the message in bold, the arguments."""
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
    words = bold.group(1) if bold else message
    return RecipeError([f"{spec.place}.{spec.name}: {' '.join(words.split())}"])
