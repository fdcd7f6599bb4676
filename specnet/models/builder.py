"""Recipe -> keras.Model: layers in order, blocks unfolded, every failure with its place.

H, W  height and width of an image      C  channels      K  classes
"""

import random
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import keras

import specnet
from specnet.errors import RecipeError
from specnet.layers import WhiteningConv2D
from specnet.layers.network import Network
from specnet.messages import said
from specnet.models.budget import Budget, TooLarge
from specnet.models.misfits import misfit
from specnet.ops.compiled import channels_last, forget_call
from specnet.recipe import registry
from specnet.recipe.naming import LayerNames
from specnet.recipe.schema import NETWORKS, LayerSpec, Recipe
from specnet.recipe.signatures import signature

Tensor = Any


def build(recipe: Recipe, image_size: tuple[int, ...] | None = None) -> keras.Model:
    """The model of a recipe, with random weights, not compiled.

    Args:
        recipe: what to build.
        image_size: (H, W), or (T,) of signals; the recipe's own if not given. The weights fit every
            size for which the recipe has neither `flatten` nor `free` in it.

    Raises:
        RecipeError: where a layer cannot be made, or does not take what the one before it gives.
    """
    size = image_size or recipe.data.image_size
    images = keras.Input((*size, recipe.data.channels), name="images")
    with channels_last():
        try:
            builder = _Builder(frozen=recipe.training.freeze)
            return Network(images, builder.stack(images, recipe.layers))
        except Exception:
            forget_call()
            raise


def parameter_count(recipe: Recipe, network: Literal["model", "encoder", "decoder"]) -> int:
    """Parameters of one network of a recipe; a decoder's are what it adds to its encoder."""
    if network == "decoder":
        return build(recipe).count_params() - parameter_count(recipe, "encoder")
    return build_network(recipe, network).count_params()


def build_network(recipe: Recipe, network: Literal["model", "encoder"]) -> keras.Model:
    """The model of one network of a recipe alone; its layers have the names that `build` gives."""
    alone = dict.fromkeys(NETWORKS, ()) | {"model": getattr(recipe, network)}
    return build(recipe.model_copy(update=alone))


def problem(spec: LayerSpec, words: str) -> RecipeError:
    """The error that says what is wrong with a layer of a recipe, and where it stands."""
    return RecipeError([f"{_stands(spec)}: {words}"])


def _stands(spec: LayerSpec) -> str:
    where = f"{spec.where}: " if spec.where else ""
    return f"{where}{spec.place}.{spec.name}"


def reason(error: BaseException) -> str:
    """The words of a layer of ours for what went wrong, or those of a library, marked as such."""
    innermost = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    ours = innermost.is_relative_to(Path(specnet.__file__).parent) and innermost != Path(__file__)
    return said(error) if ours else f'Keras says "{said(error)}"'


def seed_of(kind: type[keras.Layer]) -> dict[str, int]:
    """On PyTorch, dropout without a seed draws from a generator that no checkpoint holds."""
    if kind is keras.layers.Dropout and keras.backend.backend() == "torch":
        return {"seed": random.randint(1, 10**9)}  # follows `keras.utils.set_random_seed`
    return {}


def check_head(recipe: Recipe, model: keras.Model, classes: Sequence[str]) -> None:
    """Raises RecipeError unless the model ends in what its task and its loss ask for."""
    if recipe.task == "classification":
        _check_classifier(recipe, model, classes)
    else:
        _check_autoencoder(recipe, model)


def last_layer(model: keras.Model) -> keras.layers.Layer:
    """The last layer, of the last model in it."""
    last = model
    while isinstance(last, keras.Model) and last.layers:
        last = last.layers[-1]
    return last


def ends_in(model: keras.Model, activation: Callable[..., Any]) -> bool:
    """Whether the last layer applies one of `keras.activations`."""
    last = last_layer(model)
    kinds = {keras.activations.softmax: keras.layers.Softmax}
    named = getattr(last, "activation", None) is activation
    return named or isinstance(last, kinds.get(activation, ()))


def _check_autoencoder(recipe: Recipe, model: keras.Model) -> None:
    """One number for each of the image's; shares of white where the loss compares shares."""
    place = _stands(recipe.layers[-1])
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
    raise problem(
        recipe.layers[-1],
        f"the model ends in shape {tuple(shape[1:])}, and the data has {len(classes)} classes "
        f"({names}); end it with `dense: {{units: {len(classes)}}}`",
    )


@dataclass
class _Builder:
    """Adds layers one by one; remembers names given, the parity of the image's width, and a layer
    that is trained.

    Layers whose names fit a pattern of `frozen` are not trained.
    """

    frozen: Sequence[str] = ()
    names: LayerNames = field(default_factory=LayerNames)
    taken: set[str] = field(default_factory=lambda: {"images"})
    budget: Budget = field(default_factory=Budget)
    odd_width: bool = False
    trained: str | None = None

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
        straight = self.stack(tensor, spec.shortcut)
        bent = self.stack(tensor, spec.layers)
        add = keras.layers.Add(name=self.name(spec, "add"))
        try:
            return add([straight, bent])
        except ValueError as error:
            raise problem(
                spec,
                f"its layers end in shape {bent.shape[1:]}, and its shortcut in shape "
                f"{straight.shape[1:]}; give it a shortcut of the same shape",
            ) from error

    def apply(self, tensor: Tensor, spec: LayerSpec) -> Tensor:
        name, fixed = registry.ALIASES.get(spec.name, (spec.name, {}))
        kind = registry.resolve(name)
        called = self.name(spec, spec.name)
        given = self.parity(name) | seed_of(kind)
        arguments = fixed | given | spec.arguments | {"name": called}
        if any(fnmatchcase(called, pattern) for pattern in self.frozen):
            arguments["trainable"] = False
        if kind is keras.layers.Flatten and None in tensor.shape[1:]:
            raise problem(
                spec,
                "the image's size follows learned strides; use global_average_pooling2d in its "
                "place, or say `frozen: true` to learned_spectral_pooling",
            )
        if kind is WhiteningConv2D and self.trained is not None:
            raise problem(
                spec,
                f"is set once, and {self.trained} before it changes as it is trained; put it "
                "before all layers with weights",
            )
        before = tuple(tensor.shape[1:])
        wrong = misfit(name, arguments, tuple(tensor.shape))
        if wrong:
            raise problem(spec, wrong)
        try:
            layer = kind(**arguments)
        except Exception as error:
            raise problem(spec, reason(error)) from error
        try:
            self.budget.check_output(layer, tensor.shape)
            with self.budget.watched():
                output = layer(tensor)
        except TooLarge as error:
            raise problem(spec, str(error)) from error
        except Exception as error:
            words = f"{reason(error)}; the shape before it is {before}"
            raise problem(spec, words) from error
        self.odd_width = getattr(layer, "odd_output_width", self.odd_width)
        self.trained = called if layer.trainable_variables else self.trained
        return output

    def name(self, spec: LayerSpec, kind: str) -> str:
        """The name of the next layer: what the recipe says, or one by its kind."""
        called = self.names.next(kind)
        name = called if spec.name == "residual" else spec.arguments.get("name", called)
        if name in self.taken:
            raise problem(spec, f"another layer is called '{name}'; give one of them a new name")
        self.taken.add(name)
        return str(name)

    def parity(self, layer: str) -> dict[str, bool]:
        """Half spectra do not tell an odd width from an even one, so layers that need it get it."""
        asked = any(argument.name == "odd_width" for argument in signature(layer))
        return {"odd_width": self.odd_width} if asked else {}
