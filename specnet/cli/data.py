"""`specnet data` and its verbs."""

from typing import Annotated

import typer

from specnet.cli.common import out
from specnet.cli.console import Text

data_app = typer.Typer(help="Fetch datasets.", no_args_is_help=True)


@data_app.command()
def prepare(name: Annotated[str, typer.Argument(help="as in tfds.load")]) -> None:
    """Download a dataset of TensorFlow Datasets."""
    from specnet.data import tfds

    out.print(Text(f"{name} is in {tfds.prepare(name)}"), soft_wrap=True)
