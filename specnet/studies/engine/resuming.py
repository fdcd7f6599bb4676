"""A trial that was stopped goes on from its last checkpoint, as `train --resume` does.

    running/KEY    the run directory of a trial that is under way or was stopped

Who follows a training keeps more of it than its checkpoint does, so it is told where it begins.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from specnet import workflow
from specnet.errors import RunError
from specnet.progress import Reporter, Row
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.training import checkpoints

Position = tuple[int, int]  # an epoch from 0, and steps of it that are done
START: Position = (0, 0)


class Follower(Reporter):
    """Follows the training of a trial, which may have begun in a process that was stopped.

    Attributes:
        at: where this process begins.
    """

    at: Position = START

    def begin(self, at: Position) -> bool:
        """Forgets what it followed; False where it cannot go on from `at`."""
        self.at = at
        return True

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
    at = _stopped_at(scratch)
    if at != START and follower.begin(at):
        with suppress(RunError):  # it is damaged, or of another recipe
            return workflow.train(recipe, scratch, follower, resume=True)
    shutil.rmtree(scratch, ignore_errors=True)
    follower.begin(START)
    return workflow.train(recipe, scratch, follower)


def _stopped_at(scratch: Path) -> Position:
    """Where the last checkpoint of a trial is; the start where there is none."""
    with suppress(RunError):
        found, _ = checkpoints.load(Run(scratch))
        if found is not None:
            return found.epoch, found.step
    return START
