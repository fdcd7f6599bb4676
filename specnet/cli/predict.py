"""`specnet predict`."""

import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from specnet.cli import console
from specnet.cli.common import Json, err, find_run, named, out, print_json
from specnet.cli.console import Text
from specnet.cli.early import make_folder
from specnet.errors import DataError, UsageError
from specnet.messages import counted
from specnet.recipe.schema import CsvData, FolderData, Settings
from specnet.workflow.recorded_recipe import check_of_images, load_recipe

if TYPE_CHECKING:
    from specnet.workflow import Prediction, Predictor

SHOWN = 20  # rows of the table, and unreadable files of the message


class OnError(StrEnum):
    """What to do about files that cannot be read."""

    fail = "fail"
    skip = "skip"


def predict(
    run: Annotated[Path, typer.Argument(help="a run directory, or the folder of several")],
    images: Annotated[
        list[str],
        typer.Argument(help="files, folders, patterns as 'photos/**/*.jpg', or - for a list"),
    ],
    top: Annotated[int, typer.Option(min=1, help="how many classes of each image")] = 5,
    batch: Annotated[
        int | None, typer.Option(min=1, help="images at a time; those of the training if not given")
    ] = None,
    table: Annotated[
        str | None, typer.Option("--out", help="write all rows to a .csv, .json or .parquet")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="end with code 3 after files that cannot be read, or leave out")
    ] = OnError.fail,
    save_images: Annotated[
        str | None, typer.Option(help="of autoencoders: a folder for image and reconstruction")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(help="a folder for pictures of what carries each decision")
    ] = None,
    json: Json = False,
) -> None:
    """Apply a run to images: classes and probabilities, or what an autoencoder makes of them."""
    from specnet.workflow import prediction_table

    target = None if table is None else prediction_table.target(named(table))
    pictures, explanations = (
        None if each is None else named(each) for each in (save_images, explain)
    )
    found = find_run(run, quiet=json)
    recipe = load_recipe(found)
    check_of_images(found, recipe)
    reconstructs = recipe.task == "reconstruction"
    if pictures and not reconstructs:
        raise UsageError("--save-images: goes with autoencoders; see specnet visualize for others")
    if explanations and reconstructs:
        raise UsageError("--explain: goes with classifiers; --save-images shows reconstructions")
    from specnet.data import given_files

    files = given_files(images, _lines(sys.stdin))
    folders = {"--save-images": pictures, "--explain": explanations}
    for option, folder in (folders | {"--out": target and target.parent}).items():
        if folder is not None:
            make_folder(folder, option)
    found.check_weights()
    from specnet import workflow

    predictor = workflow.Predictor(found)

    def show(number: int, each: "Prediction") -> None:
        if pictures is not None:
            prediction_table.save_reconstruction(each, pictures, number)
        if explanations is not None:
            prediction_table.save_explanation(each, predictor, explanations, number)

    rows, measured = _predicted(predictor, files, batch, top, show, quiet=json)
    if target is not None:
        prediction_table.write(rows, target)
    left = [each._asdict() for each in predictor.unreadable]
    if json:
        evaluation = measured.as_dict() if measured else None
        print_json(run=str(found.path), predictions=rows, evaluation=evaluation, unreadable=left)
    else:
        out.print(console.predictions(rows[:SHOWN], len(rows), predictor.kind))
        if measured:
            out.print(Text(""), console.report(measured, found.path))
            _tell_of_training(recipe.data, files, found.path)
        if target is not None:
            out.print(Text(f"\n{len(rows):,} rows in {target}"), soft_wrap=True)
    _report_unreadable(predictor, on_error)


def _tell_of_training(data: Settings, files: list[Path], run: Path) -> None:
    """Notes that an accuracy may be of images that the run has learned."""
    if not isinstance(data, FolderData | CsvData):
        return
    folder = Path(data.path if isinstance(data, FolderData) else data.root or data.path.parent)
    trained = folder.resolve()
    if any(file.resolve().is_relative_to(trained) for file in files):
        words = f"{folder} has the images that it was trained on; specnet eval tests it on others"
        err.print(Text(f"note: {run}: {words}"), soft_wrap=True)


def _lines(stream: TextIO | None) -> Iterable[str]:
    """Names of files, whatever their bytes; none where standard input is closed."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="surrogateescape")
    return stream or ()


def _predicted(
    predictor: "Predictor",
    files: list[Path],
    batch: int | None,
    top: int,
    show: Callable[[int, "Prediction"], None],
    quiet: bool,
) -> tuple[list[dict[str, Any]], Any]:
    """A row for each image that can be read, and what is measured where classes are known."""
    from specnet.workflow import prediction_table

    rows, true, outputs = [], [], []
    display = console.StudyDisplay(out, err, quiet=quiet, unit="images")

    def watch(done: int) -> None:
        display.progress(done, len(files), "predicting", None)

    try:
        for number, each in enumerate(predictor.predict(files, batch, watch)):
            rows.append(prediction_table.row(each, predictor, top))
            show(number, each)
            if each.true is not None:
                true.append(each.true)
                outputs.append(each.outputs)
    finally:
        display.stop()
    return rows, predictor.measured(true, outputs)


def _report_unreadable(predictor: "Predictor", on_error: OnError) -> None:
    left = predictor.unreadable
    if not left:
        return
    lines = [f"{counted(len(left), 'file')} cannot be read:"]
    lines += [f"  {file}: {reason}" for file, reason in left[:SHOWN]]
    if len(left) > SHOWN:
        lines.append(f"  and {len(left) - SHOWN} more")
    if on_error == OnError.fail:
        raise DataError("\n".join([*lines, "mend or remove them, or say --on-error skip"]))
    err.print(Text("note: " + "\n".join(lines)), soft_wrap=True)
