"""From a run directory to pictures of it: what `specnet visualize` does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from specnet import analysis
from specnet.data import check_not_empty, images
from specnet.errors import DataError, UsageError
from specnet.models import conversion
from specnet.progress import Reporter
from specnet.recipe.schema import Recipe
from specnet.runs import Run
from specnet.workflow import pictures
from specnet.workflow.common import check_layer, load_data, load_normalization, open_model
from specnet.workflow.pictures.pooling_view import picture as pooling_picture
from specnet.workflow.pictures.subject import Picture, Subject
from specnet.workflow.pictures.writing import write


@dataclass(frozen=True)
class Written:
    """A file, what it shows in a few words, and the view that drew it."""

    file: Path
    shows: str
    view: str


def visualize(
    run: Run,
    what: Sequence[str] | None = None,
    layer: str | None = None,
    image: Path | None = None,
    out: Path | None = None,
    form: str = "png",
    reporter: Reporter | None = None,
) -> list[Written]:
    """Draws a run at its best weights.

    Args:
        run: what to look at.
        what: names in `specnet.workflow.pictures.VIEWS`; all of them if not given.
        layer: only this layer; its pages are then all written.
        image: the image that views of images show; the first test image if not given.
        out: folder; `RUN/figures` if not given.
        form: `png`, `svg` or `pdf`; animations are GIFs whatever it is.
        reporter: is told what is being drawn.

    Returns:
        What was written, in the order of the views; those that have nothing to show wrote nothing.

    Raises:
        UsageError: where there is no such view or layer.
        DataError: where the image cannot be read.
        RunError: where the run is damaged or a file cannot be written.
    """
    reporter = reporter or Reporter()
    drawn = draw_views(run, what, layer, image, reporter)
    folder = _made(out or run.path / "figures")
    written = []
    for view, picture in drawn:
        reporter.wait(f"writing {picture.name}")
        written.append(Written(write(picture, folder, form), picture.shows, view))
    return written


def draw_views(
    run: Run,
    what: Sequence[str] | None = None,
    layer: str | None = None,
    image: Path | None = None,
    reporter: Reporter | None = None,
) -> Iterator[tuple[str, Picture]]:
    """Each picture of a run, and the view that drew it; arguments and errors of `visualize`."""
    chosen = pictures.chosen(what)
    reporter = reporter or Reporter()
    reporter.wait("loading the model")
    recipe, model = open_model(run, any_rank=True)
    rank = len(recipe.data.image_size)
    chosen = pictures.of_rank(chosen, rank, asked=what is not None, image=image)
    subject = _subject(run, model, recipe.data.channels, layer)
    if any(pictures.VIEWS[name].of_image for name in chosen):
        reporter.wait("reading the image")
        subject = _with_image(subject, recipe, image, reporter)
    return _drawn(chosen, subject, reporter)


def _drawn(
    views: Sequence[str], subject: Subject, reporter: Reporter
) -> Iterator[tuple[str, Picture]]:
    for name in views:
        reporter.wait(f"drawing {name}")
        drawn = False
        for picture in pictures.resolve(name)(subject):
            drawn = True
            yield name, picture
        if not drawn:
            of = f"layer {subject.layer}" if subject.layer else f"{subject.run.path}"
            reporter.missing(f"{name}: {of} has {pictures.without(name, subject)}")
    blocks = analysis.without_filters(subject.layers)
    if blocks and not all(pictures.VIEWS[name].of_image for name in views):
        reporter.missing(f"not drawn, since they are no filters: the weights of {_named(blocks)}")


def _named(layers: Sequence[keras.layers.Layer]) -> str:
    return ", ".join(f"{layer.name} ({type(layer).__name__})" for layer in layers)


def visualize_pooling(photo: Path, out: Path, form: str = "png") -> Written:
    """Draws one photograph under every kind of pooling, into `out`.

    Raises:
        UsageError: where it is too small.
        DataError: where it cannot be read.
    """
    pixels = _decoded(photo, "--pooling", (None, None, 3))
    try:
        picture = pooling_picture(pixels)
    except UsageError as error:
        raise UsageError(f"--pooling {photo}: {error}") from error
    drawn = replace(picture, name=f"{photo.stem}-pooling")
    return Written(write(drawn, _made(out), form), drawn.shows, "pooling")


def _subject(run: Run, model: keras.Model, channels: int, layer: str | None) -> Subject:
    """The model, of known shapes throughout; with no image yet."""
    if conversion.convertible(model, "frozen"):
        model = conversion.convert_model(model, "frozen")
    check_layer(run, model, layer)
    none = np.zeros((0, 0, channels))
    return Subject(run, model, none.astype("uint8"), none.astype("float32"), layer)


def _with_image(subject: Subject, recipe: Recipe, file: Path | None, reporter: Reporter) -> Subject:
    if file:
        height, width = recipe.data.image_size
        pixels = _decoded(file, "--image", (height, width, recipe.data.channels))
    else:
        pixels = _first_image(subject.run, recipe, reporter)
    normalization = load_normalization(subject.run)
    return replace(subject, image=pixels, normalized=normalization(pixels[None])[0])


def _first_image(run: Run, recipe: Recipe, reporter: Reporter) -> np.ndarray:
    try:
        dataset = load_data(run, recipe.data, reporter.note)
        check_not_empty(dataset, "test")
    except DataError as error:
        raise DataError(f"{error}\n{pictures.OTHER_IMAGE}") from error
    return np.array(dataset.test.images[0])


def _decoded(file: Path, option: str, shape: images.WantedShape) -> np.ndarray:
    try:
        return images.decode(file, shape)
    except DataError as error:
        raise DataError(f"{option} {file}: {error}; name another image") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        words = f"{folder}: cannot be made ({error.strerror}); choose another --out"
        raise UsageError(words) from error
    return folder
