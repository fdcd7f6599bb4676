"""All trials, one process each, some at once: through joblib, so that any of its back ends will do.

How trials are handed out and waited for, and how that ends.
"""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import joblib

from specnet.errors import InterruptedRun, RunError, SpecnetError
from specnet.progress import Reporter
from specnet.studies.compare import estimate, records
from specnet.studies.compare.processes import WATCH, Orphaned, Owner, ProcessDied, ask, watch
from specnet.studies.compare.records import RUNNING, TRIALS, Trial
from specnet.training.interruption import StopSignals

_LOOK = 0.5  # seconds between looks at the progress

Key = tuple[str, int]


@dataclass(frozen=True)
class Job:
    """A trial to be run: where its study is, and all that a process needs for it."""

    out: str
    label: str
    seed: int
    recipe: dict[str, Any]
    sizes: tuple[int, ...]
    keep: bool
    owner: Owner
    threads: int


class Stopping(StopSignals):
    """While entered, a signal ends what is waited for; what is on disk is whole at every moment."""

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        raise KeyboardInterrupt


@contextmanager
def stopping(words: str) -> Iterator[None]:
    """Makes of a signal an InterruptedRun that says `words`."""
    signals = Stopping()
    try:
        with signals:
            if signals.received is not None:
                raise KeyboardInterrupt
            yield
    except KeyboardInterrupt:
        number = signals.received or signal.SIGINT
        raise InterruptedRun(words, number) from None
    except InterruptedRun as error:  # of a trial: whoever stops that, stops all
        raise InterruptedRun(words, error.signal_number) from None


def threads_for(jobs: int) -> int:
    """Threads of each of so many processes, so that together they have one for each core."""
    return max(1, joblib.cpu_count() // jobs)


def run_all(
    wanted: Sequence[Job], done: Sequence[Trial], jobs: int, reporter: Reporter
) -> Iterator[Trial]:
    """Runs trials, `jobs` at once, and yields each that is over, also those that failed.

    Args:
        wanted: trials to run, in the order in which they begin.
        done: trials that are over already, for what is told of progress.
        jobs: processes at once.
        reporter: is told how far all of them are.
    """
    out = Path(wanted[0].out)
    shutil.rmtree(out / RUNNING, ignore_errors=True)  # of a study that was killed
    for folder in (TRIALS, RUNNING):
        (out / folder).mkdir(exist_ok=True)
    for job in wanted:
        records.remove(out, job.label, job.seed)
    over = [*done]
    keys = [(trial.label, trial.seed) for trial in done] + [(j.label, j.seed) for j in wanted]
    parallel = joblib.Parallel(
        n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs"
    )

    def tell() -> None:
        now = estimate.outlook(over, estimate.read(out, keys), keys, jobs)
        reporter.progress(now.done, now.count, ", ".join(now.running), now.seconds_left)

    with _told(tell), _explained(out):
        for trial in parallel(joblib.delayed(perform)(job) for job in wanted):
            over.append(trial)
            yield trial
    shutil.rmtree(out / RUNNING, ignore_errors=True)


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    try:
        yield
    except BrokenExecutor as error:
        raise RunError(
            f"{out}: a process that ran trials was killed, as when memory runs out; what is "
            "finished is kept, and the same command goes on from there; with fewer --jobs it "
            "takes less memory"
        ) from error


def perform(job: Job) -> Trial:
    """Runs one trial in a new process and returns its record, which is then on disk.

    Raises:
        InterruptedRun, Orphaned: where the trial was stopped, and says nothing of its recipe; it
            is not recorded, so that the same command runs it again.
    """
    _serve(job.owner)
    out = Path(job.out)
    known = records.read(out, job.label, job.seed)
    if known is not None:  # finished by a worker that was lost before it could say so
        return known
    question = {"out": job.out, "label": job.label, "seed": job.seed, "recipe": job.recipe}
    question |= {"sizes": job.sizes, "keep": job.keep}
    try:
        ask("trial", job.owner, job.threads, **question)
    except (InterruptedRun, Orphaned):
        raise
    except SpecnetError as error:
        killed = isinstance(error, ProcessDied) and error.killed
        records.write(out, Trial(job.label, job.seed, str(error), killed))
    (out / RUNNING / f"{records.key_of(job.label, job.seed)}.json").unlink(missing_ok=True)
    trial = records.read(out, job.label, job.seed)
    assert trial is not None  # it has just been written
    return trial


def _serve(owner: Owner) -> None:
    """In a worker that joblib started: Ctrl-C is for its owner, and it ends when that does.

    Not in a thread of a longer-lived worker, as Dask's are.
    """
    if os.getpid() == owner.pid or threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not any(thread.name == WATCH for thread in threading.enumerate()):
        watch(owner)


@contextmanager
def _told(tell: Callable[[], None]) -> Iterator[None]:
    """Tells of progress again and again, in a thread, as long as the block lasts."""
    over = threading.Event()

    def again() -> None:
        while not over.wait(_LOOK):
            tell()

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
