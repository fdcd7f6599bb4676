"""The command line put together: its verbs, its options, and how every error ends."""

import logging
import os
import sys
from typing import Annotated

import typer
from rich.text import Text

from specnet import __version__
from specnet.cli.autoencode import autoencode
from specnet.cli.bench import bench
from specnet.cli.common import err, out, print_notes
from specnet.cli.compare import compare
from specnet.cli.convert import convert
from specnet.cli.data import data_app
from specnet.cli.doctor import doctor
from specnet.cli.eval import evaluate
from specnet.cli.inspect import inspect
from specnet.cli.layers import layers
from specnet.cli.recipes import recipe_app
from specnet.cli.robustness import robustness
from specnet.cli.train import train
from specnet.cli.visualize import views, visualize
from specnet.errors import SpecnetError
from specnet.processes import leave

app = typer.Typer(
    help="Train, compare and look into convolutional networks that work in the frequency domain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train)
app.command(name="eval")(evaluate)
app.command()(inspect)
app.command(epilog=views())(visualize)
app.command()(convert)
app.command()(autoencode)
app.command()(compare)
app.command()(robustness)
app.command()(bench)
app.command()(layers)
app.command()(doctor)
app.add_typer(recipe_app, name="recipes")
app.add_typer(data_app, name="data")


@app.callback()
def settings(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
) -> None:
    """Options of every verb; `main` looks for --debug itself, wherever it stands."""
    print_notes()
    if version:
        out.print(f"specnet {__version__}")
        raise typer.Exit


def silence_native_code() -> None:
    """Keeps Python's standard error, and drops what C++ libraries write past it.

    TensorFlow and XLA report their start-up there, whatever their log level, over a live display.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # It also warns where many models are made one after the other, as a study does.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)


def explanation(error: Exception) -> str:
    """What an error says to a user."""
    if isinstance(error, SpecnetError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name in ("tensorflow", "jax", "torch"):
        return (
            f"KERAS_BACKEND: {error.name} is not installed; pip install {error.name}, "
            "or set KERAS_BACKEND to one that is (tensorflow, jax)"
        )
    return f"unexpected {type(error).__name__}: {error}\n--debug shows where it happened"


def main() -> None:
    """Runs the verb of the command line; every error ends in a message and an exit code."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    if not debug:
        silence_native_code()
    try:
        app()
    except Exception as error:
        if debug:
            raise
        err.print(Text(explanation(error)), soft_wrap=True)
        leave(getattr(error, "exit_code", 1))
