"""`specnet visualize`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.common import Json, err, find_run, named, out, print_json
from specnet.cli.console import Text
from specnet.cli.early import check_data, check_image, check_layer, check_out
from specnet.errors import DataError, UsageError
from specnet.runs import Run
from specnet.workflow import pictures
from specnet.workflow.recorded_recipe import load_recipe


@dataclass
class _Display(console.TrainingDisplay):
    """Progress, and what is not shown, to be printed after what is."""

    left_out: list[str] = field(default_factory=list, init=False)

    def missing(self, message: str) -> None:
        self.left_out.append(message)


class PictureFormat(StrEnum):
    """What pictures are saved as."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def visualize(
    run: Annotated[
        Path | None, typer.Argument(help="a run directory, or the folder of several")
    ] = None,
    what: Annotated[
        str | None, typer.Option(help=f"{', '.join(pictures.VIEWS)}; default: all of them")
    ] = None,
    layer: Annotated[str | None, typer.Option(help="only this layer, all pages of it")] = None,
    image: Annotated[
        Path | None,
        typer.Option(help="shown by features and method; default: the first of the test data"),
    ] = None,
    pooling: Annotated[
        Path | None, typer.Option(metavar="PHOTO", help="no run, but all kinds of pooling of this")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=named, metavar="PATH", help="folder to write into; default: RUN/figures"
        ),
    ] = None,
    form: Annotated[
        PictureFormat, typer.Option("--format", help="of stills; animations are GIFs")
    ] = PictureFormat.png,
    json: Json = False,
) -> None:
    """Draw what a run learned: filters, what they do in space and to an image, their training."""
    wanted = pictures.chosen(_names(what) if what is not None else None)
    if (run is None) == (pooling is None):
        beside = "" if run is None else ", not both"
        raise UsageError(f"visualize: expected a run directory or --pooling PHOTO{beside}")
    if pooling is not None:
        if what is not None or layer is not None or image is not None:
            raise UsageError(
                "visualize: --pooling is of a photograph alone; leave out --what, --layer and "
                "--image, which are of a run"
            )
        _draw_pooling(pooling, directory or Path(), form.value, json)
        return
    found = find_run(run or Path(), quiet=json)
    check_layer(found, layer)
    found.check_weights()
    rank = len(load_recipe(found).data.image_size)
    wanted = pictures.of_rank(wanted, rank, asked=what is not None, image=image)
    _check_image(found, wanted, image)
    check_out(directory or found.path / "figures")
    display = _Display(out, err, quiet=json)
    display.wait("starting Keras")
    try:
        from specnet import workflow

        written = workflow.visualize(found, wanted, layer, image, directory, form.value, display)
    finally:
        display.stop()
    folder = directory or found.path / "figures"
    if json:
        print_json(run=str(found.path), folder=str(folder), pictures=_rows(written))
        return
    if written:
        out.print(console.pictures(written, folder))
    for message in display.left_out:
        out.print(Text(message))


def views() -> str:
    """The views and what each shows, for the end of the help."""
    return "\n\n".join(f"{name}: {kind.shows}" for name, kind in pictures.VIEWS.items())


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _check_image(run: Run, wanted: Sequence[str], image: Path | None) -> None:
    """Refuses an image that cannot be read, or data that a view needs and that are not there."""
    if image is not None:
        check_image(image, "--image")
    elif any(pictures.VIEWS[view].of_image for view in wanted):
        try:
            check_data(load_recipe(run).data)
        except DataError as error:
            raise DataError(f"{error}\n{pictures.OTHER_IMAGE}") from error


def _draw_pooling(photo: Path, folder: Path, form: str, json: bool) -> None:
    check_image(photo, "--pooling")
    check_out(folder)
    from specnet import workflow

    written = [workflow.visualize_pooling(photo, folder, form)]
    if json:
        print_json(folder=str(folder), pictures=_rows(written))
    else:
        out.print(console.pictures(written, folder))


def _rows(written: list[Any]) -> list[dict[str, str]]:
    return [{"file": str(each.file), "shows": each.shows, "view": each.view} for each in written]
