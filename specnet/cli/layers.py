"""`specnet layers`."""

from typing import Annotated

import typer

from specnet import recipe as recipes
from specnet.cli import console
from specnet.cli.common import out, parse_size


def layers(
    name: Annotated[str | None, typer.Argument(help="one layer, with its arguments")] = None,
    image_size: Annotated[
        str | None, typer.Option(help="count parameters of one filter at this size, 150x150")
    ] = None,
) -> None:
    """What a recipe can name: layers, their arguments, and parameters a filter."""
    if name is None and image_size is None:
        out.print(console.layer_list(recipes.layer_groups()))
    if name is not None:
        summary, arguments = recipes.layer_help(name)
        out.print(console.layer_page(name, summary, arguments))
    if image_size is not None:
        size = parse_size(image_size)
        from specnet.models import filter_costs

        out.print(console.filter_costs(filter_costs.filter_costs(size), size))
