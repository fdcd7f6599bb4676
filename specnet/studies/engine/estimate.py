"""How far all trials are, and how long they will take: from those that are done and those that run.

Numbers from records and from words on progress; no Keras.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from specnet.studies.engine.records import RUNNING, Key, Trial, key_of

_KNOWN = 0.05  # of a trial must be done before it says how long it takes


@dataclass(frozen=True)
class Progress:
    """How far one trial is.

    Attributes:
        share: of its training, from 0 to 1.
        seconds: since its process began.
        epochs: that it has in all.
        begun: the share with which its process began, where it goes on.
    """

    share: float
    seconds: float
    epochs: int
    begun: float = 0.0


@dataclass(frozen=True)
class Outlook:
    """All trials at a moment: `done` counts parts of trials; seconds are None while unknown."""

    done: float
    count: int
    running: tuple[str, ...]
    seconds_left: float | None


def read(out: Path, wanted: Iterable[Key]) -> dict[Key, Progress]:
    """What trials that run have said of themselves."""
    found = {}
    for label, seed in wanted:
        file = out / RUNNING / f"{key_of(label, seed)}.json"
        try:
            found[label, seed] = Progress(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # not begun, or nothing said yet
            continue
    return found


def forget(out: Path) -> None:
    """What trials said that were stopped, and may go on later."""
    for file in (out / RUNNING).glob("*.json"):
        file.unlink(missing_ok=True)


def tell(file: Path, progress: Progress) -> None:
    """Says how far a trial is; no more than a view into it, so it is not synced."""
    temporary = file.with_suffix(".part")
    with suppress(OSError):  # a full disk is told by what is kept
        temporary.write_text(json.dumps(vars(progress)), encoding="utf-8")
        temporary.replace(file)


def outlook(
    trials: Sequence[Trial],
    running: Mapping[Key, Progress],
    wanted: Sequence[Key],
    jobs: int,
) -> Outlook:
    """Where all trials are.

    Args:
        trials: that are over.
        running: of those that are not.
        wanted: label and seed of all.
        jobs: how many run at once.
    """
    over = {(trial.label, trial.seed) for trial in trials}
    running = {key: each for key, each in running.items() if key not in over}
    waiting = Counter(label for label, seed in wanted if (label, seed) not in over)
    for label, _ in running:
        waiting[label] -= 1
    takes = _durations(trials, running)
    known = [takes[label] for label in takes]
    left = None
    if known:
        usual = sum(known) / len(known)
        rest = [takes.get(k[0], usual) * (1 - each.share) for k, each in running.items()]
        later = sum(count * takes.get(label, usual) for label, count in waiting.items())
        left = max([*rest, (sum(rest) + later) / jobs])
    return Outlook(
        len(over) + sum(each.share for each in running.values()),
        len(wanted),
        tuple(_words(key, each) for key, each in running.items()),
        left,
    )


def _durations(trials: Sequence[Trial], running: Mapping[Key, Progress]) -> dict[str, float]:
    """Seconds of a trial of each label, where something is known."""
    seconds: dict[str, list[float]] = {}
    for trial in trials:
        if trial.error is None:
            seconds.setdefault(trial.label, []).append(trial.seconds)
    for (label, _), each in running.items():
        if label not in seconds and (done := each.share - each.begun) > _KNOWN:
            seconds[label] = [each.seconds / done]
    return {label: sum(values) / len(values) for label, values in seconds.items()}


def _words(key: Key, progress: Progress) -> str:
    """Which trial, in which of its epochs."""
    label, seed = key
    epoch = min(int(progress.share * progress.epochs) + 1, progress.epochs)
    return f"{label} seed {seed} {epoch}/{progress.epochs}"
