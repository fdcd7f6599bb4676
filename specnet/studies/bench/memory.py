"""The most memory that training steps take, each subject in a process of its own.

The parent that asks, and the child that measures (`python -m` of this file). Memory of a process
never shrinks reliably, so one that has measured cannot measure again.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from specnet.errors import RunError
from specnet.plain import plain
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
    question = {"subject": subject.as_json(), "size": size, "batch": batch}
    question |= {"channels": channels, "jit": jit}
    command = [sys.executable, "-m", __name__]
    try:
        answer = subprocess.run(
            command,
            input=json.dumps(question),
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",  # native code says what it likes
            check=True,
            timeout=timeout,
        )
        return float(json.loads(answer.stdout.splitlines()[-1])["mib"])
    except subprocess.TimeoutExpired as error:
        raise RunError(
            f"{subject.label}: memory: no answer within {timeout:g} s; use --no-memory"
        ) from error
    except subprocess.CalledProcessError as error:
        raise RunError(f"{subject.label}: memory: {_last_words(error)}; use --no-memory") from error
    except (ValueError, IndexError, KeyError) as error:
        raise RunError(f"{subject.label}: memory: no answer ({error}); use --no-memory") from error


def _last_words(error: subprocess.CalledProcessError) -> str:
    if error.returncode < 0:
        return f"its process was killed by signal {-error.returncode}, as when memory runs out"
    lines = (error.stderr or "").strip().splitlines()
    return plain(lines[-1]) if lines else f"its process ended with code {error.returncode}"


def measured_here(question: str) -> float:
    """Answers one question in this process, in MiB."""
    from specnet.studies.bench import workloads

    asked = json.loads(question)
    subject = Subject.of_json(asked.pop("subject"))
    _start_backend()
    before = resident()
    built = workloads.build(subject, **asked)
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


def resident() -> int:
    """Bytes that this process holds now; where the system does not tell, the most it ever did."""
    return _status("VmRSS") or _ever()


def peak() -> int:
    """Bytes that this process held at most since `forget_peak`."""
    return _status("VmHWM") or _ever()


def forget_peak() -> None:
    """Begins anew with the peak, where Linux lets it."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _status(key: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{key}:")]
    return 1024 * int(found[0]) if found else None


def _ever() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stdout.write(json.dumps({"mib": measured_here(sys.stdin.read())}) + "\n")
