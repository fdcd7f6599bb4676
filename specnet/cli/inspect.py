"""`specnet inspect`."""

from pathlib import Path
from typing import Annotated

import typer

from specnet.cli import console
from specnet.cli.common import Json, find_run, out, print_json
from specnet.cli.early import check_layer


def inspect(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    layer: Annotated[str | None, typer.Option(help="only this layer")] = None,
    json: Json = False,
) -> None:
    """Show what a run learned, in cycles/pixel and degrees: filters, cut-offs, strides."""
    found = find_run(run, quiet=json)
    check_layer(found, layer)
    found.check_weights()
    from specnet import workflow

    known = workflow.learned(found, layer)
    if json:
        layers = [each.as_dict() for each in known.layers]
        print_json(run=str(found.path), layers=layers, drawn=known.drawn, hidden=known.hidden)
        return
    out.print(console.learned(known, found.path))
