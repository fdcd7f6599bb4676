"""All studies of all runs, one setting after the other, each recorded as soon as it is measured.

The order, what is there already, and how it ends when somebody asks.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from specnet.errors import InterruptedRun
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.robustness.study import Chunk, Measured, Setting, Study, run_study, setting_key
from specnet.studies.robustness import records
from specnet.studies.robustness.estimate import Outlook
from specnet.studies.robustness.records import MEASURED, Record
from specnet.studies.robustness.subjects import Sample, Subject
from specnet.training.interruption import StopSignals

Key = tuple[str, str]  # name of a study, label of a run


def measure_all(
    studies: Mapping[Key, Study],
    subjects: Mapping[str, Subject],
    sample: Sample,
    seed: int,
    out: Path,
    reporter: Reporter,
) -> dict[Key, list[Record]]:
    """Measures what is not recorded in `out` yet, and returns all of it, settings in their order.

    Raises:
        InterruptedRun: after a signal, before the next chunk; what is recorded stays.
        RunError: where something cannot be written, or a record is damaged.
    """
    folders = {(name, label): out / MEASURED / label / name for name, label in studies}
    known = {key: records.read(folder) for key, folder in folders.items()}
    settings = {key: study.settings(sample.size) for key, study in studies.items()}
    todo = {
        key: [each for each in settings[key] if setting_key(each) not in known[key]]
        for key in studies
    }
    _tell_known(settings, todo, out, reporter)
    outlook = Outlook(todo, len(sample), reporter)
    with StopSignals() as signals:
        for key, study in studies.items():
            if not todo[key]:
                continue
            job = _Job(key, folders[key], outlook, signals, out)
            job.run(study, subjects[key[1]], sample, seed, known[key], todo[key])
            reporter.result(_summary(key, [known[key][setting_key(s)] for s in settings[key]]))
    return {key: [known[key][setting_key(setting)] for setting in settings[key]] for key in studies}


class _Job:
    """One study of one run, with an eye on signals."""

    def __init__(self, key: Key, folder: Path, outlook: Outlook, signals: StopSignals, out: Path):
        self.key, self.folder, self.outlook = key, folder, outlook
        self.signals, self.out = signals, out

    def run(
        self,
        study: Study,
        subject: Subject,
        sample: Sample,
        seed: int,
        known: dict[str, Record],
        todo: Sequence[Setting],
    ) -> None:
        """Measures what is to do, and adds it to what is known."""
        waiting = iter(todo)
        self.began = time.monotonic()

        def chunks() -> Iterator[Chunk]:
            self.outlook.begin(*self.key, next(waiting))
            self.began = time.monotonic()
            return sample.chunks(self._before)

        def keep(measured: Measured) -> None:
            record = Record(measured, round(time.monotonic() - self.began, 3))
            records.write(self.folder, record)
            known[setting_key(measured.setting)] = record
            self.outlook.end()

        done = {key: record.measured for key, record in known.items()}
        run_study(study, subject.classifier, chunks, sample.size, seed, done, keep)

    def _before(self, images: int) -> None:
        if self.signals.received is not None:
            raise InterruptedRun(
                f"{self.out}: stopped; the same command goes on from here", self.signals.received
            )
        self.outlook.chunk(images)


def _tell_known(
    settings: Mapping[Key, Sequence[object]],
    todo: Mapping[Key, Sequence[object]],
    out: Path,
    reporter: Reporter,
) -> None:
    count, left = (sum(map(len, each.values())) for each in (settings, todo))
    if left and left < count:
        reporter.note(
            f"{out}: {count - left:,} of {counted(count, 'measurement')} are there already"
        )


def _summary(key: Key, found: Sequence[Record]) -> str:
    name, label = key
    seconds = sum(record.seconds for record in found)
    return f"{label}, {name}: {counted(len(found), 'setting')}, {seconds:.1f} s"
