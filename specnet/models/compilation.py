"""How a model is trained: its optimizer and loss, and what XLA compiles.

Choices between a model and a training, made from the recipe or by measurement.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

from specnet.errors import RecipeError
from specnet.layers import ComplexBatchNormalization, ImageConvolution, SpectralConvolution
from specnet.layers.network import Network
from specnet.layers.spatial import SPATIAL_CONVOLUTIONS
from specnet.messages import said
from specnet.models import schedules
from specnet.models.builder import ends_in
from specnet.recipe.schema import Recipe, Training

_SPECTRAL = (SpectralConvolution, ImageConvolution)
# It computes them anew, fused with what is before: rounded otherwise, none is the maximum, and the
# gradient is 0 / 0. It does so behind dwt2d.
_XLA_LOSES_MAXIMA = (
    "training.jit_compile: TensorFlow's XLA compares numbers that it computed twice in the "
    "gradient of {layer}, which then may be no number; leave it out, say false, or take JAX"
)


def compile_model(model: Network, recipe: Recipe, steps: int | None = None) -> None:
    """Sets optimizer, loss, metric and what is compiled by XLA.

    Args:
        model: built from the recipe.
        recipe: what it is trained for, and how.
        steps: of an epoch, for a learning rate that changes with the step; without it the rate is
            constant, for a model that is not trained.

    Raises:
        RecipeError: where the optimizer does not take its options, or XLA gives no gradients.
    """
    training = recipe.training
    optimizer = _optimizer(training, steps)
    if not training.optimizer.decay_biases:
        optimizer.exclude_from_weight_decay(_biases_and_scales(model))
    if training.optimizer.bias_rate != 1:
        _hurry(optimizer, _biases_and_scales(model), training.optimizer.bias_rate)
    jit = training.jit_compile
    spread = training.distribute == "mirrored"  # XLA compiles for one device
    if keras.backend.backend() == "tensorflow" and (layer := _of_maxima(model)):
        if jit is True and steps is not None:  # what was trained so is still measured
            raise RecipeError([_XLA_LOSES_MAXIMA.format(layer=layer)])
        jit = False
    if jit == "auto" and keras.backend.backend() == "torch":
        jit = False  # torch.compile takes 100 s first; each step then takes 0.6 of its time
    elif jit == "auto" and not (spread or model.chaining) and wants_whole_compilation(model):
        jit = True
    model.compile(
        optimizer,
        _loss(model, training),
        weighted_metrics=[recipe.metric],  # rows that fill up a batch weigh nothing
        jit_compile=jit,
        steps_per_execution=_steps_at_once(training, steps),
    )


def _steps_at_once(training: Training, steps: int | None) -> int:
    """As the recipe says; PyTorch takes one after the other, also of what was trained elsewhere."""
    several = training.steps_per_execution
    if several == 1 or keras.backend.backend() != "torch":
        return several
    if steps is None:
        return 1
    raise RecipeError(
        [
            f"training.steps_per_execution: is {several}, and PyTorch takes one step at a time; "
            "leave it at 1, or set KERAS_BACKEND=tensorflow"
        ]
    )


def _of_maxima(model: keras.Model) -> str | None:
    """The name of a layer whose gradient asks which of its numbers are the maximum of all."""
    kinds = (
        keras.layers.GlobalMaxPooling1D,
        keras.layers.GlobalMaxPooling2D,
        keras.layers.GlobalMaxPooling3D,
    )
    return next((each.name for each in model._flatten_layers() if isinstance(each, kinds)), None)


def _optimizer(training: Training, steps: int | None) -> keras.Optimizer:
    config: dict[str, Any] = {"learning_rate": training.optimizer.learning_rate}
    config |= training.optimizer.options
    try:
        optimizer = keras.optimizers.get({"class_name": training.optimizer.name, "config": config})
    except Exception as error:
        raise RecipeError([f'training.optimizer.options: Keras says "{said(error)}"']) from error
    if steps is not None and not isinstance(training.optimizer.schedule, str):
        optimizer.learning_rate = schedules.by_step(training, steps)
    return optimizer


def _hurry(optimizer: keras.Optimizer, some: Sequence[keras.Variable], factor: float) -> None:
    """Has the optimizer take `factor` times the learning rate for some of the weights."""
    hurried = {optimizer._var_key(each) for each in some}
    update = optimizer.update_step

    def update_step(gradient: Any, variable: Any, learning_rate: Any) -> None:
        fast = optimizer._var_key(variable) in hurried
        update(gradient, variable, learning_rate * factor if fast else learning_rate)

    optimizer.update_step = update_step
    if keras.backend.backend() == "torch":
        import torch

        # Weight by weight, as elsewhere; its own classes update all at once, at one rate.
        kinds: list[Any] = [
            kind for kind in type(optimizer).__mro__ if "_backend_update_step" in vars(kind)
        ]
        one_by_one = kinds[1]._backend_update_step
        optimizer._backend_update_step = torch.no_grad()(partial(one_by_one, optimizer))


def _biases_and_scales(model: keras.Model) -> list[keras.Variable]:
    # By name Keras finds none on TensorFlow, where names end in `:0`.
    normalizations = (
        keras.layers.BatchNormalization,
        keras.layers.LayerNormalization,
        ComplexBatchNormalization,
    )
    return [
        weight
        for layer in model._flatten_layers()  # layers have layers too
        for weight in layer.trainable_weights
        if isinstance(layer, normalizations) or weight.name.endswith("bias")
    ]


def _loss(model: keras.Model, training: Training) -> keras.losses.Loss:
    if training.loss == "mse":
        return keras.losses.MeanSquaredError()
    if training.loss == "binary_crossentropy":
        return keras.losses.BinaryCrossentropy()
    softmax = ends_in(model, keras.activations.softmax)
    return keras.losses.CategoricalCrossentropy(
        from_logits=not softmax, label_smoothing=training.label_smoothing
    )


def wants_whole_compilation(model: keras.Model) -> bool:
    """Whether XLA makes the whole training step faster on a CPU.

    Fused spectral layers gain a factor of two to three; ordinary convolutions lose more than that,
    and so do spectral ones that have loops of their own.
    """
    layers = model.layers
    return any(isinstance(layer, _SPECTRAL) for layer in layers) and not any(
        isinstance(layer, SPATIAL_CONVOLUTIONS)
        or (isinstance(layer, ImageConvolution) and layer.takes_loops())
        for layer in layers
    )
