"""The verbs of `specnet`: each reads its arguments, calls one function and shows what came back.

The only module that prints. Keras is imported inside the verbs that need it, so that help, lists of
recipes and every error in a recipe answer at once.
"""

import json as json_module
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from specnet import __version__, terminal
from specnet import recipe as recipes
from specnet.errors import SpecnetError, UsageError
from specnet.runs import Run

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

app = typer.Typer(
    help="Train, compare and look into convolutional networks that work in the frequency domain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
recipe_app = typer.Typer(help="List, show, copy and check recipes.", invoke_without_command=True)
data_app = typer.Typer(help="Fetch datasets.", no_args_is_help=True)
app.add_typer(recipe_app, name="recipes")
app.add_typer(data_app, name="data")

RecipeName = Annotated[str, typer.Argument(help="a YAML file, or the name of a shipped recipe")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object, and nothing else")]


class SplitChoice(StrEnum):
    """Which part of the data."""

    train = "train"
    validation = "validation"
    test = "test"


@app.callback()
def settings(
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
) -> None:
    """Options of every verb; `main` looks for --debug itself, wherever it stands."""
    if version:
        out.print(f"specnet {__version__}")
        raise typer.Exit


@app.command()
def train(
    recipe: RecipeName,
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="such as training.epochs=3")
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--out", help="run directory; default: ckpt/RECIPE")
    ] = None,
    resume: Annotated[bool, typer.Option(help="go on in the newest run of this name")] = False,
    seed: Annotated[int | None, typer.Option(help="short for training.seed=SEED")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print only the result")] = False,
    json: Json = False,
) -> None:
    """Train a recipe: specnet train gratings-gaussian training.epochs=3"""
    chosen = [*(overrides or []), *([] if seed is None else [f"training.seed={seed}"])]
    loaded = recipes.load(recipe, chosen)
    wanted = directory or Path("ckpt") / loaded.name
    display = terminal.TrainingDisplay(out, err, quiet=quiet or json)
    display.wait("starting Keras")
    try:
        from specnet import workflow

        trained = workflow.train(loaded, wanted, display, resume=resume)
    finally:
        display.stop()
    if json:
        print_json(
            run=str(trained.run.path),
            parameters=trained.parameters,
            seconds=trained.seconds,
            best=trained.best,
            last=trained.rows[-1],
        )
        return
    out.print(terminal.training_summary(trained))


@app.command(name="eval")
def evaluate(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    split: Annotated[SplitChoice, typer.Option(help="which part of the data")] = SplitChoice.test,
    image_size: Annotated[
        list[str] | None, typer.Option(help="other sizes, 96 or 96x128; may be repeated")
    ] = None,
    json: Json = False,
) -> None:
    """Measure a run: loss, accuracy, precision, recall, F1, ROC AUC, confusion matrix."""
    sizes: list[tuple[int, int] | None] = [parse_size(text) for text in image_size or []]
    found = Run.find(run)
    if not json and found.path != run:
        err.print(Text(f"newest run: {found.path}"))
    from specnet import workflow

    results = [workflow.evaluate(found, split.value, size) for size in sizes or [None]]
    if json:
        print_json(run=str(found.path), results=[result.as_dict() for result in results])
        return
    for result in results:
        out.print(terminal.evaluation_report(result, found.path))
        try:
            workflow.draw_confusion(found, result)
        except SpecnetError as error:  # somebody else's run, say: its figures are not all there is
            err.print(Text(f"note: {error}"), soft_wrap=True)


@app.command()
def layers(
    name: Annotated[str | None, typer.Argument(help="one layer, with its arguments")] = None,
    image_size: Annotated[
        str | None, typer.Option(help="count parameters of one filter at this size, 150x150")
    ] = None,
) -> None:
    """What a recipe can name: layers, their arguments, and parameters a filter."""
    if name is None and image_size is None:
        out.print(terminal.layer_list(recipes.layer_summaries().items()))
    if name is not None:
        summary, arguments = recipes.layer_help(name)
        out.print(terminal.layer_page(name, summary, arguments))
    if image_size is not None:
        size = parse_size(image_size)
        from specnet import catalogue

        out.print(terminal.filter_costs(catalogue.filter_costs(size), size))


@recipe_app.callback()
def recipes_list(context: typer.Context) -> None:
    """List the shipped recipes."""
    if context.invoked_subcommand is None:
        rows = [(each.name, each.task, each.data, each.parameters) for each in recipes.summaries()]
        out.print(terminal.recipe_list(rows))


@recipe_app.command()
def show(recipe: RecipeName) -> None:
    """Print a recipe as it is written."""
    out.print(Text(recipes.text(recipe).rstrip()), soft_wrap=True)


@recipe_app.command()
def cp(recipe: RecipeName, file: Annotated[Path, typer.Argument(help="where to")]) -> None:
    """Copy a recipe to change it."""
    target = recipes.copy(recipe, file)
    out.print(Text(f"{target}: train it with  specnet train {target}"), soft_wrap=True)


@recipe_app.command()
def validate(files: Annotated[list[str], typer.Argument(help="recipe files or names")]) -> None:
    """Check recipes; every problem is shown."""
    recipes.check(files)
    out.print(f"{len(files)} {'recipe' if len(files) == 1 else 'recipes'} checked, no problems")


@recipe_app.command()
def schema() -> None:
    """Print the JSON Schema of a recipe, for editors."""
    print_json(**recipes.json_schema())


@data_app.command()
def prepare(name: Annotated[str, typer.Argument(help="as in tfds.load")]) -> None:
    """Download a dataset of TensorFlow Datasets."""
    from specnet.data import tfds

    out.print(Text(f"{name} is in {tfds.prepare(name)}"), soft_wrap=True)


def parse_size(text: str) -> tuple[int, int]:
    """`96` or `96x128` as (height, width); UsageError otherwise."""
    parts = text.lower().split("x")
    if len(parts) > 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UsageError(f"--image-size: expected a size such as 96 or 96x128, found '{text}'")
    return int(parts[0]), int(parts[-1])


def print_json(**content: Any) -> None:
    """One JSON object on standard output."""
    out.print(Text(json_module.dumps(content, indent=2)), soft_wrap=True)


def silence_native_code() -> None:
    """Keeps Python's standard error, and drops what C++ libraries write past it.

    TensorFlow and XLA report their start-up there, whatever their log level, over a live display.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
        sys.exit(getattr(error, "exit_code", 1))
