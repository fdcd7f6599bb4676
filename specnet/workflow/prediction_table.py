"""Rows of predictions, and the files that they and the pictures are written to."""

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from specnet.errors import UsageError
from specnet.plain import csv_text, file_name
from specnet.runs.files import write_atomically, write_bytes

if TYPE_CHECKING:
    from specnet.workflow.predict_images import Prediction, Predictor

Row = dict[str, Any]
FORMATS = (".csv", ".json", ".parquet")


def target(path: Path) -> Path:
    """The file that a table shall be written to; UsageError where its kind is unknown."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"--out: expected a file {', '.join(FORMATS)}, found '{path}'")
    if path.suffix.lower() == ".parquet":
        _parquet()
    return path


def row(prediction: "Prediction", predictor: "Predictor", top: int) -> Row:
    """File, class and its probability or score, those next to it, and the true class if known."""
    if predictor.reconstructs:
        return {"file": prediction.file, "mse": prediction.error, "ssim": prediction.ssim}
    best = np.argsort(-prediction.values, kind="stable")[:top]
    found: Row = {"file": prediction.file}
    for place, number in enumerate(best, start=1):
        end = "" if place == 1 else f"_{place}"
        found[f"class{end}"] = predictor.classes[number]
        found[f"{predictor.kind}{end}"] = float(prediction.values[number])
    true = prediction.true
    return found | {"true": None if true is None else predictor.classes[true]}


def write(rows: Sequence[Row], path: Path) -> None:
    """Writes a table whole or not at all, in the form that its name says.

    Raises:
        RunError: where it cannot be written.
    """
    forms = {".csv": _csv, ".json": _json, ".parquet": _parquet_of}
    write_bytes(path, forms[path.suffix.lower()](rows))


def save_reconstruction(prediction: "Prediction", folder: Path, number: int) -> None:
    """Writes an image and its reconstruction, side by side, as a PNG named after the file."""
    both = np.concatenate([prediction.pixels, np.rint(prediction.values * 255)], axis=1)
    picture = Image.fromarray(both.astype("uint8").squeeze())
    content = io.BytesIO()
    picture.save(content, format="PNG")
    write_bytes(_picture(prediction, folder, number), content.getvalue())


def save_explanation(
    prediction: "Prediction", predictor: "Predictor", folder: Path, number: int
) -> None:
    """Draws which pixels and frequencies carry the decision, as a PNG named after the file."""
    from specnet import plots

    found = predictor.explained(prediction)
    label = predictor.classes[found.label]
    name = Path(prediction.file).name
    share = "probability" if predictor.kind == "probability" else "softmax of the scores"
    figure = plots.explanation(
        found.image,
        found.pixels,
        found.frequencies,
        np.stack([found.radii, found.low, found.high]),
        f"{name}: {label}, {share} {found.probability:.2f}",
        label,
        share,
    )
    write_atomically(
        _picture(prediction, folder, number), lambda file: figure.savefig(file, dpi=120)
    )


def _picture(prediction: "Prediction", folder: Path, number: int) -> Path:
    return folder / f"{number:05d}-{file_name(Path(prediction.file).stem)}.png"


def _csv(rows: Sequence[Row]) -> bytes:
    return csv_text(list(rows[0]) if rows else ["file"], rows).encode()


def _json(rows: Sequence[Row]) -> bytes:
    return (json.dumps(list(rows), indent=1) + "\n").encode()


def _parquet_of(rows: Sequence[Row]) -> bytes:
    arrow, parquet = _parquet()
    content = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(list(rows)), content)
    return content.getvalue()


def _parquet() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        words = "--out: .parquet needs pyarrow; pip install pyarrow, or choose .csv"
        raise UsageError(words) from None
    return pyarrow, pyarrow.parquet
