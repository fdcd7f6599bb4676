"""`specnet inspect`."""

from pathlib import Path
from typing import Annotated

import typer

from specnet import terminal
from specnet.cli.common import Json, err, out, print_json
from specnet.cli.early import check_layer
from specnet.runs import Run
from specnet.terminal import Text


def inspect(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    layer: Annotated[str | None, typer.Option(help="only this layer")] = None,
    json: Json = False,
) -> None:
    """Show what a run learned, in cycles/pixel and degrees: filters, cut-offs, strides."""
    found = Run.find(run)
    if not json and found.path != run:
        err.print(Text(f"newest run: {found.path}"))
    check_layer(found, layer)
    from specnet import workflow

    layers = workflow.learned(found, layer)
    if json:
        print_json(run=str(found.path), layers=[each.as_dict() for each in layers])
        return
    out.print(terminal.learned(layers, found.path))
