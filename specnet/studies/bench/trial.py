"""Subjects side by side, at one size after the other: what `specnet bench A --against B` does.

At each they are built, warmed up, and timed in turn; then come floors and memory.

R  rounds
"""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from specnet import environment
from specnet.errors import RunError, UsageError
from specnet.messages import said
from specnet.models import cost
from specnet.progress import Reporter
from specnet.studies.bench import machine_peaks, roofline, workloads
from specnet.studies.bench.memory import peak_memory
from specnet.studies.bench.results import Comparison, Failure, FloorAt, Row, gflop
from specnet.studies.bench.timing import Job, Quartiles, compared, in_turn
from specnet.studies.bench.workloads import BACKWARD, STEP, Built
from specnet.studies.engine.stopping import Check, Stopped, Stopping, never
from specnet.studies.engine.subjects import CHANNELS, Subject
from specnet.studies.engine.tables import cut, three_digits

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
        measures: names of `workloads`; all that each has if not given.
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
            found.failures[subject.label] = said(error)
    for name, by_label in jobs.items():
        reporter.wait(f"{name} at {size} px")
        found.times[name] = timed_in_turn(by_label, found.failures, options.seconds, check)
    return found


def _variants(
    subject: Subject, size: int, batch: int, channels: int
) -> Iterator[tuple[str, Built]]:
    built = workloads.build(subject, size, batch, channels)
    yield AS_TRAINED, built
    both_ways = keras.backend.backend() == "tensorflow" and subject.kind == "recipe"
    if both_ways and not built.jit and not workloads.is_spectral(built.model):
        yield WHOLE, workloads.build(subject, size, batch, channels, jit=True)


