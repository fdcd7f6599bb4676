"""A training that trackers follow: parameters at the start, numbers and pictures each epoch.

`trackers.json` in the run says up to which epoch each knows it, so that a run that is resumed goes
on in the same place: an epoch is given again only if a process was killed between the two.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from secrets import token_hex
from typing import Annotated, Any, Protocol

import keras
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from specnet import recipe as recipes
from specnet.analysis import filters, whole_plane
from specnet.errors import RunError
from specnet.messages import said
from specnet.plots.filter_overview import overview
from specnet.plots.readable import pixels
from specnet.progress import Reporter, Row
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.training import processes
from specnet.training.trainer import Trainer

STATE = "trackers.json"
_FILTERS, _DPI = 12, 80  # of a layer, in its picture
Pictures = Mapping[str, np.ndarray]  # name -> uint8 (H, W, 3)


@dataclass(frozen=True)
class Subject:
    """What a tracker is told at the start.

    Attributes:
        run: whose directory it writes into.
        name: of the training, for people.
        identity: eight letters, the same when the run is resumed.
        resumed: whether it was told of this run before.
        recipe: as YAML.
        parameters: the recipe flattened: `training.epochs` -> `10`.
    """

    run: Run
    name: str
    identity: str
    resumed: bool
    recipe: str
    parameters: Mapping[str, str]


class Tracker(Protocol):
    """What the modules of this package have under this name."""

    def __init__(self, subject: Subject):
        """Opens the place that it writes to, the one of before where the run is resumed."""

    def epoch(self, number: int, values: Row, pictures: Pictures) -> None:
        """Keeps the numbers and pictures of an epoch; `number` counts from 1."""

    def close(self, finished: bool) -> None:
        """Ends the writing, of a training that finished or stopped."""


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    identity: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
    epochs: dict[str, Annotated[int, Field(ge=0, lt=10**9)]] = {}  # by tracker


@contextmanager
def followed(trainer: Trainer, recipe: Recipe) -> Iterator[None]:
    """Lets the trackers of a recipe follow a training, on the process that writes.

    Raises:
        RunError: where one cannot begin. One that fails later is left out, with a note.
    """
    follower = None
    if recipe.training.trackers:
        with processes.together():
            if processes.is_first():
                follower = _begun(trainer, recipe)
    if follower is None:
        yield
        return
    own, trainer.out = trainer.out, follower
    finished = False
    try:
        yield
        finished = True
    finally:
        trainer.out = own
        follower.tell(lambda tracker: tracker.close(finished), [*follower.trackers])


def _begun(trainer: Trainer, recipe: Recipe) -> "_Follower":
    state = _state(trainer.run)
    names = dict.fromkeys(recipe.training.trackers)
    trackers: dict[str, Tracker] = {name: _opened(name, trainer, recipe, state) for name in names}
    follower = _Follower(trainer, state, trackers)
    follower.catch_up(trainer.rows)
    return follower


class _Follower(Reporter):
    """Hands progress on to the reporter of a training, and epochs to trackers too."""

    def __init__(self, trainer: Trainer, state: _State, trackers: dict[str, Tracker]):
        self.out, self.model, self.run = trainer.out, trainer.model, trainer.run
        self.state, self.trackers = state, trackers

    def note(self, message: str) -> None:
        self.out.note(message)

    def step(self, epoch: int, step: int, steps: int, logs: Mapping[str, float]) -> None:
        self.out.step(epoch, step, steps, logs)

    def epoch(self, row: Mapping[str, float]) -> None:
        self.out.epoch(row)
        alone = processes.count() == 1  # filters are computed by all processes, or by none
        self.track(row, filter_pictures(self.model, self.run.path.name) if alone else {})

    def catch_up(self, rows: Sequence[Row]) -> None:
        """Gives trackers the epochs that were finished before they were told of them."""
        for row in rows:
            self.track(row, {})

    def track(self, row: Mapping[str, float], pictures: Pictures) -> None:
        """Gives an epoch to the trackers that do not have it, and keeps that they do."""
        number, epochs = int(row["epoch"]), self.state.epochs
        values = {key: float(value) for key, value in row.items() if key != "epoch"}
        lacking = [name for name in self.trackers if epochs.get(name, 0) < number]
        self.tell(lambda tracker: tracker.epoch(number, values, pictures), lacking)
        epochs.update({name: number for name in lacking if name in self.trackers})
        if lacking:
            with suppress(RunError):  # on a full disk; the epoch is then given again
                self.run.write(STATE, self.state.model_dump_json() + "\n")

    def tell(self, what: Callable[[Tracker], None], names: Iterable[str]) -> None:
        """Tells trackers something; one that fails is left out from here on."""
        for name in names:
            try:
                what(self.trackers[name])
            except Exception as error:  # a full disk, or anything in a package of others
                del self.trackers[name]
                self.out.note(
                    f"training.trackers: {name} stopped ({said(error)}), not the training"
                )


def filter_pictures(model: keras.Model, title: str) -> dict[str, np.ndarray]:
    """The first filters of each layer that has some, as uint8 (H, W, 3) by the layer's name."""
    found = {}
    for each in filters(model, _FILTERS):
        whole, heading = whole_plane(each.response, each.size), f"{title}, {each.layer}"
        figure = overview(each.response, whole, each.labels, each.captions, heading)
        found[each.layer] = pixels(figure, _DPI)
    return found


def _opened(name: str, trainer: Trainer, recipe: Recipe, state: _State) -> Tracker:
    run = trainer.run
    subject = Subject(
        run,
        run.path.name,
        state.identity,
        name in state.epochs,
        recipes.dump(recipe),
        recipes.flattened(recipe),
    )
    module: Any = import_module(f"specnet.training.trackers.{name}")
    try:
        tracker: Tracker = module.Tracker(subject)
    except Exception as error:
        raise RunError(
            f"training.trackers: {name} cannot begin in {run.path} ({said(error)}); mend that, or "
            "leave it out"
        ) from error
    state.epochs.setdefault(name, 0)
    run.write(STATE, state.model_dump_json() + "\n")
    return tracker


def _state(run: Run) -> _State:
    """What was kept before, or a new identity."""
    if not os.path.lexists(run.path / STATE):
        return _State(identity=token_hex(4))
    try:
        return _State.model_validate_json(run.read(STATE))
    except ValidationError as error:
        raise RunError(
            f"{run.path / STATE}: is damaged; delete it, and trackers begin anew"
        ) from error
