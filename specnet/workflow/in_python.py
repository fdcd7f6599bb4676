"""Training and using networks from Python: `specnet.train`, `specnet.load` and what they return.

A thin front of the jobs that the verbs of the command line do, for programs and notebooks. What a
verb prints as a note is a `RunWarning` here.
"""

import base64
import html
import io
import logging
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from specnet import data, workflow
from specnet import recipe as recipes
from specnet.errors import DataError, RunWarning, UsageError
from specnet.messages import counted, suggest
from specnet.progress import Reporter, Row
from specnet.recipe.schema import Recipe
from specnet.runs import Run as Directory
from specnet.training import interruption
from specnet.workflow import pictures
from specnet.workflow.recorded_recipe import check_of_images

if TYPE_CHECKING:
    import keras

    from specnet.workflow.evaluation import Evaluation
    from specnet.workflow.pictures.subject import Picture
    from specnet.workflow.predict_images import Prediction, Predictor
    from specnet.workflow.reconstruction import Reconstruction

# It warns where many models are made one after the other, as a notebook does.
logging.getLogger("tensorflow").addFilter(lambda record: "retracing" not in record.getMessage())

_SPLITS = ("train", "validation", "test")
_LISTED = 20  # unreadable files in a message


def train(
    recipe: recipes.Like,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    watch: Callable[[Row], object] | None = None,
    **overrides: Any,
) -> "Run":
    """Trains a recipe, as `specnet train` does, and returns the run.

        specnet.train("gratings-gaussian", training={"epochs": 3}, watch=print)

    Args:
        recipe: the name of a shipped recipe, the path of a YAML file, what such a file would say as
            a mapping (it may name a `base`), or a `Recipe`.
        out: run directory, `ckpt/<name of the recipe>` if not given; where it is taken, the next
            free name like it.
        resume: go on in the newest run of that name, to the same weights as without a break.
        watch: is given each epoch's row of metrics.csv: loss, accuracy, and more.
        overrides: sections of the recipe, changed key by key; `**{"training.epochs": 3}` and
            `**{"model[1].gaussian.filters": 8}` work as on the command line.

    Raises:
        RecipeError, DataError, RunError, DivergedError: as their kinds say.
        InterruptedRun: where the kernel was interrupted, after a checkpoint; `resume` goes on.
    """
    loaded = recipes.of(recipe, overrides)
    wanted = Path("ckpt") / loaded.name if out is None else _path(out, "out")
    interruption.forget()
    return Run(workflow.train(loaded, wanted, _Watcher(watch), resume=resume).run)


def load(run: str | os.PathLike[str]) -> "Run":
    """A run that was trained before: a run directory, or the newest directly inside a folder.

    Raises:
        RunError: where there is none.
    """
    return Run(Directory.find(_path(run, "run")))


class Run:
    """A trained network: its run directory, and what it can be asked.

    Nothing is read before it is asked for, and the model is built once. `train` and `load` make it.
    """

    def __init__(self, directory: Directory):
        self._directory = directory

    def __repr__(self) -> str:
        return f"<specnet.Run {self.path}, {self._directory.status() or 'of unknown status'}>"

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._directory.path

    @cached_property
    def recipe(self) -> Recipe:
        """What was trained, with every default filled in."""
        return workflow.load_recipe(self._directory)

    @property
    def metrics(self) -> list[Row]:
        """A row for each epoch, as in metrics.csv; `pandas.DataFrame(run.metrics)` is a table."""
        return self._directory.metrics()

    @property
    def model(self) -> "keras.Model":
        """The Keras model at its best weights; it takes normalized images, `predict` any.

        Of runs of signals and volumes too, which `predict` does not take.
        """
        return self._predictor.model

    @property
    def predictor(self) -> "Predictor":
        """The model and how its images are read; its `predict` streams what needs no list.

        Raises:
            UsageError: where the run is of signals or volumes.
        """
        check_of_images(self._directory, self.recipe)
        return self._predictor

    @cached_property
    def _predictor(self) -> "Predictor":
        return workflow.Predictor(self._directory, any_rank=True)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the model's outputs; empty for an autoencoder."""
        return self._predictor.classes

    def predict(
        self, images: Any, batch: int | None = None, on_error: str = "fail"
    ) -> "list[Prediction]":
        """What the network makes of images, as `specnet predict` says.

            [each.label for each in run.predict("photos/")]

        Args:
            images: a file, a folder or a pattern such as `photos/**/*.jpg`; an array of pixels,
                uint8 (H, W, C) or (N, H, W, C) of any size; or a list of these.
            batch: how many at a time, that of the training if not given.
            on_error: `fail`, or `skip` files that cannot be read, with a warning.

        Returns:
            One `Prediction` for each image: `label`, `values` in the order of `classes`, `pixels`.

        Raises:
            DataError: where there is no such file; of all files that cannot be read.
        """
        if on_error not in ("fail", "skip"):
            raise UsageError(f"on_error: expected 'fail' or 'skip', found {on_error!r}")
        if batch is not None and batch < 1:
            raise UsageError(f"batch: expected 1 or more, found {batch}")
        given = [each for item in _listed(images) for each in _images(item)]
        predictor = self.predictor
        predictor.unreadable.clear()
        found = list(predictor.predict(given, batch))
        if predictor.unreadable:
            words = _unreadable(predictor.unreadable)
            if on_error == "fail":
                raise DataError(f"{words}\nmend or remove them, or say on_error='skip'")
            _warn(words)
        return found

    def evaluate(
        self,
        split: str = "test",
        image_size: int | tuple[int, int] | None = None,
        mirror: bool = False,
    ) -> "Evaluation | Reconstruction":
        """What `specnet eval` measures: accuracy, F1, confusion; of autoencoders error and SSIM.

        Args:
            split: `train`, `validation` or `test`.
            image_size: pixels, one number or (H, W); that of the training if not given.
            mirror: average each image and its mirror image, left and right, as `--mirror` does.

        Raises:
            UsageError: where there is no such split, the model takes no such size, or `mirror` is
                asked of an autoencoder.
        """
        if split not in _SPLITS:
            raise UsageError(f"split: unknown '{split}'{suggest(str(split), _SPLITS)}")
        size = (image_size, image_size) if isinstance(image_size, int) else image_size
        return workflow.evaluate(self._directory, split, size, _warn, mirror)  # type: ignore[arg-type]

    def figures(
        self, view: str = "filters", layer: str | None = None, image: str | Path | None = None
    ) -> "Figures":
        """Pictures of what was learned, as `specnet visualize` draws them.

        Args:
            view: `filters`, `impulse`, `profile`, `training`, `features` or `method`.
            layer: only this layer, all pages of it.
            image: file that `features` and `method` show; the first test image if not given.

        Returns:
            A list of Matplotlib figures, which a notebook shows; empty where a view has nothing to
            show. Of an animation the last frame, which a notebook shows moving.
        """
        if view not in pictures.VIEWS:
            raise UsageError(f"view: unknown '{view}'{suggest(str(view), pictures.VIEWS)}")
        file = None if image is None else _path(image, "image")
        drawn = workflow.draw_views(self._directory, [view], layer, file, _Watcher(None))
        return Figures(picture for _, picture in drawn)