def timed_in_turn(
    jobs: Mapping[str, dict[str, Job]],
    failures: dict[str, str],
    seconds: float,
    check: Check,
    ahead: int = 0,
) -> dict[str, Timed]:
    """The fastest variant of each, `in_turn`; those that failed before are left out."""
    trials: dict[str, dict[str, float]] = {}
    for label, variants in jobs.items():
        if label in failures:
            continue
        check()
        try:
            trials[label] = {variant: _once(job) for variant, job in variants.items()}
        except Exception as error:
            failures[label] = said(error)
    fastest = {label: min(trial, key=lambda way: trial[way]) for label, trial in trials.items()}
    times = in_turn(
        {label: jobs[label][way] for label, way in fastest.items()},
        seconds,
        check=check,
        ahead=ahead,
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


_LINE = 36  # characters of a name in a line of progress


def compare(
    subjects: Sequence[Subject],
    against: str | None = None,
    options: Options | None = None,
    reporter: Reporter | None = None,
) -> Comparison:
    """Measures subjects at each size, side by side.

    Ctrl-C ends it early, with what was measured until then.

    Args:
        subjects: of one kind; at least one.
        against: label of the one that the others are compared with.
        options: sizes and the like.
        reporter: is told how it goes.

    Raises:
        UsageError: where `against` is none of the subjects, or no sizes are given and a recipe is
            of images that are not square.
    """
    options, reporter = options or Options(), reporter or Reporter()
    if against is not None and against not in [subject.label for subject in subjects]:
        raise UsageError(f"against: '{against}' is none of the subjects")
    sizes = options.sizes
    if sizes is None:
        sizes, *_ = [subject.sizes for subject in subjects]  # each says where it is not square
    found = Comparison([subject.label for subject in subjects], against, environment.facts())
    with Stopping() as stopping:
        reporter.wait("what this machine can do")
        found.rates = machine_peaks.measure()
        batch = options.batch or subjects[0].batch
        for size in sizes:
            _Round(found, subjects, size, batch, options, reporter, stopping.check).run()
    found.stopped_by = stopping.received
    return found


@dataclass(frozen=True)
class _Round:
    """The subjects at one size, and what goes into the report."""

    found: Comparison
    subjects: Sequence[Subject]
    size: int
    batch: int
    options: Options
    reporter: Reporter
    check: Check

    @property
    def whole(self) -> str:
        """The measure that floor and memory belong to."""
        return STEP if self.subjects[0].kind == "recipe" else BACKWARD

    def run(self) -> None:
        """Times everything, then floors and memory."""
        measured = measure(
            self.subjects,
            self.size,
            self.batch,
            self.options,
            reporter=self.reporter,
            check=self.check,
        )
        for label, reason in measured.failures.items():
            self.fail(label, reason)
        rows = [
            self.row(measured, name, label)
            for name, by_label in measured.times.items()
            for label in by_label
        ]
        self.found.rows += rows
        for row in rows:
            if row.measure == self.whole:
                name = cut(row.subject, _LINE)
                taken = f"{self.whole} {three_digits(row.ms.median)} ms"
                self.reporter.result(f"{name}, {self.size} px: {taken}")
        self.reporter.wait(f"the floor at {self.size} px")
        for label, built in measured.built.items():
            self.check()
            self.add_floor(label, built)
        measured.built.clear()
        gc.collect()
        for subject in self.subjects:
            if self.options.memory and subject.label not in measured.failures:
                self.add_memory(subject, measured)

    def row(self, measured: Measured, name: str, label: str) -> Row:
        """One line of the table, without floor and memory."""
        by_label = measured.times[name]
        timed, model = by_label[label], measured.built[label].model
        baseline = by_label.get(self.found.against or "")
        for variant, seconds in timed.others.items():
            self.found.notes.append(
                f"{label}, {self.size} px, {name}: {timed.variant} counts; {variant} took "
                f"{three_digits(1000 * seconds)} ms"
            )
        return Row(
            subject=label,
            size=self.size,
            batch=self.batch,
            measure=name,
            variant=timed.variant,
            ms=Quartiles.of(timed.seconds).scaled(1000),
            parameters=model.count_params(),
            gflop=gflop(self.counted(model, label), self.batch, name),
            ratio=compared(timed.seconds, baseline.seconds) if baseline else None,
        )

    def counted(self, model: keras.Model, label: str) -> cost.Count:
        """Operations, with a note on layers that have no formula."""
        count = cost.count(model)
        note = f"{label}: FLOPs are not known of {', '.join(count.unknown)}"
        if count.unknown and note not in self.found.notes:
            self.found.notes.append(note)
        return count

    def add_floor(self, label: str, built: Built) -> None:
        """Of the measure that it belongs to."""
        assert self.found.rates is not None  # measured first
        parts = roofline.floor_of(built, self.found.rates)
        if parts is not None:
            self.found.floors.append(FloorAt(label, self.size, parts))
            self.change(label, floor_ms=1000 * parts.total)

    def add_memory(self, subject: Subject, measured: Measured) -> None:
        """Of the variant that counts."""
        if environment.device() != "CPU":
            return  # what a GPU holds is not the process's
        self.check()
        self.reporter.wait(f"memory of {subject.label} at {self.size} px")
        timed = measured.times[self.whole][subject.label]
        jit = True if timed.variant == WHOLE else None
        try:
            mib = peak_memory(subject, self.size, self.batch, self.options.channels, jit)
            self.change(subject.label, memory_mib=mib)
        except RunError as error:
            self.check()  # Ctrl-C came while that process was waited for
            self.found.notes.append(str(error))

    def change(self, label: str, **values: Any) -> None:
        """Adds to the row of the measure that floor and memory belong to."""
        for index, row in enumerate(self.found.rows):
            if (row.subject, row.size, row.measure) == (label, self.size, self.whole):
                self.found.rows[index] = replace(row, **values)

    def fail(self, label: str, reason: str) -> None:
        """Leaves a reason."""
        self.found.failures.append(Failure(label, self.size, reason))
        self.reporter.note(f"{label}, {self.size} px: failed: {reason}")
