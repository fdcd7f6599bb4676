"""`specnet export`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from specnet.cli import console
from specnet.cli.common import Json, err, find_run, named, out, parse_size, print_json
from specnet.cli.console import Text
from specnet.cli.early import check_export
from specnet.workflow.recorded_recipe import check_of_images, load_recipe


class Format(StrEnum):
    """For whom to write a run."""

    keras = "keras"
    saved_model = "saved_model"
    onnx = "onnx"
    litert = "litert"
    weights = "weights"


def export(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="keras: for Keras with specnet.layers; saved_model: TensorFlow; onnx: ONNX "
            "Runtime and others; litert: phones; weights: arrays of NumPy",
        ),
    ],
    path: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=named, metavar="PATH", help="what to write; default: in RUN/exported"
        ),
    ] = None,
    image_size: Annotated[
        str | None, typer.Option(help="of the images that it takes, 96 or 96x128; the training's")
    ] = None,
    check: Annotated[
        int, typer.Option(min=0, help="try it with so many images of the run's data")
    ] = 8,
    window: Annotated[
        int | None,
        typer.Option(
            "--as-conv2d",
            metavar="K",
            help="write spectral convolutions of images as ordinary ones of K x K pixels",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="replace what is there")] = False,
    json: Json = False,
) -> None:
    """Write a run for other programs, pixels in and probabilities out: --format onnx"""
    size = None if image_size is None else parse_size(image_size)
    found = find_run(run, quiet=json)
    if size is not None:
        check_of_images(found, load_recipe(found))
    target = check_export(found, form.value, path, check, window, overwrite)
    found.check_weights()
    from specnet import workflow

    def note(message: str) -> None:
        err.print(Text(f"note: {message}"), soft_wrap=True)

    made = workflow.export(found, form.value, target, size, check, window, note)
    if json:
        print_json(run=str(found.path), **made.as_dict())
        return
    out.print(console.exported(made))
