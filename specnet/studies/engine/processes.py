"""Questions that other processes answer, each in a new one: a crash or a leak stays there.

Threads are limited before the backend is imported, and memory that one training left is no part of
the next. A question is a line of JSON on standard input, the answer the last line of output.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from specnet.errors import (
    DataError,
    DivergedError,
    InterruptedRun,
    RecipeError,
    RunError,
    SpecnetError,
    UsageError,
)
from specnet.messages import said
from specnet.plain import plain
from specnet.training.interruption import let_go, listen, pending

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
_ANSWER = "from specnet.studies.engine.processes import answer; answer()"
_KINDS = {kind.__name__: kind for kind in (UsageError, DataError, DivergedError, RunError)}
_LOOK = 0.5  # seconds between looks at whether anybody still wants an answer
_PATIENCE = 60  # seconds for a process to end a step and write a checkpoint
_LONGEST = 300  # characters of what a process said last
_ORPHANED = 75  # exit code of a process whose parent is gone
_answering: set["subprocess.Popen[str]"] = set()
_stopping: set["subprocess.Popen[str]"] = set()  # of those, which were told: a second time kills
_TOLD_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProcessDied(RunError):
    """A process ended without an answer: killed from outside, as when memory runs out, or not."""

    def __init__(self, message: str, killed: bool):
        super().__init__(message)
        self.killed = killed

    def __reduce__(self) -> tuple[Any, ...]:
        return ProcessDied, (str(self), self.killed)


class Orphaned(RunError):
    """Whoever wanted the answer is gone."""


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
        """Whether it still runs; True for processes of other machines, which cannot be asked."""
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
        os._exit(_ORPHANED)

    threading.Thread(target=look, daemon=True).start()


def ask(
    task: str,
    owner: Owner | None = None,
    threads: int | None = None,
    timeout: float | None = None,
    **question: Any,
) -> Any:
    """Has a new process call a function, and returns its answer.

    Args:
        task: `module:function`; imported there, as it may load a backend.
        owner: when it ends, so does the process; this process if not given.
        threads: of the process; as many as it likes if not given.
        timeout: seconds.
        question: arguments, which JSON can hold, as it can the answer.

    Raises:
        SpecnetError: what the process raised, of the same kind.
        InterruptedRun: where the process was told to stop, and this one not (yet).
        Orphaned: where the owner is gone.
        ProcessDied: where it ended without an answer, or took too long.
    """
    owner = owner or Owner.this()
    asked = {"task": task, "owner": asdict(owner), "question": question}
    try:
        done = answered(json.dumps(asked), environment(threads), timeout)
    except subprocess.TimeoutExpired:
        raise ProcessDied(f"no answer within {timeout:g} s", False) from None
    lines = done.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (ValueError, IndexError):
        raise _ending(done, owner) from None
    if "error" in answer:
        raise error_of(answer["error"])
    return answer["answer"]


def answered(
    asked: str, environment: dict[str, str], timeout: float | None
) -> subprocess.CompletedProcess[str]:
    """A new process that has answered, or ended otherwise.

    Whoever is stopped here lets it stop too: a training writes a checkpoint first.
    """
    command = [sys.executable, "-c", _ANSWER]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",  # native code says what it likes
        env=environment,
        start_new_session=True,  # Ctrl-C is for the process that was started by hand
    ) as process:
        _answering.add(process)
        try:
            told = process.communicate(asked, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        except BaseException:
            _stop(process)
            raise
        finally:
            _answering.discard(process)
            _stopping.discard(process)
    return subprocess.CompletedProcess(command, process.returncode, *told)


def stop_all() -> None:
    """Lets the processes that threads of this one wait for stop, and waits until they have."""
    _stop(*_answering)


def _stop(*begun: "subprocess.Popen[str]") -> None:
    """Waits for them all; a second Ctrl-C, or one that hangs, kills."""
    try:
        for process in begun:
            if process not in _stopping:
                _stopping.add(process)
                process.terminate()
        for process in begun:
            process.wait(_PATIENCE)
    except BaseException as error:
        for process in begun:
            process.kill()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise


def answer() -> None:
    """What a process does that was asked: reads, works, answers; errors too are answers."""
    listen()
    stay_nice()
    asked = json.loads(sys.stdin.read())
    watch(Owner(**asked["owner"]))
    module, _, name = asked["task"].partition(":")
    try:
        found = {"answer": getattr(import_module(module), name)(**asked["question"])}
    except SpecnetError as error:
        found = {"error": as_json(error)}
    except KeyboardInterrupt:
        found = {"error": as_json(InterruptedRun("stopped", pending() or signal.SIGINT))}
    except Exception as error:  # whatever a backend raises: the other trials go on
        words = f"unexpected {type(error).__name__}: {said(error)}"
        found = {"error": as_json(SpecnetError(words))}
    let_go()
    sys.stdout.write("\n" + json.dumps(found) + "\n")


def stay_nice() -> None:
    """Gives way to others as much as `nice` asked.

    Linux may share cores between sessions first, by a niceness of theirs that begins at 0.
    """
    group = Path("/proc/self/autogroup")
    if group.exists() and (niceness := os.nice(0)) > 0:
        with suppress(OSError):
            group.write_text(str(niceness))


def environment(threads: int | None) -> dict[str, str]:
    """Variables of a process that shall use so many threads."""
    limits = {} if threads is None else dict.fromkeys(_THREADS, str(threads))
    return _SHARED_GPU | {"TF_CPP_MIN_LOG_LEVEL": "3"} | os.environ | limits


def as_json(error: SpecnetError) -> dict[str, Any]:
    """What `error_of` makes an error of again."""
    content: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    if isinstance(error, RecipeError):
        content["problems"] = error.problems
    if isinstance(error, InterruptedRun):
        content["signal"] = error.signal_number
    return content


def error_of(content: dict[str, Any]) -> SpecnetError:
    """The inverse of `as_json`."""
    if "problems" in content:
        return RecipeError(content["problems"])
    if "signal" in content:
        return InterruptedRun(content["message"], content["signal"])
    return _KINDS.get(content["kind"], RunError)(content["message"])


def _ending(done: subprocess.CompletedProcess[str], owner: Owner) -> SpecnetError:
    """Why a process gave no answer."""
    if done.returncode == _ORPHANED or not owner.lives():
        return Orphaned("nobody wants the answer any more")
    lines = done.stderr.strip().splitlines()
    last = f": {plain(lines[-1])[:_LONGEST]}" if lines else ""
    if done.returncode >= 0:
        return ProcessDied(f"its process ended with code {done.returncode}{last}", False)
    number = signal.Signals(-done.returncode)
    if number in _TOLD_TO_STOP:
        return InterruptedRun("its process was told to stop", number)
    if number == signal.SIGKILL:
        words = "its process was killed (SIGKILL), as when memory runs out"
        return ProcessDied(words, True)
    return ProcessDied(f"its process died in native code ({number.name}){last}", False)
