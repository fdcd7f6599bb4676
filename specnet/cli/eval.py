"""`specnet eval`."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from specnet.cli import console
from specnet.cli.common import Json, err, find_run, out, parse_size, print_json
from specnet.cli.console import Text
from specnet.cli.early import check_data
from specnet.errors import RecipeError, SpecnetError, UsageError
from specnet.workflow.recorded_recipe import check_of_images, load_recipe


class SplitChoice(StrEnum):
    """Which part of the data."""

    train = "train"
    validation = "validation"
    test = "test"


def evaluate(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    split: Annotated[
        SplitChoice, typer.Option(metavar="SPLIT", help="train, validation or test")
    ] = SplitChoice.test,
    image_size: Annotated[
        list[str] | None, typer.Option(help="other sizes, 96 or 96x128; may be repeated")
    ] = None,
    mirror: Annotated[
        bool, typer.Option(help="average each image and its mirror image, left and right")
    ] = False,
    json: Json = False,
) -> None:
    """Measure a run: accuracy, F1, confusion matrix; of autoencoders squared error and SSIM."""
    sizes: list[tuple[int, int] | None] = [parse_size(text) for text in image_size or []]
    found = find_run(run, quiet=json)
    found.check_weights()
    recipe = load_recipe(found)
    if sizes:
        check_of_images(found, recipe)
    check_data(recipe.data)
    from specnet import workflow

    told: set[str] = set()

    def note(message: str) -> None:
        if message not in told:  # once for all sizes
            err.print(Text(f"note: {message}"), soft_wrap=True)
        told.add(message)

    results = []
    for size in sizes or [None]:
        with _asked_for(size):
            results.append(workflow.evaluate(found, split.value, size, note, mirror))
    if json:
        how = {"mirror": True} if mirror else {}
        print_json(run=str(found.path), **how, results=[result.as_dict() for result in results])
        return
    for result in results:
        out.print(console.report(result, found.path))
        if mirror:
            continue  # the figure is of the images as they are
        try:
            workflow.draw(found, result)
        except SpecnetError as error:  # somebody else's run, say: its figures are not all there is
            err.print(Text(f"note: {error}"), soft_wrap=True)


@contextmanager
def _asked_for(size: tuple[int, int] | None) -> Iterator[None]:
    """Blames the option where a recipe cannot be used at a size other than its own."""
    try:
        yield
    except RecipeError as error:
        if size is None:
            raise
        raise UsageError(f"--image-size {size[0]}x{size[1]}: {error}") from error
