"""What is timed: forward, forward and backward, a whole training step; each waits for its results.

A subject built at a size, and functions of no argument that run it.

    B  batch   H, W  height and width of an image, in pixels   C  channels
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from specnet.data import Normalization
from specnet.errors import RecipeError
from specnet.models import builder, compilation
from specnet.ops.compiled import stays_here, use_precision
from specnet.recipe.schema import LayerSpec, Recipe
from specnet.studies.bench.timing import Job
from specnet.studies.engine.subjects import CHANNELS, Subject
from specnet.training.ascent import attached

Tensor = Any

_UNIT = Normalization((0.0,), (1 / 255,))  # as if images were from 0 to 1: it costs the same
FORWARD, BACKWARD, STEP = "forward", "forward + backward", "training step"


@dataclass(frozen=True)
class Built:
    """A subject at one size.

    Attributes:
        subject: what was built.
        model: of a recipe, compiled for training.
        inputs: (B, ...), white noise, or its spectrum.
        noise: as the output; what the output's gradient is taken to be.
        jit: whether XLA compiles all of it.
    """

    subject: Subject
    model: keras.Model
    inputs: Tensor
    noise: Tensor
    jit: bool

    @property
    def batch(self) -> int:
        """Images in `inputs`."""
        return self.inputs.shape[0]


def build(
    subject: Subject,
    size: int,
    batch: int,
    channels: int = CHANNELS,
    jit: bool | None = None,
) -> Built:
    """A subject with random weights, for `batch` images of `size` x `size` pixels.

    Args:
        jit: whether XLA compiles a whole network; as `specnet train` does if not given.

    Raises:
        RecipeError: where it cannot be built at this size.
    """
    recipe = subject.at(size, channels)
    if jit is not None:
        training = recipe.training.model_copy(update={"jit_compile": jit})
        recipe = recipe.model_copy(update={"training": training})
    use_precision(recipe.training.precision)
    keras.utils.set_random_seed(recipe.training.seed)
    model, entry = (builder.build(recipe), None) if subject.kind == "recipe" else _alone(recipe)
    if subject.kind == "recipe":
        compilation.compile_model(model, recipe)
        attached(model, recipe.training, _UNIT)
    inputs = _white((batch, size, size, recipe.data.channels))
    inputs = inputs if entry is None else entry(inputs)
    output = model.compute_output_shape(inputs.shape)
    if None in output:  # of learned strides, the weights say how large it is
        output = model(inputs).shape
    noise = ops.cast(_white(tuple(output)), model.output.dtype)
    return Built(
        subject, model, inputs, noise, subject.kind == "recipe" and bool(model.jit_compile)
    )


def is_spectral(model: keras.Model) -> bool:
    """Whether any layer of it is of the frequency domain."""
    return any(type(layer).__module__.startswith("specnet.") for layer in model.layers)


def jobs(built: Built) -> dict[str, Job]:
    """The jobs of a subject by measure; a layer has no training step."""
    make_forward, make_backward = _MAKERS[keras.backend.backend()]
    backward = {BACKWARD: make_backward(built)}
    if built.subject.kind == "layer":
        return {FORWARD: make_forward(built)} | backward
    return {FORWARD: prediction(built)} | backward | {STEP: training_step(built)}


def prediction(built: Built) -> Job:
    """What `specnet predict` makes of one batch, without the reading of files."""
    return lambda: built.model.predict_on_batch(built.inputs)  # numbers: it waits


def training_step(built: Built) -> Job:
    """A step of `specnet train` on one batch, which stays on the device: Adam and all, no data."""
    inputs, targets = built.inputs, _targets(built)

    def run() -> object:
        return built.model.train_on_batch(inputs, targets, return_dict=True)  # numbers: it waits

    return run


def compiled_job(function: Callable[..., Tensor], *arguments: Tensor, jit: bool = True) -> Job:
    """A function of tensors to tensors, compiled where possible, as a job on these arguments."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        traced = tf.function(stays_here(function), jit_compile=jit, autograph=False)
    elif keras.backend.backend() == "jax":
        import jax

        traced = jax.jit(stays_here(function))
    else:
        traced = function  # PyTorch computes as it goes
    return lambda: _wait(traced(*arguments))


