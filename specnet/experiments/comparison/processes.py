"""Questions that other processes answer, each in a new one: a crash or a leak stays there.

Threads are limited before the backend is imported, and memory that one training left is no part of
the next. What may go in here: how a process is started, watched and heard; not what it does.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from specnet.errors import DataError, DivergedError, RecipeError, RunError, SpecnetError, UsageError

STARTED = time.monotonic()  # this process, but for the interpreter; no backend is imported yet
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "PJRT_NPROC",  # JAX on a CPU
)
# Several processes on one GPU: none takes all of its memory at once.
_SHARED_GPU = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
_CHILD = "specnet.experiments.comparison.child"
_KINDS = {kind.__name__: kind for kind in (UsageError, DataError, DivergedError, RunError)}
WATCH = "specnet-watch"  # the thread that looks whether the owner lives
_LOOK = 0.5  # seconds between looks at whether anybody still wants an answer
_LONGEST = 300  # characters of what a process said last


class ProcessDied(RunError):
    """A process ended without an answer; `killed` by a signal, or by itself."""

    def __init__(self, message: str, killed: bool):
        super().__init__(message)
        self.killed = killed


@dataclass(frozen=True)
class Owner:
    """The process that wants the answers; those that work for it end when it does."""

    host: str
    pid: int

    @classmethod
    def this(cls) -> "Owner":
        """The process that calls."""
        return cls(platform.node(), os.getpid())

    def lives(self) -> bool:
        """Whether it still runs; of another machine nobody knows, and the answer is yes."""
        if platform.node() != self.host:
            return True
        try:
            os.kill(self.pid, 0)
        except OSError:
            return False
        return True


def watch(owner: Owner) -> None:
    """Ends this process, from a thread, once its parent or its owner is gone."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent and owner.lives():
            time.sleep(_LOOK)
        os._exit(1)

    threading.Thread(target=look, name=WATCH, daemon=True).start()


def ask(task: str, owner: Owner, threads: int, **question: Any) -> Any:
    """Has a new process do a task of `child`, with so many threads, and returns its answer.

    Raises:
        SpecnetError: what the process raised, of the same kind.
        ProcessDied: where it ended without an answer.
    """
    asked = {"task": task, "owner": asdict(owner), "question": question}
    done = subprocess.run(
        [sys.executable, "-m", _CHILD],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=environment(threads),
        start_new_session=True,  # Ctrl-C is for the process that was started by hand
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (ValueError, IndexError):
        raise ProcessDied(_ending(done), done.returncode < 0) from None
    if "error" in answer:
        raise error_of(answer["error"])
    return answer["answer"]


def environment(threads: int) -> dict[str, str]:
    """Variables of a process that shall use so many threads."""
    limits = dict.fromkeys(_THREADS, str(threads))
    return _SHARED_GPU | {"TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ | limits


def as_json(error: SpecnetError) -> dict[str, Any]:
    """What `error_of` makes an error of again."""
    problems = getattr(error, "problems", None)
    return {"kind": type(error).__name__, "message": str(error), "problems": problems}


def error_of(content: dict[str, Any]) -> SpecnetError:
    """The inverse of `as_json`."""
    if content["problems"] is not None:
        return RecipeError(content["problems"])
    return _KINDS.get(content["kind"], RunError)(content["message"])


def _ending(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"its process was killed ({name}), as when memory runs out"
    said = done.stderr.strip().splitlines() or ["without a word"]
    return f"its process ended with code {done.returncode}: {said[-1][:_LONGEST]}"
