"""Processes that train as one, on JAX: who writes, and what they agree on.

Keras's own variables, KERAS_DISTRIBUTION_JOB_ADDRESSES, _NUM_PROCESSES and _PROCESS_ID, tell each
of the others. All of them run the same steps, each of which waits for all, so that none may do what
the others do not. Importing this module loads neither Keras nor NumPy.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

from specnet.errors import RunError, UsageError
from specnet.plain import whole_number

if TYPE_CHECKING:
    import numpy as np

VARIABLE = "KERAS_DISTRIBUTION_"
_PATIENCE = 10.0  # seconds that a process which failed waits for others that may be gone


def count() -> int:
    """How many processes train together, as KERAS_DISTRIBUTION_NUM_PROCESSES says; 1 if unset."""
    return _number("NUM_PROCESSES", 1)


def is_first() -> bool:
    """Whether this is the process that writes and speaks: the only one, or number 0."""
    return count() == 1 or _number("PROCESS_ID", 0) == 0


def meet() -> None:
    """Waits for the other processes, if there are any. JAX must not have touched a device before.

    Raises:
        UsageError: where they cannot be found.
    """
    import jax
    import keras

    if count() == 1 or jax.distributed.is_initialized():
        return
    missing = [
        VARIABLE + name
        for name in ("JOB_ADDRESSES", "PROCESS_ID")
        if VARIABLE + name not in os.environ
    ]
    if missing:
        raise UsageError(
            f"{', '.join(missing)}: not set; each of the {count()} processes needs host:port "
            "of process 0, and its own number from 0"
        )
    try:
        with _words_to_stderr():
            keras.distribution.initialize()
            _greet()
    except (ValueError, RuntimeError) as error:
        raise UsageError(
            f"{VARIABLE}JOB_ADDRESSES: the {count()} processes did not meet at "
            f"{os.environ[VARIABLE + 'JOB_ADDRESSES']} ({str(error).splitlines()[0]}); start all "
            "of them, with numbers from 0"
        ) from error


@contextmanager
def together() -> Iterator[None]:
    """What is inside fails on all processes if it fails on one, so that none waits for another.

    Raises:
        RunError: where it went well here and failed elsewhere.
    """
    error: Exception | None = None
    try:
        yield
    except Exception as raised:
        error = raised
    (failed,) = largest(int(error is not None))
    if error is not None:
        raise error
    if failed:
        raise RunError("another process of this training failed, and says why")


def largest(*numbers: int) -> tuple[int, ...]:
    """The largest of each number among all processes, all of which must ask."""
    if count() == 1:
        return numbers
    return tuple(max(column) for column in zip(*_gathered(numbers), strict=True))


def of_first(text: str) -> str:
    """The text of process 0, on all processes, all of which must ask."""
    if count() == 1:
        return text
    content = text.encode()
    (length,) = largest(len(content))
    return bytes(_gathered(content.ljust(length, b"\0"))[0]).rstrip(b"\0").decode()


def sums_over(devices: Sequence[Any], numbers: "np.ndarray") -> "list[np.ndarray]":
    """The sum of what JAX devices have, as each of those has it that belong to this process.

    Args:
        devices: D of them, of one or more processes, all of which must ask.
        numbers: (D, N), a row for each device.

    Returns:
        An array (N,) for each device of this process.
    """
    import jax
    import numpy as np

    mesh = jax.sharding.Mesh(devices, ("device",))

    def spread(*axes: str) -> jax.sharding.NamedSharding:
        return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*axes))

    own = jax.make_array_from_callback(numbers.shape, spread("device"), lambda at: numbers[at])
    total = jax.jit(lambda x: x.sum(0), out_shardings=spread())(own)
    return [np.asarray(shard.data) for shard in total.addressable_shards]


def lost(error: Exception) -> RunError:
    """What to raise where JAX could not reach another process."""
    return RunError(
        f"another process of this training ended ({str(error).splitlines()[0]}); "
        "start all of them again, with --resume"
    )


def leave(code: int, last: Callable[[], None] = lambda: None) -> NoReturn:
    """Ends this process with an exit code.

    One of several says goodbye to the others, as long as they may still be there: at exit, JAX
    would wait minutes for one that was killed, and then abort. So nothing is called at exit there
    but `last`.
    """
    jax = sys.modules.get("jax")
    if jax is not None and jax.distributed.is_initialized():
        goodbye = Thread(target=jax.distributed.shutdown, daemon=True)
        goodbye.start()
        goodbye.join(_PATIENCE)
        sys.stdout.flush()
        sys.stderr.flush()
        last()
        os._exit(code)
    sys.exit(code)


def _gathered(numbers: Sequence[int]) -> list[list[int]]:
    """The numbers of each process; as many everywhere, of 32 bits."""
    import numpy as np
    from jax.experimental import multihost_utils

    try:
        return multihost_utils.process_allgather(np.array([*numbers], np.int32)).tolist()
    except (ValueError, RuntimeError) as error:  # JAX raises either
        raise lost(error) from error


def _greet() -> None:
    """Makes the connections of processes, and those of all their devices."""
    import jax
    import numpy as np
    from jax.experimental import multihost_utils

    multihost_utils.process_allgather(np.zeros(1, np.int32))
    sums_over(jax.devices(), np.zeros((jax.device_count(), 1), np.float32))


@contextmanager
def _words_to_stderr() -> Iterator[None]:
    """What libraries print meanwhile; standard output is for results."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _number(name: str, default: int) -> int:
    text = os.environ.get(VARIABLE + name, str(default))
    number = whole_number(text)
    if number is None:
        raise UsageError(f"{VARIABLE}{name}: must be a whole number, found '{text}'")
    return number
