"""All trials, one process each, some at once: through joblib, so that any of its back ends will do.

How trials are handed out and waited for, and how that ends.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib

from specnet.errors import InterruptedRun, SpecnetError
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.studies.engine import estimate
from specnet.studies.engine.cluster import Places, cluster
from specnet.studies.engine.processes import Orphaned, Owner, ProcessDied, ask, stop_all
from specnet.studies.engine.records import RUNNING, TRIALS, Key, Records, T, Trial, key_of
from specnet.studies.engine.stopping import check_asked
from specnet.training.interruption import asked

_LOOK = 0.5  # seconds between looks at the progress, and at whether to stop


@dataclass(frozen=True)
class Options:
    """How trials are run; none of it may change their results.

    Attributes:
        jobs: processes at once, which share the cores.
        retry: whether trials that failed are run again.
        keep: whether the run directory of each trial stays, for the other verbs to take.
        scheduler: address of a Dask scheduler whose workers run the trials in place of `jobs`.
    """

    jobs: int = 1
    retry: bool = False
    keep: bool = False
    scheduler: str | None = None


@dataclass(frozen=True)
class Job:
    """A trial to be run: all that a process needs for it.

    Attributes:
        out: the folder of its study.
        label, seed: which trial.
        records: where its result will be.
        task: `module:function`, which is called with `out`, `label`, `seed` and the `question`, and
            records the trial.
        owner, threads: of its process.
    """

    out: str
    label: str
    seed: int
    records: Records[Any]
    task: str
    question: Mapping[str, Any]
    owner: Owner
    threads: int


def run_missing(
    out: Path,
    wanted: Sequence[Key],
    records: Records[T],
    task: str,
    question: Callable[[str], Mapping[str, Any]],
    words: Callable[[T], str],
    options: Options,
    reporter: Reporter,
) -> list[T]:
    """Runs the trials that are not recorded yet, or are to be run again; returns all records.

    Args:
        out: the folder of the study, which exists.
        wanted: in the order in which they begin.
        records, task: as of `Job`.
        question: of a label, what else the task is asked.
        words: of a trial that finished, for the reporter.
        options, reporter: how they run, and who is told.
    """
    done = [each for each in records.read_all(out, wanted) if _is_over(each, options)]
    over = {(trial.label, trial.seed) for trial in done}
    left = [key for key in wanted if key not in over]
    if done and left:
        reporter.note(f"{out}: {len(done)} of {counted(len(wanted), 'trial')} are there already")
    if left:
        owner = Owner.this()
        with _places(options, out) as places:
            jobs = [
                Job(
                    str(out.absolute()),
                    *key,
                    records,
                    task,
                    question(key[0]),
                    owner,
                    places.threads,
                )
                for key in left
            ]
            for trial in run_all(jobs, done, places.count, reporter):
                name = f"{trial.label}, seed {trial.seed}"
                if trial.finished:
                    reporter.result(f"{name}: {words(trial)}")
                else:
                    reporter.note(f"{name}: failed: {trial.reason}")
    return records.read_all(out, wanted)


def _is_over(trial: Trial, options: Options) -> bool:
    return trial.error is None or not (trial.killed or options.retry)


def _places(options: Options, out: Path) -> AbstractContextManager[Places]:
    if options.scheduler is not None:
        return cluster(options.scheduler, out)
    return nullcontext(Places(options.jobs, threads_for(options.jobs)))


def threads_for(jobs: int) -> int:
    """Threads of each of so many processes, so that together they have one for each core."""
    return max(1, joblib.cpu_count() // jobs)


def run_all(
    wanted: Sequence[Job], done: Sequence[Trial], jobs: int, reporter: Reporter
) -> Iterator[Any]:
    """Runs trials, `jobs` at once, and yields each that is over, also those that failed.

    Args:
        wanted: trials to run, in the order in which they begin.
        done: trials that are over already, for what is told of progress.
        jobs: processes at once.
        reporter: is told how far all of them are.
    """
    out = Path(wanted[0].out)
    for folder in (TRIALS, RUNNING):
        (out / folder).mkdir(exist_ok=True)
    estimate.forget(out)
    for job in wanted:
        job.records.remove(out, job.label, job.seed)
    over = [*done]
    keys = [(trial.label, trial.seed) for trial in done] + [(j.label, j.seed) for j in wanted]
    # Threads, each of which waits for a process; on a cluster its workers' own.
    parallel = joblib.Parallel(
        jobs, prefer="threads", return_as="generator_unordered", batch_size=1, pre_dispatch="n_jobs"
    )

    def look() -> None:
        if asked() is not None:
            stop_all()  # also where what the signal raised was swallowed, so that all still wait
        now = estimate.outlook(over, estimate.read(out, keys), keys, jobs)
        reporter.progress(now.done, now.count, ", ".join(now.running), now.seconds_left)

    try:
        with _repeated(look):
            for trial in parallel(joblib.delayed(perform)(job) for job in wanted):
                over.append(trial)
                yield trial
                check_asked()
    except BaseException:  # it was stopped: threads wait for processes that still train
        stop_all()
        raise
    if not any(trial.killed for trial in over):  # the same command goes on with those
        shutil.rmtree(out / RUNNING, ignore_errors=True)


def perform(job: Job) -> Trial:
    """Runs one trial in a new process and returns its record, which is then on disk.

    Raises:
        InterruptedRun, Orphaned: where the trial was stopped, and says nothing of its recipe; it
            is not recorded, so that the same command runs it again.
    """
    out = Path(job.out)
    known = job.records.read(out, job.label, job.seed)
    if known is not None:  # finished by a worker that was lost before it could say so
        return known
    question = {"out": job.out, "label": job.label, "seed": job.seed, **job.question}
    try:
        ask(job.task, job.owner, job.threads, **question)
    except (InterruptedRun, Orphaned):
        raise
    except SpecnetError as error:
        killed = isinstance(error, ProcessDied) and error.killed
        job.records.write(out, job.records.kind(job.label, job.seed, str(error), killed))
    (out / RUNNING / f"{key_of(job.label, job.seed)}.json").unlink(missing_ok=True)
    trial = job.records.read(out, job.label, job.seed)
    assert trial is not None  # it has just been written
    return trial


@contextmanager
def _repeated(look: Callable[[], None]) -> Iterator[None]:
    """Looks again and again, in a thread, as long as the block lasts."""
    over = threading.Event()

    def again() -> None:
        while not over.wait(_LOOK):
            look()

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
