"""One training on many devices: engines that spread it, and what its processes agree on.

    mirrored        TensorFlow's MirroredStrategy: the GPUs of this host, in one process
    data_parallel   Keras's DataParallel on JAX: the devices of all processes, on any hosts

Every device takes equally many rows of each batch and holds all weights; gradients are averaged.
Whatever knows these engines. What processes tell each other is in `specnet.training.processes`, and
which rows of a batch they read in `specnet.data.sharding`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import keras

from specnet.data.sharding import Share
from specnet.errors import RecipeError
from specnet.recipe.schema import Training
from specnet.training import processes

_BACKENDS = {"mirrored": "tensorflow", "data_parallel": "jax"}


@contextmanager
def across(training: Training) -> Iterator[Share]:
    """Builds and trains what is inside on all devices that `training.distribute` means.

    Yields:
        What this process reads of each batch.

    Raises:
        RecipeError: where the engine does not go with the backend, the number of processes, or the
            rest of the recipe; says what to do.
        UsageError: where the other processes cannot be found.
        RunError: where one of them ended while this one worked.
    """
    problems = _mismatches(training, keras.backend.backend())
    if problems:
        raise RecipeError(problems)
    with _ENGINES[training.distribute]() as share:
        _check_divides(training.batch_size, share.devices)
        yield share


def adapt(model: keras.Model, training: Training) -> str | None:
    """Gives Keras's batch normalization the statistics of whole batches, not of a device's rows.

    Returns:
        In which way results differ from those of one device nevertheless; None if in none.
    """
    if training.distribute != "mirrored":
        return None  # JAX traces whole batches
    for layer in model._flatten_layers():  # layers have layers too
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
    random = [layer.name for layer in model.layers if hasattr(layer, "seed_generator")]
    if training.adversarial is not None and training.adversarial.random_start:
        random.append("training.adversarial")
    if not random:
        return None
    return (
        f"{', '.join(random)}: every device draws the same random numbers for its rows of a batch; "
        "with data_parallel, on JAX, they are those of one device"
    )


def on_first(write: Callable[[], None]) -> None:
    """Lets the process that writes do so; where it cannot, all of them fail."""
    with processes.together():
        if processes.is_first():
            # Keras makes variables as it saves, and across processes all would have to make them.
            spread = keras.distribution.distribution()
            keras.distribution.set_distribution(None)
            try:
                write()
            finally:
                keras.distribution.set_distribution(spread)


def _mismatches(training: Training, backend: str) -> list[str]:
    """Why this recipe cannot be trained here, a line each."""
    kind, needed, count = training.distribute, _BACKENDS.get(training.distribute), processes.count()
    lines = []
    if needed and backend != needed:
        other = {"tensorflow": "mirrored", "jax": "data_parallel"}.get(backend, "none")
        lines.append(
            f"training.distribute: {kind} is of the {needed} backend, and this is {backend}; set "
            f"KERAS_BACKEND={needed}, or training.distribute={other}"
        )
    if count > 1 and kind != "data_parallel":
        lines.append(
            f"training.distribute: {processes.VARIABLE}NUM_PROCESSES asks for {count} processes, "
            f"and '{kind}' is for one; set KERAS_BACKEND=jax and training.distribute=data_parallel "
            "(TensorFlow's own engine for many hosts fails in Keras 3), or unset the variable"
        )
    return lines + (_unfit_for_mirrored(training) if kind == "mirrored" else [])


def _unfit_for_mirrored(training: Training) -> list[str]:
    lines = []
    if training.jit_compile is True:
        lines.append("training.jit_compile: XLA compiles a step for one device; leave it at auto")
    if training.steps_per_execution > 1:
        lines.append("training.steps_per_execution: TensorFlow fails at several; leave it at 1")
    return [f"{line}, or take data_parallel, on JAX, as training.distribute" for line in lines]


def _check_divides(batch_size: int, devices: int) -> None:
    if batch_size % devices:
        below = batch_size - batch_size % devices
        sizes = " or ".join(str(size) for size in (below, below + devices) if size)
        raise RecipeError(
            [
                f"training.batch_size: {batch_size} images cannot be shared evenly by {devices} "
                f"devices; take {sizes}"
            ]
        )


@contextmanager
def _mirrored() -> Iterator[Share]:
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    several: AbstractContextManager[Any] = nullcontext()
    if len(devices) > 1:
        several = tf.distribute.MirroredStrategy([device.name for device in devices]).scope()
    with several:
        yield Share(devices=len(devices))


@contextmanager
def _data_parallel() -> Iterator[Share]:
    import jax

    processes.meet()
    try:
        with keras.distribution.DataParallel(auto_shard_dataset=False).scope():
            yield Share(jax.process_index(), jax.process_count(), jax.device_count())
    except jax.errors.JaxRuntimeError as error:
        if processes.count() == 1:
            raise
        raise processes.lost(error) from error


_ENGINES: dict[str, Callable[[], AbstractContextManager[Share]]] = {
    "none": lambda: nullcontext(Share()),
    "mirrored": _mirrored,
    "data_parallel": _data_parallel,
}
