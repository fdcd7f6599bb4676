"""The command line put together: its verbs and its options."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
import typer.core

from specnet import __version__
from specnet.cli.autoencode import autoencode
from specnet.cli.bench import bench
from specnet.cli.common import out, print_notes
from specnet.cli.compare import compare
from specnet.cli.convert import convert
from specnet.cli.data import data_app
from specnet.cli.doctor import doctor
from specnet.cli.eval import evaluate
from specnet.cli.export import export
from specnet.cli.inspect import inspect
from specnet.cli.layers import layers
from specnet.cli.predict import predict
from specnet.cli.recipes import recipe_app
from specnet.cli.robustness import robustness
from specnet.cli.train import train
from specnet.cli.tune import tune
from specnet.cli.visualize import views, visualize
from specnet.messages import in_words
from specnet.plain import plain


class Verbs(typer.core.TyperGroup):
    """The verbs; what is said of arguments quotes them, and they may be anybody's."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Reads options."""
        with _plain_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, context: Any) -> Any:
        """Reads the rest, and calls a verb."""
        with _plain_errors():
            return super().invoke(context)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        message = getattr(error, "message", None)  # of Click's own
        if isinstance(message, str):
            unknown = hasattr(error, "possibilities")  # an option that there is not
            hint = _as_override(getattr(error, "option_name", "")) if unknown else ""
            error.message = plain(in_words(message) + hint)  # type: ignore[attr-defined]
        raise


def _as_override(option: str) -> str:
    """How a recipe's setting is said where somebody took it for an option, `--epochs`."""
    from specnet.recipe.optimization import Optimizer
    from specnet.recipe.schema import Training

    name = option.lstrip("-").replace("-", "_")
    for place, section in (("training", Training), ("training.optimizer", Optimizer)):
        if name in section.model_fields:
            return f"; of a recipe it is a setting, without dashes: {place}.{name}=VALUE"
    return ""


app = typer.Typer(
    cls=Verbs,
    help="Train, compare and look into convolutional networks that work in the frequency domain.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(train)
app.command(name="eval")(evaluate)
app.command()(predict)
app.command()(inspect)
app.command(epilog=views())(visualize)
app.command()(convert)
app.command()(export)
app.command()(autoencode)
app.command()(compare)
app.command()(tune)
app.command()(robustness)
app.command()(bench)
app.command()(layers)
app.command()(doctor)
app.add_typer(recipe_app, name="recipes")
app.add_typer(data_app, name="data")


def print_version(wanted: bool) -> None:
    """Prints it and ends, whatever else the command line says."""
    if wanted:
        out.print(f"specnet {__version__}")
        raise typer.Exit


@app.callback()
def settings(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=print_version, help="print the version"),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
) -> None:
    """Options of every verb; `main` looks for --debug itself, wherever it stands."""
    print_notes()
