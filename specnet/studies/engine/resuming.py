"""A trial that was stopped goes on from its last checkpoint, as `train --resume` does.

    running/KEY         the run directory of a trial that is under way or was stopped
    running/KEY.json    how far it is, for those who wait

Who follows a training keeps more of it than its checkpoint does, so it is told where it begins.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from specnet import workflow
from specnet.errors import RunError
from specnet.progress import Reporter, Row
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.studies.engine import estimate
from specnet.studies.engine.estimate import Progress
from specnet.studies.engine.processes import STARTED
from specnet.training import checkpoints

Position = tuple[int, int]  # an epoch from 0, and steps of it that are done
START: Position = (0, 0)
_TOLD = 0.5  # seconds between two words on the progress
_LOOK = 1.0  # seconds between looks at a directory that another process is in


class Follower(Reporter):
    """Follows the training of a trial, which may have begun in a process that was stopped.

    Args:
        scratch: its run directory; the file on its progress is next to it.
        epochs: of the training.

    Attributes:
        at: where this process begins.
        begun: whether it has trained since.
    """

    def __init__(self, scratch: Path, epochs: int):
        self.file = scratch.with_name(f"{scratch.name}.json")
        self.epochs, self.at, self.begun = epochs, START, False
        self._told = time.monotonic()

    def begin(self, at: Position) -> bool:
        """Forgets what it followed; False where it cannot go on from `at`."""
        self.at, self.begun = at, False
        return True

    def step(self, epoch: int, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """Says how far this trial is, twice a second at most."""
        self.begun = True
        if (now := time.monotonic()) - self._told > _TOLD:
            self._told = now
            share, begun = ((e + s / steps) / self.epochs for e, s in ((epoch, step), self.at))
            estimate.tell(self.file, Progress(share, now - STARTED, self.epochs, begun))

    def seconds_before(self, rows: Sequence[Row]) -> float:
        """Of all rows of metrics.csv, the time of those that processes before this one wrote."""
        return sum(row["seconds"] for row in rows[: self.at[0]])


def train_on(recipe: Recipe, scratch: Path, follower: Follower) -> workflow.Trained:
    """Trains a recipe, from its last checkpoint in `scratch` on if there is one that fits.

    Args:
        recipe: with the seed of the trial.
        scratch: the run directory; what cannot be gone on with is removed.
        follower: told where the training begins, then of its steps.

    Raises:
        SpecnetError: as `workflow.train` does.
    """
    while Run(scratch).is_locked():  # by the process of a command that was stopped, or was lost
        time.sleep(_LOOK)
    at = _stopped_at(scratch)
    if at != START and follower.begin(at):
        try:
            return workflow.train(recipe, scratch, follower, resume=True)
        except RunError:  # it is damaged, or of another recipe; or later the disk is full
            if follower.begun:
                raise
    shutil.rmtree(scratch, ignore_errors=True)
    follower.begin(START)
    return workflow.train(recipe, scratch, follower)


def keep(scratch: Path, kept: Path) -> None:
    """Moves a run directory, over what a trial of that name left there before."""
    if scratch.exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(exist_ok=True)
        scratch.rename(kept)


def _stopped_at(scratch: Path) -> Position:
    """Where the last checkpoint of a trial is; the start where there is none."""
    with suppress(RunError):
        found, _ = checkpoints.load(Run(scratch))
        if found is not None:
            return found.epoch, found.step
    return START
