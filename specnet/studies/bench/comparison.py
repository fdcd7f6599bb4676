"""Subjects against each other at several sizes: what `specnet bench A --against B` does."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras

from specnet import environment
from specnet.errors import RunError, UsageError
from specnet.models import cost
from specnet.progress import Reporter
from specnet.studies.bench import machine_peaks, roofline
from specnet.studies.bench.measuring import WHOLE, Measured, Options, measure
from specnet.studies.bench.memory import peak_memory
from specnet.studies.bench.results import Comparison, Failure, FloorAt, Row, gflop
from specnet.studies.bench.table import milliseconds
from specnet.studies.bench.timing import Quartiles, compared
from specnet.studies.bench.workloads import BACKWARD, STEP, Built
from specnet.studies.engine.stopping import Check, Stopping
from specnet.studies.engine.subjects import Subject

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
        UsageError: where the backend is neither TensorFlow nor JAX.
    """
    options, reporter = options or Options(), reporter or Reporter()
    if against is not None and against not in [subject.label for subject in subjects]:
        raise UsageError(f"against: '{against}' is none of the subjects")
    found = Comparison([subject.label for subject in subjects], against, environment.facts())
    with Stopping() as stopping:
        reporter.wait("what this machine can do")
        found.rates = machine_peaks.measure()
        batch = options.batch or subjects[0].batch
        for size in options.sizes or subjects[0].sizes:
            _Round(found, subjects, size, batch, options, reporter, stopping.check).run()
    found.stopped_by = stopping.received
    return found


def shortened(text: str, most: int) -> str:
    """A text of so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


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
                name = shortened(row.subject, _LINE)
                taken = f"{self.whole} {milliseconds(row.ms.median)} ms"
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
                f"{milliseconds(1000 * seconds)} ms"
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
            self.check()  # Ctrl-C reaches that process too
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
