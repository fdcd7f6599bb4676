"""Several subjects at one size, side by side: built, warmed up, and timed in turn.

R  rounds
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np

from specnet.progress import Reporter
from specnet.studies.bench import workloads
from specnet.studies.bench.timing import Job, in_turn
from specnet.studies.bench.workloads import Built
from specnet.studies.engine.stopping import Check, Stopped, never
from specnet.studies.engine.subjects import CHANNELS, Subject

AS_TRAINED, WHOLE = "as trained", "whole by XLA"


@dataclass(frozen=True)
class Options:
    """How subjects are measured.

    Attributes:
        sizes: pixels along a side, in ascending order; if None, what the first subject says.
        batch: images; if None, what the first subject says.
        channels: of the images that layers get.
        seconds: of measuring, for each subject, size and measure.
        memory: whether peaks of memory are measured too, in a process for each subject and size.
    """

    sizes: tuple[int, ...] | None = None
    batch: int | None = None
    channels: int = CHANNELS
    seconds: float = 3.0
    memory: bool = True


@dataclass(frozen=True)
class Timed:
    """Seconds of a job in each round, (R,), and how it was compiled."""

    seconds: np.ndarray
    variant: str = AS_TRAINED
    others: Mapping[str, float] = field(default_factory=dict)  # variants that were slower: seconds


@dataclass(frozen=True)
class Measured:
    """Subjects at one size, by label.

    Attributes:
        times: measure -> label -> times, of the same rounds.
        built: what was measured.
        failures: why the others were not.
    """

    times: dict[str, dict[str, Timed]] = field(default_factory=dict)
    built: dict[str, Built] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def measure(
    subjects: Sequence[Subject],
    size: int,
    batch: int,
    options: Options,
    measures: Sequence[str] | None = None,
    reporter: Reporter | None = None,
    check: Check = never,
) -> Measured:
    """Times subjects in turn: A B, A B, ...; one that fails leaves a reason, and the others go on.

    A network without spectral layers is tried both as `specnet train` runs it and compiled whole by
    XLA, and the faster way is timed.

    Args:
        size, batch: pixels along a side, and images.
        measures: names of `programs`; all that each has if not given.
        reporter: is told what is being done.
        check: is called between jobs; what it raises ends it.
    """
    reporter = reporter or Reporter()
    found = Measured()
    jobs: dict[str, dict[str, dict[str, Job]]] = {}  # measure -> label -> variant -> job
    for subject in subjects:
        reporter.wait(f"building {subject.label} at {size} px")
        try:
            check()
            for variant, built in _variants(subject, size, batch, options.channels):
                found.built.setdefault(subject.label, built)
                for name, job in workloads.jobs(built).items():
                    if measures is None or name in measures:
                        jobs.setdefault(name, {}).setdefault(subject.label, {})[variant] = job
        except Stopped:
            raise
        except Exception as error:  # whatever a backend raises, the others are measured
            found.failures[subject.label] = _reason(error)
    for name, by_label in jobs.items():
        reporter.wait(f"{name} at {size} px")
        found.times[name] = _timed(by_label, found.failures, options.seconds, check)
    return found


def _variants(
    subject: Subject, size: int, batch: int, channels: int
) -> Iterator[tuple[str, Built]]:
    built = workloads.build(subject, size, batch, channels)
    yield AS_TRAINED, built
    both_ways = keras.backend.backend() == "tensorflow" and subject.kind == "recipe"
    if both_ways and not built.jit and not workloads.is_spectral(built.model):
        yield WHOLE, workloads.build(subject, size, batch, channels, jit=True)


def _timed(
    jobs: Mapping[str, dict[str, Job]], failures: dict[str, str], seconds: float, check: Check
) -> dict[str, Timed]:
    """The fastest variant of each, in turn; those that failed before are left out."""
    trials: dict[str, dict[str, float]] = {}
    for label, variants in jobs.items():
        if label in failures:
            continue
        check()
        try:
            trials[label] = {variant: _once(job) for variant, job in variants.items()}
        except Exception as error:
            failures[label] = _reason(error)
    fastest = {label: min(trial, key=lambda way: trial[way]) for label, trial in trials.items()}
    times = in_turn(
        {label: jobs[label][way] for label, way in fastest.items()}, seconds, check=check
    )
    return {
        label: Timed(times[label], way, _without(trials[label], way))
        for label, way in fastest.items()
    }


def _once(job: Job) -> float:
    """Seconds of a run after the one that compiles."""
    job()
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def _without(trial: Mapping[str, float], way: str) -> dict[str, float]:
    return {other: seconds for other, seconds in trial.items() if other != way}


def _reason(error: Exception) -> str:
    """The first line of what a backend says, not too long."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first if len(first) <= 300 else f"{first[:300]}..."