class Figures(list[Figure]):
    """Matplotlib figures that a notebook shows one below the other.

    Attributes:
        captions: what each shows, in a few words.
    """

    def __init__(self, drawn: "Iterable[Picture]"):
        self._pictures = list(drawn)
        self.captions = [each.shows for each in self._pictures]
        super().__init__(
            each.figure if isinstance(each.figure, Figure) else each.figure[-1]
            for each in self._pictures
        )

    def _repr_html_(self) -> str:
        return "\n".join(map(_as_html, self._pictures)) or "<p>nothing to show</p>"


class _Watcher(Reporter):
    """Hands rows on, and makes warnings of notes."""

    def __init__(self, watch: Callable[[Row], object] | None):
        self.watch = watch

    def note(self, message: str) -> None:
        _warn(message)

    def epoch(self, row: Any) -> None:
        if self.watch is not None:
            self.watch(dict(row))


def _warn(message: str) -> None:
    # The caller of a method of `Run`, as far as it can be told.
    warnings.warn(message, RunWarning, stacklevel=3)


def _path(given: str | os.PathLike[str], argument: str) -> Path:
    if not isinstance(given, str | os.PathLike) or not os.fspath(given):
        found = "the empty text" if given == "" else type(given).__name__
        raise UsageError(f"{argument}: expected a path, found {found}")
    return Path(given)


def _listed(images: Any) -> Sequence[Any]:
    return images if isinstance(images, list | tuple) else [images]


def _images(item: Any) -> Iterator[Path | np.ndarray]:
    """The files that a path or a pattern means, or the images of an array."""
    if isinstance(item, str | Path):
        yield from data.given_files([str(item)], [])
        return
    array = np.asarray(item)
    fits = array.ndim in (3, 4) and array.shape[-1] in (1, 3) and array.size
    if array.dtype != np.uint8 or not fits:
        raise UsageError(
            "images: expected paths, or uint8 pixels (H, W, C) or (N, H, W, C) of 1 or 3 channels, "
            f"found {array.dtype} {array.shape}"
        )
    yield from array if array.ndim == 4 else [array]


def _unreadable(left: Sequence[Any]) -> str:
    lines = [f"{counted(len(left), 'file')} cannot be read:"]
    lines += [f"  {file}: {reason}" for file, reason in left[:_LISTED]]
    more = len(left) - _LISTED
    return "\n".join([*lines, *([f"  and {more} more"] if more > 0 else [])])


def _as_html(picture: "Picture") -> str:
    from specnet.workflow.pictures.writing import animate

    content = io.BytesIO()
    if isinstance(picture.figure, Figure):
        kind = "png"
        picture.figure.savefig(content, format=kind, dpi=100)
    else:
        kind = "gif"
        animate(picture.figure, content)
    encoded = base64.b64encode(content.getvalue()).decode()
    shows = html.escape(picture.shows)
    return f'<figure><img alt="{shows}" src="data:image/{kind};base64,{encoded}"></figure>'
