"""A training from its first epoch to its last, in a run directory."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import keras
import numpy as np

from specnet import plots
from specnet.data import Dataset, Normalization
from specnet.data.pipeline import Batches
from specnet.data.prefetch import ReadAhead
from specnet.data.sharding import Share
from specnet.errors import DivergedError, InterruptedRun, RunError, UsageError
from specnet.layers import LearnedSpectralPooling
from specnet.layers.network import Network
from specnet.layers.whitening_conv2d import whiten
from specnet.progress import ATTACKED, Reporter, Row
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.runs.facts import explained
from specnet.runs.files import MIB, content_of
from specnet.training import checkpoints, distribution, processes, snapshots, weights
from specnet.training.ascent import UnderAttack, attached
from specnet.training.averages import IMAGES, Averages, assign, values
from specnet.training.checkpoints import Checkpoint
from specnet.training.interruption import StopSignals
from specnet.training.position import Progress, known_rows, mend_best, mend_metrics

_SECONDS_BETWEEN_PICTURES = 10.0
Logs = Mapping[str, float]  # as Keras calls the means of an epoch


class Trainer:
    """One training: a compiled model, its data, and the run directory it is kept in.

    Where several processes train together, all do the same, each with its share of the data, and
    the first of them writes.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: Network,
        data: Dataset,
        run: Run,
        out: Reporter,
        share: Share | None = None,
    ):
        self.training, self.task, self.metric = recipe.training, recipe.task, recipe.metric
        self.model, self.run, self.out = model, run, out
        self.data, self.share = data, share or Share()
        self.augment = recipe.data.augment
        self.normalization = Normalization.of(recipe.data, data.train)
        ascent = attached(model, self.training, self.normalization)
        self.progress = Progress()
        self.rows: list[Row] = []
        self.averages = Averages(model, self._some_batches, ascent)
        self.under_attack = UnderAttack(model, self.normalization, data.validation, self.training)
        self.signals = StopSignals()
        self.drawn = time.monotonic()  # when history.png was last written

    def resume(self) -> bool:
        """Goes to the last whole checkpoint; False, at the start, where there is none."""
        with processes.together():
            self._build_optimizer()
            largest = sum(8 * math.prod(variable.shape) for variable in self._variables())
            checkpoint, warnings = checkpoints.load(self.run, largest + 16 * MIB)
            for warning in warnings:
                self.out.note(warning)
            if checkpoint is not None:
                self._continue(checkpoint)
        self._check_position()
        self._mend()
        return checkpoint is not None

    def _continue(self, checkpoint: Checkpoint) -> None:
        position = (checkpoint.epoch, checkpoint.step)
        try:
            self.progress, rows = Progress.read(*position, checkpoint.notes)
        except ValueError as error:
            raise RunError(
                f"{self.run.path / checkpoints.INDEX}: is damaged ({explained(error)}); train anew"
            ) from error
        self._restore(checkpoint.arrays)
        known = known_rows(self.run, checkpoint.epoch, self.out) if rows is None else rows
        self.rows = known

    def _mend(self) -> None:
        """Writes anew what was damaged since, as far as the checkpoint holds it."""
        if self.progress.epoch:
            distribution.on_first(lambda: mend_metrics(self.run, self.rows, self.out))
            with self._averaged(measured=self.progress.step == 0):
                distribution.on_first(
                    lambda: mend_best(self.run, self.model, self.progress, self.out)
                )

    def _check_position(self) -> None:
        """Refuses to train on from different checkpoints."""
        here = f"epoch {self.progress.epoch + 1} after step {self.progress.step}"
        first = processes.of_first(here)
        with processes.together():
            if here != first:
                raise RunError(
                    f"{self.run.path}: is in {here} here and in {first} in process 0; "
                    "give all processes an --out on a file system that they share"
                )

    def fit(self) -> list[Row]:
        """Trains to the last epoch and returns the rows of metrics.csv.

        Raises:
            DivergedError: where the loss is no longer finite; the last finite checkpoint stays.
            InterruptedRun: on SIGINT or SIGTERM, after the step and a checkpoint.
        """
        self._build_optimizer()
        if self.progress.epoch == self.progress.step == 0:
            whiten(self.model, self.data.train.images, self.normalization)
            distribution.on_first(lambda: snapshots.save(self.run, 0, self.model))
        with self.signals, self._drawn_at_last():
            while self.progress.epoch < self.training.epochs:
                self._epoch()
        with self._averaged():
            distribution.on_first(lambda: weights.save(self.run, weights.LAST, self.model))
        return self.rows

    def _build_optimizer(self) -> None:
        """Makes its variables, once: one that scales losses would make its own again."""
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)

    def save(self) -> None:
        """Writes a checkpoint of this moment."""
        self._build_optimizer()
        position = (self.progress.epoch, self.progress.step)
        notes = self.progress.notes(self.rows)
        state = Checkpoint(*position, self._finite_arrays(), notes)
        distribution.on_first(lambda: checkpoints.save(self.run, state))

    def diverged(self, what: str) -> DivergedError:
        """The error to raise when a number is no longer finite."""
        return DivergedError(
            f"{self.run.path}: {what} is not finite in epoch {self.progress.epoch + 1}, "
            f"step {self.progress.step}; try a smaller training.optimizer.learning_rate "
            f"(it is {self.training.optimizer.learning_rate}) or precision float32. "
            "The last finite checkpoint is kept"
        )

    def _epoch(self) -> None:
        progress = self.progress
        if progress.step == 0:
            self._resize()
        optimizer = self.training.optimizer
        if isinstance(optimizer.schedule, str):
            rate = optimizer.rate(progress.epoch, self.training.epochs)
            self.model.optimizer.learning_rate = rate
        batches = self._batches(self.data.train, progress.epoch, progress.step, self.augment)
        steps = progress.step + len(batches)
        if len(batches):
            follower = Steps(self, steps)
            self.model.fit(
                batches,
                initial_epoch=progress.epoch,
                epochs=progress.epoch + 1,
                callbacks=[follower],
                shuffle=False,
                verbose=0,
            )
            if optimizer.averages:
                assign(self.model.trainable_variables, follower.trained)
        self._finish_epoch(steps)

    def _resize(self) -> None:
        """Lets shapes follow learned strides, between epochs: a compiled step has fixed shapes."""
        changed = [layer.resize() for layer in self._strided()]
        if any(changed):
            self.model.make_train_function(force=True)
            self.model.make_test_function(force=True)
            self.averages.forget()
            self.under_attack.forget()

    def _strided(self) -> list[LearnedSpectralPooling]:
        return [layer for layer in self.model.layers if isinstance(layer, LearnedSpectralPooling)]

    def _finish_epoch(self, steps: int) -> None:
        with self._averaged():
            row = self._row(steps)
            best, number = self.progress.best, self.progress.epoch + 1
            score = self._score(row)
            better = best is None or score > best
            self.rows.append(row)
            kept = (score, number) if better else (best, self.progress.best_epoch)
            self.progress = Progress(number, best=kept[0], best_epoch=kept[1])
            distribution.on_first(lambda: self._record(better))
        self.save()
        with self._averaged(measured=False):  # trackers draw the filters that are kept
            self.out.epoch(row)
        self.stop(*processes.largest(self.signals.received or 0))

    def _row(self, steps: int) -> Row:
        """What metrics.csv says of the epoch that the last step ended, validation included."""
        progress = self.progress
        validation = self.model.evaluate(
            self._batches(self.data.validation), verbose=0, return_dict=True
        )
        # Before anything is written: a best model must not be replaced by one that diverged.
        self._finite_arrays()
        if not math.isfinite(validation["loss"]):
            raise self.diverged("the validation loss")
        row: Row = {"epoch": progress.epoch + 1, **progress.logs}
        row |= {f"val_{key}": float(value) for key, value in validation.items()}
        try:
            row |= self.under_attack()
        except UsageError:
            raise self.diverged("the score of an attacked validation image") from None
        if not isinstance(self.training.optimizer.schedule, str):
            row["learning_rate"] = float(self.model.optimizer.learning_rate)
        images = steps * self.training.batch_size
        return row | {"seconds": progress.seconds, "images_per_second": images / progress.seconds}

    def _record(self, best: bool) -> None:
        """Writes what an epoch leaves, its weights too if they are the best so far."""
        if best:
            weights.save(self.run, weights.BEST, self.model)
        self.run.write_metrics(self.rows)
        if time.monotonic() - self.drawn > _SECONDS_BETWEEN_PICTURES:
            self._draw()
        snapshots.save(self.run, self.progress.epoch, self.model)

    @contextmanager
    def _drawn_at_last(self) -> Iterator[None]:
        """Lets history.png have all epochs also where the training is stopped or diverges."""
        try:
            yield
        except (DivergedError, InterruptedRun):
            if processes.is_first() and self.rows:
                with suppress(RunError):  # why the training ended matters more
                    self._draw()
            raise
        if self.rows:
            distribution.on_first(self._draw)

    def _draw(self) -> None:
        """Writes history.png, which can take longer than an epoch."""
        figure = plots.history(self.rows, self.metric, self.run.path.name)
        self.run.write("history.png", content_of(lambda file: figure.savefig(file, dpi=120)))
        self.drawn = time.monotonic()

    def best_row(self) -> Row:
        """The row of the best epoch, as far as rows of it are known."""
        best = self.progress.best_epoch
        if not self.rows:
            raise RunError(
                f"{self.run.path / 'metrics.csv'}: is lost, and no epoch is left to train"
            )
        of_best = [row for row in self.rows if row["epoch"] == best]
        return of_best[0] if of_best else max(self.rows, key=self._score)

    def _score(self, row: Row) -> list[float]:
        """Larger is better: accuracy, under attack first, then a small loss; of images, that."""
        first = [ATTACKED, "val_accuracy"] if self.task == "classification" else []
        return [*(row[key] for key in first if key in row), -row["val_loss"]]

    def stop(self, signal: int) -> None:
        """Raises InterruptedRun if the signal is not 0; a checkpoint must have been written."""
        if signal and self.progress.epoch < self.training.epochs:
            raise InterruptedRun(
                f"{self.run.path}: stopped in epoch {self.progress.epoch + 1} after step "
                f"{self.progress.step}; continue with --resume",
                signal,
            )

    def _batches(
        self, split: Any, epoch: int = 0, first: int = 0, augment: Any = None
    ) -> Batches | ReadAhead:
        train = split is self.data.train
        batches = Batches(
            split,
            len(self.data.classes),
            self.normalization,
            batch_size=self.training.batch_size,
            seed=self.training.seed,
            epoch=epoch,
            augment=augment,
            shuffle=train,
            first_step=first,
            drop_remainder=train,
            task=self.task,
            share=self.share,
        )
        workers = self.training.workers
        # TensorFlow reads ahead with a thread of its own; one more would only take its cores.
        return ReadAhead(batches, workers) if workers > 1 else batches

    def _averaged(self, measured: bool = True) -> AbstractContextManager[None]:
        """Lets the model have the averages of its weights, where the optimizer keeps them.

        Steps go on from the weights themselves, and checkpoints hold both.
        """
        if not self.training.optimizer.averages:
            return nullcontext()
        return self.averages.in_place(measured)

    def _some_batches(self) -> Batches | ReadAhead:
        """The last batches of the first epoch, each time, to measure statistics on."""
        every = len(self._batches(self.data.train))
        some = min(math.ceil(IMAGES / self.training.batch_size), every)
        return self._batches(self.data.train, first=every - some, augment=self.augment)

    def trained(self) -> list[np.ndarray]:
        """A copy of the weights that steps change."""
        return values(self.model.trainable_variables)

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.model.optimizer.variables]

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            f"{number:05d}": keras.ops.convert_to_numpy(variable)
            for number, variable in enumerate(self._variables())
        }

    def _finite_arrays(self) -> dict[str, np.ndarray]:
        arrays = self._arrays()
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise self.diverged("a weight")
        return arrays

    def _restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        variables = self._variables()
        if [v.shape for v in variables] != [array.shape for array in arrays.values()]:
            raise RunError(
                f"{self.run.path}: its checkpoints belong to a model of another shape; "
                "was the package updated since? Train anew"
            )
        for variable, array in zip(variables, arrays.values(), strict=True):
            variable.assign(array)
        for layer in self._strided():
            layer.sync()


