"""Whether several devices of one kind add up numbers as one does: all that training on them needs.

Functions of the names of devices, such as `gpu:0` and `gpu:1`, and of all devices that processes
have together. Where devices wait for each other, one that fails may leave the others waiting for
ever; so a limit is set, by `meeting` for processes.
"""

from collections.abc import Callable, Sequence
from threading import Thread

import keras
import numpy as np

from specnet.training import processes
from specnet.workflow.doctor.findings import FAILED, Finding, compared

PATIENCE = 60.0  # seconds
REMEDY = (
    "set NCCL_DEBUG=INFO to see why, NCCL_P2P_DISABLE=1 where virtual machines come between "
    "GPUs; until it is right, train on one: CUDA_VISIBLE_DEVICES=0"
)
_ROUNDING = 1e-6  # of float32, of sums of a few numbers
_NUMBERS = 1000  # on each device


def together(devices: Sequence[str]) -> Finding:
    """Each device's numbers, summed over all devices, as each of them has the sum afterwards."""
    numbers = _numbers(len(devices))
    sums: list[np.ndarray] = []
    errors: list[Exception] = []

    def add_up() -> None:
        try:
            sums.extend(_BACKENDS[keras.backend.backend()](devices, numbers))
        except Exception as error:
            errors.append(error)

    thread = Thread(target=add_up, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if errors:
        raise errors[0]
    if len(sums) != len(devices):
        return Finding(f"no sum after {PATIENCE:.0f} s", FAILED, REMEDY)
    return _compared(sums, numbers)


def over_all_processes() -> Finding:
    """As `together`, of the devices of all processes, which must have met; JAX only."""
    import jax

    numbers = _numbers(jax.device_count())
    return _compared(processes.sums_over(jax.devices(), numbers), numbers)


def _numbers(devices: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(devices, _NUMBERS)).astype("float32")


def _compared(sums: Sequence[np.ndarray], numbers: np.ndarray) -> Finding:
    expected = numbers.astype("float64").sum(0)
    error = np.abs(np.stack(sums) - expected).max() / np.abs(expected).max()
    return compared(float(error), _ROUNDING, "NumPy's sum", REMEDY)


def _tensorflow(devices: Sequence[str], numbers: np.ndarray) -> list[np.ndarray]:
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy([f"/{device}" for device in devices])
    own = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(numbers[context.replica_id_in_sync_group])
    )

    @tf.function
    def add_up() -> tf.Tensor:
        return strategy.run(
            lambda x: tf.distribute.get_replica_context().all_reduce("sum", x), (own,)
        )

    return [each.numpy() for each in strategy.experimental_local_results(add_up())]


def _jax(devices: Sequence[str], numbers: np.ndarray) -> list[np.ndarray]:
    import jax

    kind = devices[0].partition(":")[0]
    by_name = {
        f"{device.platform}:{device.id}": device for device in jax.local_devices(backend=kind)
    }
    return processes.sums_over([by_name[name] for name in devices], numbers)


_BACKENDS: dict[str, Callable[[Sequence[str], np.ndarray], list[np.ndarray]]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
}
