"""All studies of all runs, one setting after the other, each recorded as soon as it is measured.

    study.json                           what was asked for, of which runs
    measured/LABEL/STUDY/SETTING.json    what came of one setting

Files and their content, how long the rest will take, and how it ends when somebody asks.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from specnet.errors import RunError
from specnet.messages import counted
from specnet.progress import Reporter
from specnet.robustness.study import Chunk, Measured, Setting, Study, run_study, setting_key
from specnet.runs import Run
from specnet.runs.files import listed
from specnet.studies.engine import store
from specnet.studies.engine.stopping import stopping
from specnet.studies.robustness.trial import Key, Sample, Subject

MEASURED = "measured"


@dataclass(frozen=True)
class Record:
    """One setting, measured on one run, and the seconds that it took."""

    measured: Measured
    seconds: float


class _Packed(TypedDict):
    shape: list[Annotated[int, Field(ge=0, le=2**20)]]
    float32: str


class _Content(TypedDict):
    """What the file of a record says."""

    setting: dict[str, str | int | float]
    images: Annotated[int, Field(ge=0, le=10**9)]
    right: int
    which: str
    seconds: float
    means: dict[str, _Packed]


def write_record(folder: Path, record: Record) -> None:
    """Records a setting of a study, whole or not at all; RunError where it cannot."""
    measured = record.measured
    content = {
        "setting": measured.setting,
        "images": len(measured.right),
        "right": measured.count.right,
        "which": base64.b64encode(np.packbits(measured.right).tobytes()).decode(),
        "seconds": record.seconds,
        "means": {name: _packed(value) for name, value in measured.means.items()},
    }
    store.make_folder(folder)
    Run(folder).write(_file_name(measured.setting), json.dumps(content) + "\n")


def read_records(folder: Path) -> dict[str, Record]:
    """All settings of a study that are recorded in a folder, by `setting_key`.

    Raises:
        RunError: where one is damaged.
    """
    found = {}
    for file in listed(folder, "*.json"):
        record = _read(file)
        found[setting_key(record.measured.setting)] = record
    return found


def _read(file: Path) -> Record:
    content = store.read_record(file, TypeAdapter(_Content))
    try:
        bits = np.frombuffer(base64.b64decode(content["which"]), np.uint8)
        right = np.unpackbits(bits, count=content["images"]).astype(bool)
        if right.sum() != content["right"]:
            raise ValueError(f"{content['right']} are right, and not which")
        means = {name: _unpacked(value) for name, value in content["means"].items()}
        return Record(Measured(content["setting"], right, means), content["seconds"])
    except ValueError as error:
        raise RunError(f"{file}: is damaged ({error}); delete it, run again") from error


def _file_name(setting: Setting) -> str:
    """attack=pgd,epsilon=0.0078,norm=linf.json."""
    words = ",".join(f"{key}={value}" for key, value in sorted(setting.items()))
    return words.replace("/", "_") + ".json"


def _packed(values: np.ndarray) -> dict[str, Any]:
    """Float32 in base64: a third of the decimals, and the same numbers when read again."""
    content = base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
    return {"shape": values.shape, "float32": content}


def _unpacked(content: Mapping[str, Any]) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(content["float32"]), "<f4")
    return values.reshape(content["shape"])


_GRADIENT = 3  # passes that a gradient costs
_ASCENTS = 3  # of AutoAttack that follow gradients, for one target
_TIMED = 5.0  # seconds after which a rate says something


def passes(setting: Setting) -> float:
    """How often a setting shows each image to a network, about.

    AutoAttack counts as if there were one target and no image were fooled.
    """
    attack = setting.get("attack")
    starts, steps = int(setting.get("starts", 1)), int(setting.get("steps", 1))
    if attack in ("fgsm", "pgd", "transfer"):
        return 2 + starts * (_GRADIENT * steps + 1)
    if attack == "autoattack":
        return 2 + _ASCENTS * steps * (_GRADIENT + 1) + int(setting["queries"])
    return 1 + int(setting.get("queries", 0)) + ("pixels" in setting)


class Outlook:
    """All that is to be measured, in passes, and how many of them are done.

    Args:
        todo: settings that are not recorded yet, by study and run.
        images: that each setting is measured on.
        reporter: is told.
        clock: gives seconds.
    """

    def __init__(
        self,
        todo: Mapping[tuple[str, str], Sequence[Setting]],
        images: int,
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._total = sum(passes(setting) for each in todo.values() for setting in each)
        self._count = sum(len(each) for each in todo.values())
        self._images, self._reporter, self._clock = images, reporter, clock
        self._done = 0.0
        self._began = clock()
        self._words, self._current = "", 0.0

    def begin(self, study: str, label: str, setting: Setting) -> None:
        """A setting begins."""
        self._words, self._current = f"{study}, {label}", passes(setting)
        self.chunk(0)

    def chunk(self, images: int) -> None:
        """Of the setting that was begun, so many images are done."""
        done = self._done + self._current * images / self._images
        seconds = self._clock() - self._began
        left = None
        if done > 0 and seconds > _TIMED:
            left = seconds * (self._total - done) / done
        share = done / self._total * self._count if self._total else 0.0
        self._reporter.progress(share, self._count, self._words, left)

    def end(self) -> None:
        """The setting that was begun is recorded."""
        self._done += self._current


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
        InterruptedRun: after a signal, before the next batch; what is recorded stays.
        RunError: where something cannot be written, or a record is damaged.
    """
    folders = {(name, label): out / MEASURED / label / name for name, label in studies}
    known = {key: read_records(folder) for key, folder in folders.items()}
    settings = {key: study.settings(sample.size) for key, study in studies.items()}
    todo = {
        key: [each for each in settings[key] if setting_key(each) not in known[key]]
        for key in studies
    }
    _tell_known(settings, todo, out, reporter)
    outlook = Outlook(todo, len(sample), reporter)
    with stopping(out, at_once=False):
        for key, study in studies.items():
            if not todo[key]:
                continue
            job = _Job(key, folders[key], outlook)
            job.run(study, subjects[key[1]], sample, seed, known[key], todo[key])
            reporter.result(_summary(key, [known[key][setting_key(s)] for s in settings[key]]))
    return {key: [known[key][setting_key(setting)] for setting in settings[key]] for key in studies}


def read_measured(
    studies: Mapping[Key, Study], size: tuple[int, int], out: Path
) -> dict[Key, list[Record]]:
    """What `measure_all` recorded in `out`, of those studies of runs that are there in whole.

    Raises:
        RunError: where a record is damaged.
    """
    found = {}
    for (name, label), study in studies.items():
        known = read_records(out / MEASURED / label / name)
        wanted = [setting_key(setting) for setting in study.settings(size)]
        if all(each in known for each in wanted):
            found[name, label] = [known[each] for each in wanted]
    return found


class _Job:
    """One study of one run."""

    def __init__(self, key: Key, folder: Path, outlook: Outlook):
        self.key, self.folder, self.outlook = key, folder, outlook

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
            return sample.chunks(self.outlook.chunk)

        def keep(measured: Measured) -> None:
            record = Record(measured, round(time.monotonic() - self.began, 3))
            write_record(self.folder, record)
            known[setting_key(measured.setting)] = record
            self.outlook.end()

        done = {key: record.measured for key, record in known.items()}
        run_study(study, subject.classifier, chunks, sample.size, seed, done, keep)


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