class Steps(keras.callbacks.Callback):
    """Follows the steps of one epoch: progress, divergence, timed checkpoints, signals."""

    def __init__(self, trainer: Trainer, steps: int):
        super().__init__()
        self.trainer, self.steps = trainer, steps
        self.before = trainer.progress.step
        self.logs_before = dict(trainer.progress.logs)
        self.seconds_before = trainer.progress.seconds
        self.started = self.saved = time.monotonic()
        self.trained: list[np.ndarray] = []  # weights that steps change, at the end of the epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Keras calls this after `steps_per_execution` steps, or those that are left.

        `batch` is the number of the last of them if none is missing, and `logs` are means over the
        steps since this training began or was resumed.
        """
        trainer, progress = self.trainer, self.trainer.progress
        logs = {key: float(value) for key, value in (logs or {}).items()}
        progress.step = min(self.before + batch + 1, self.steps)
        if not math.isfinite(logs["loss"]):
            raise trainer.diverged("the loss")
        progress.logs = self._with_those_before(logs)
        now = time.monotonic()
        progress.seconds = self.seconds_before + now - self.started
        trainer.out.step(progress.epoch, progress.step, self.steps, progress.logs)
        waited = now - self.saved > trainer.training.checkpoint_seconds
        # Processes that train together must do the same: each step waits for all of them.
        due, signal = processes.largest(waited, trainer.signals.received or 0)
        if due or signal:
            _ = self.model  # brings JAX's state back into the variables
            trainer.save()
            self.saved = now
        trainer.stop(signal)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Keras calls this before `fit` puts averages in the place of the weights."""
        if self.trainer.training.optimizer.averages:
            _ = self.model
            self.trained = self.trainer.trained()

    def _with_those_before(self, logs: Row) -> Row:
        """Means over the whole epoch, where another process did the first steps of it."""
        done = self.trainer.progress.step
        share = self.before / done
        return {
            key: value if not self.before else share * self.logs_before[key] + (1 - share) * value
            for key, value in logs.items()
        }
