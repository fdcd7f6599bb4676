"""The most memory that training steps take, each subject in a process of its own.

Memory of a process never shrinks reliably, so one that has measured cannot measure again.
"""

from typing import Any

from specnet.errors import RunError, SpecnetError
from specnet.studies.engine.memory import forget_peak, peak, resident
from specnet.studies.engine.processes import ask
from specnet.studies.engine.subjects import Subject

TIMEOUT = 300.0  # seconds
_STEPS = 3
_MIB = 2**20


def peak_memory(
    subject: Subject,
    size: int,
    batch: int,
    channels: int,
    jit: bool | None = None,
    timeout: float = TIMEOUT,
) -> float:
    """MiB that steps need at most, beyond what the process held before the subject was built.

    The steps are of a training, of a layer forward and backward; the peak is that of steps after
    the first two, in which things are compiled.

    Raises:
        RunError: where the process fails, or takes longer than `timeout` seconds.
    """
    question: dict[str, Any] = {"size": size, "batch": batch, "channels": channels, "jit": jit}
    task = f"{__name__}:measured_here"
    try:
        return float(ask(task, timeout=timeout, subject=subject.as_json(), **question))
    except SpecnetError as error:
        raise RunError(f"{subject.label}: memory: {error}; use --no-memory") from error


def measured_here(subject: str, **build: Any) -> float:
    """The same in this process, in MiB; the subject is in JSON."""
    from specnet.studies.bench import workloads

    _start_backend()
    before = resident()
    built = workloads.build(Subject.of_json(subject), **build)
    jobs = workloads.jobs(built)
    job = jobs.get(workloads.STEP, jobs[workloads.BACKWARD])
    for _ in range(2):
        job()
    forget_peak()
    for _ in range(_STEPS):
        job()
    return max(peak() - before, 0) / _MIB


def _start_backend() -> None:
    """Threads, allocators and the compiler are no part of any subject."""
    import keras
    from keras import ops

    from specnet.studies.bench.workloads import compiled_job

    keras.utils.set_random_seed(0)  # imports TensorFlow, on every backend
    compiled_job(lambda x: ops.matmul(x, x) + 1, ops.ones((64, 64)))()