def _alone(recipe: Recipe) -> tuple[keras.Model, keras.layers.Layer | None]:
    """The network of one layer, and the transform that makes what it takes, if that is spectra."""
    try:
        return builder.build(recipe), None
    except RecipeError as error:
        spectral = (LayerSpec(name="rfft2d"), *recipe.model)
        try:
            whole = builder.build(recipe.model_copy(update={"model": spectral}))
        except RecipeError:  # it takes spectra no more than images
            raise error from None
    entry = whole.get_layer("rfft2d")
    return keras.Model(entry.output, whole.output), entry


def _targets(built: Built) -> Tensor:
    """Classes or images that a network might be trained to give."""
    shape = built.noise.shape
    rng = np.random.default_rng(1)
    if built.subject.recipe.task == "reconstruction":
        return ops.convert_to_tensor(rng.random(shape, "float32"))
    labels = rng.integers(shape[-1], size=shape[:-1])
    return ops.convert_to_tensor(np.eye(shape[-1], dtype="float32")[labels])


def _white(shape: tuple[int, ...]) -> Tensor:
    rng = np.random.default_rng(0)
    return ops.convert_to_tensor(rng.standard_normal(shape, "float32"))


def _tensorflow_forward(built: Built) -> Job:
    def forward(inputs: Tensor) -> Tensor:
        return built.model(inputs, training=False)

    return compiled_job(forward, built.inputs, jit=built.jit)


def _tensorflow_backward(built: Built) -> Job:
    import tensorflow as tf

    model = built.model
    weights = [variable.value for variable in model.trainable_variables]
    zero = tf.UnconnectedGradients.ZERO

    def backward(inputs: Tensor, noise: Tensor) -> list[Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output = model(inputs, training=True)
        wanted = [*weights, inputs] if built.subject.kind == "layer" else weights
        # The same as the gradient of sum(output * noise), whose cost is not the subject's.
        return tape.gradient(output, wanted, noise, unconnected_gradients=zero)

    return compiled_job(backward, built.inputs, built.noise, jit=built.jit)


def _jax_state(model: keras.Model) -> tuple[list[Tensor], list[Tensor]]:
    return (
        [variable.value for variable in model.trainable_variables],
        [variable.value for variable in model.non_trainable_variables],
    )


def _jax_forward(built: Built) -> Job:
    def forward(weights: Tensor, others: Tensor, inputs: Tensor) -> Tensor:
        return built.model.stateless_call(weights, others, inputs, training=False)[0]

    # A training step gives away the buffers of its weights: these must not be the variables' own.
    weights, others = ([ops.copy(value) for value in state] for state in _jax_state(built.model))
    return compiled_job(forward, weights, others, built.inputs)


def _jax_backward(built: Built) -> Job:
    import jax

    def backward(weights: Tensor, others: Tensor, inputs: Tensor, noise: Tensor) -> Tensor:
        @stays_here
        def output(weights: Tensor, inputs: Tensor) -> Tensor:
            return built.model.stateless_call(weights, others, inputs, training=True)[0]

        if built.subject.kind == "layer":
            return jax.vjp(output, weights, inputs)[1](noise)
        return jax.vjp(lambda weights: output(weights, inputs), weights)[1](noise)

    weights, others = ([ops.copy(value) for value in state] for state in _jax_state(built.model))
    return compiled_job(backward, weights, others, built.inputs, built.noise)


def _torch_forward(built: Built) -> Job:
    import torch

    @torch.no_grad()
    def forward(inputs: Tensor) -> Tensor:
        return built.model(inputs, training=False)

    return compiled_job(forward, built.inputs)


def _torch_backward(built: Built) -> Job:
    import torch

    of_layer = built.subject.kind == "layer"
    weights = [variable.value for variable in built.model.trainable_variables]

    def backward(inputs: Tensor, noise: Tensor) -> list[Tensor]:
        inputs = inputs.detach().requires_grad_(of_layer)
        output = built.model(inputs, training=True)
        wanted = [*weights, inputs] if of_layer else weights
        return torch.autograd.grad(output, wanted, noise, allow_unused=True)

    return compiled_job(backward, built.inputs, built.noise.detach())


_MAKERS = {
    "tensorflow": (_tensorflow_forward, _tensorflow_backward),
    "jax": (_jax_forward, _jax_backward),
    "torch": (_torch_forward, _torch_backward),
}


def _wait(results: Any) -> Any:
    """Until they are there: on a GPU all return before, and JAX everywhere."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.block_until_ready(results)
    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return results
    import tensorflow as tf

    last = tf.nest.flatten(results)[-1]
    if "CPU" not in last.device:
        tf.reshape(last, [-1])[:1].numpy()
    return results
