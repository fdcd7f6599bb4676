"""`specnet convert`."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from specnet.cli import console
from specnet.cli.common import Json, find_run, named, out, print_json
from specnet.cli.early import check_convertible, check_out


class Form(StrEnum):
    """What to convert a run to."""

    spectral = "spectral"
    spatial = "spatial"
    frozen = "frozen"


def convert(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    to: Annotated[
        Form,
        typer.Option(
            help="spectral: kernels of conv2d as their DFT coefficients; spatial: back again; "
            "frozen: learned strides fixed, so that every shape is known; the size follows "
            "what they moved in their last epoch, so that outputs may differ"
        ),
    ],
    directory: Annotated[
        Path | None,
        typer.Option("--out", parser=named, metavar="PATH", help="the new run; default: RUN-FORM"),
    ] = None,
    json: Json = False,
) -> None:
    """Turn a trained run into one of other layers, and print how far both differ: --to spectral"""
    found = find_run(run, quiet=json)
    wanted = directory or found.beside(f"-{to.value}")
    check_convertible(found, to.value)
    found.check_weights()
    check_out(wanted.parent if os.path.exists(wanted) else wanted)
    from specnet import workflow

    made = workflow.convert(found, to.value, wanted)
    if json:
        print_json(run=str(made.run.path), layers=made.layers, difference=made.difference)
        return
    out.print(console.conversion(made))
