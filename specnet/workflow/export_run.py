"""From a run directory to a file that other programs run: what `specnet export` does.

A model of raw pixels, or of signals or volumes as they are, is made of the run's model, written
beside the place it shall have, tried by another process (weights are read back), and only then
put there.
"""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from specnet import __version__
from specnet import recipe as recipes
from specnet.errors import DataError, RecipeError, RunError, UsageError
from specnet.messages import said
from specnet.models import formats
from specnet.models.frozen_graph import INPUTS, freeze
from specnet.models.short_filters import Shortened, as_conv2d
from specnet.ops.compiled import channels_last
from specnet.plain import one_line
from specnet.runs import Run
from specnet.workflow.check_exported import TIMED, answers
from specnet.workflow.common import load_data
from specnet.workflow.predict_images import Predictor

TOLERANCE = 1e-4  # of values up to 1; of larger ones, of the largest
_COMPARED = 8  # images that show what short filters change, where none are tried
_OUTPUTS = {"probability": "probabilities", "score": "scores"}
Size = tuple[int, int]


@dataclass(frozen=True)
class Agreement:
    """How an exported file compares with the run's own model.

    Attributes:
        images: how many were tried, 0 of weights, and `source`, what they are.
        difference: the largest absolute one of the values.
        seconds, own_seconds: median time for one image; None of weights, which compute nothing.
    """

    images: int
    source: str
    difference: float
    seconds: float | None
    own_seconds: float | None


@dataclass(frozen=True)
class Exported:
    """A file for other programs.

    Attributes:
        path: a folder of a SavedModel, else a file.
        description: where its description is, in JSON.
        size: in bytes.
        agreement: None where it was not checked.
        shortened: with `as_conv2d`, the layers that became ordinary convolutions.
        truncation: the largest difference of the values that these make; None without.
        unit: what it takes, one of them: `image`, `signal` or `volume`.
    """

    path: Path
    description: Path
    size: int
    output: str
    agreement: Agreement | None
    shortened: tuple[Shortened, ...]
    truncation: float | None
    unit: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"path": str(self.path), "description": str(self.description)}


def export(
    run: Run,
    form: str,
    path: Path,
    image_size: Size | None = None,
    check: int = 8,
    window: int | None = None,
    note: Callable[[str], None] = lambda message: None,
) -> Exported:
    """Writes a run for other programs, at its best weights, in float32.

    Args:
        run: what to write.
        form: keras, saved_model, onnx, litert or weights.
        path: what to write to; what is there is replaced.
        image_size: (H, W) of the images that it will take; that of the training if not given.
        check: how many images to try it with, none at all with 0; weights are read back.
        window: K, to write spectral convolutions of images as ordinary ones of K x K pixels.
        note: is told what a user should know.

    Raises:
        UsageError: where the run does not take this size, has no layer to shorten, or Keras runs
            on a backend that cannot write this.
        RunError: where it cannot be written, or computes something else than the run.
    """
    if form not in ("keras", "weights") and keras.backend.backend() != "tensorflow":
        raise UsageError(
            f"--format {form}: is written by TensorFlow, and Keras runs on "
            f"{keras.backend.backend()}; set KERAS_BACKEND=tensorflow for this command"
        )
    predictor = Predictor(run, image_size, precision="float32", any_rank=True)
    count = 0 if form == "weights" else check  # weights compute nothing that could be tried
    if window is not None:
        count = check or _COMPARED
    pixels, own, source = np.empty(0), np.empty(0), "none"
    if count:
        pixels, source = _images(run, predictor, image_size, count, note)
        own = predictor.values(pixels)[1]
    shortened: list[Shortened] = []
    truncation = None
    if window is not None:
        with channels_last():
            predictor.model, shortened = as_conv2d(predictor.model, window)
        before, own = own, predictor.values(pixels)[1]
        truncation = float(np.abs(own - before).max())
    output = "reconstruction" if predictor.reconstructs else _OUTPUTS[predictor.kind]
    if form == "keras":  # without an optimizer, which would be saved with it
        trained = predictor.model
        predictor.model = keras.models.clone_model(trained)
        predictor.model.set_weights(trained.get_weights())
    with channels_last():
        model = pixel_model(predictor, output)
    with _Staged(path) as staged:
        try:
            description = _description(run, form, predictor, model, output, one_line(path.name))
            _write(form, model, predictor.model, output, staged, description)
        except OSError:
            raise
        except Exception as error:  # converters raise every kind
            raise RunError(
                f"--format {form}: cannot be made of {run.path} ({one_line(said(error))}); "
                "try another format, or report this"
            ) from error
        agreement = _checked(form, staged, predictor, pixels, own, source) if check else None
    beside = described(form, path)
    unit = _kind(predictor).removesuffix("s")
    size = _bytes(path)
    return Exported(path, beside, size, output, agreement, tuple(shortened), truncation, unit)


def described(form: str, path: Path) -> Path:
    """Where the description of what is at `path` is."""
    return path / "specnet.json" if form == "saved_model" else path.with_name(f"{path.name}.json")


def pixel_model(predictor: Predictor, output: str) -> keras.Model:
    """A model of pixels from 0 to 255, (B, H, W, C) -> {output: values}; signals, (B, T, C)."""
    normalization = predictor.normalization
    shape = predictor.model.input_shape[1:]
    images = keras.Input(shape, name=_kind(predictor), dtype="float32")
    scaled = keras.layers.Rescaling(list(normalization.scale), list(normalization.offset))(images)
    values = predictor.model(scaled)
    if predictor.from_logits:
        values = keras.layers.Softmax(name=output)(values)
    elif predictor.reconstructs:
        values = keras.layers.ReLU(max_value=1, name=output)(values)
    return keras.Model(images, {output: values})


def _kind(predictor: Predictor) -> str:
    """What the run takes: images, signals or volumes."""
    return INPUTS[len(predictor.model.input_shape) - 2]


def _images(
    run: Run,
    predictor: Predictor,
    image_size: Size | None,
    count: int,
    note: Callable[[str], None],
) -> tuple[np.ndarray, str]:
    """What to try it with, (N, H, W, C) and the like, and what that is.

    Pixels are uint8, signals and volumes float32.
    """
    settings = predictor.recipe.data
    kind = _kind(predictor)
    if image_size is not None:
        settings = settings.model_copy(update={"image_size": image_size})
    try:
        dataset = load_data(run, settings)
        for name in ("test", "validation", "train"):
            if images := len(split := getattr(dataset, name)):
                taken = np.array(split.images[:count])
                return taken, f"{min(count, images)} {name} {kind}"
    except (DataError, RecipeError) as error:  # no data, or no package that reads them
        what = "pixels" if kind == "images" else "numbers"
        note(f"the run's data cannot be read; random {what} take their place ({error})")
    shape, random = (count, *settings.image_size, settings.channels), np.random.default_rng(0)
    if kind == "images":
        return random.integers(0, 256, shape, "uint8"), f"{count} of random pixels"
    return random.standard_normal(shape, "float32"), f"{count} of random numbers"


def _write(
    form: str,
    model: keras.Model,
    inner: keras.Model,
    output: str,
    path: Path,
    description: dict[str, Any],
) -> None:
    if form == "keras":
        formats.write_keras(model, path)
    elif form == "saved_model":
        formats.write_saved_model(freeze(model, output), path)
    elif form == "onnx":
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in description.items()
        }
        path.write_bytes(formats.onnx_bytes(freeze(model, output), texts))
    elif form == "litert":
        path.write_bytes(formats.litert_bytes(freeze(model, output), path.parent))
    else:
        path.write_bytes(formats.weights_bytes(inner))
    text = json.dumps(description, indent=1, ensure_ascii=False) + "\n"
    described(form, path).write_text(text, encoding="utf-8")


def _description(
    run: Run, form: str, predictor: Predictor, model: keras.Model, output: str, name: str
) -> dict[str, Any]:
    """What a program that has the file alone should know; each value may stand in metadata."""
    kind = _kind(predictor)
    normalization = predictor.normalization.to_dict()
    found = {
        "name": predictor.recipe.name,
        "format": form,
        "file": name,
        "made_by": f"specnet {__version__}",
        "task": predictor.recipe.task,
        "classes": list(predictor.classes),
        "recipe": recipes.dump(predictor.recipe),
    }
    if form == "weights":
        arrays = formats.named_weights(predictor.model)
        weights = {
            key: {"shape": list(each.shape), "dtype": str(each.dtype)}
            for key, each in arrays.items()
        }
        return found | {"normalization": normalization, "weights": weights}
    dtypes = {"keras": ["float32", "uint8"], "saved_model": ["uint8", "float32"]}
    values = "pixels from 0 to 255"
    if kind != "images":
        dtypes, values = {form: ["float32"]}, f"{kind} as they are in the data"
    return found | {
        "input": {
            "name": kind,
            "shape": ["batch", *model.input_shape[1:]],
            "dtype": dtypes.get(form, ["uint8"]),
            "values": f"{values}; the normalization is inside",
        },
        "output": {"name": output, "shape": ["batch", *model.output[output].shape[1:]]},
    }


def _checked(
    form: str,
    path: Path,
    predictor: Predictor,
    pixels: np.ndarray,
    own: np.ndarray,
    source: str,
) -> Agreement:
    """How well the file agrees; RunError where it does not."""
    if form == "weights":
        return _read_back(path, predictor.model)
    found = answers(form, path, pixels)
    difference = float(np.abs(found.values - own).max())
    allowed = TOLERANCE * max(1.0, float(np.abs(own).max()))
    if not difference <= allowed:
        raise RunError(
            f"--format {form}: differs from the run by {difference:.2g} for {source}, "
            f"expected at most {allowed:.2g}; it was not kept. Try another format, or report this"
        )
    return Agreement(
        len(pixels), source, difference, found.seconds, _seconds(predictor, pixels[:1])
    )


def _read_back(path: Path, model: keras.Model) -> Agreement:
    """That of weights in a file; RunError unless these are all of the model's, in their order."""
    with np.load(path) as file:
        read, own = [*file.values()], model.get_weights()
    equal = sum(np.array_equal(*pair, equal_nan=True) for pair in zip(read, own, strict=False))
    if not equal == len(own) == len(read):
        raise RunError(
            f"--format weights: {equal} of {len(own)} weights were read back equal, of "
            f"{len(read)} written; it was not kept. Try another format, or report this"
        )
    return Agreement(0, "weights read back", 0.0, None, None)


def _seconds(predictor: Predictor, pixels: np.ndarray) -> float:
    """The median time that the run's own model takes for these pixels."""
    times = []
    predictor.values(pixels)
    for _ in range(TIMED):
        start = time.perf_counter()
        predictor.values(pixels)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


class _Staged:
    """A place beside `path` to write to, which takes the place of `path` if all goes well."""

    def __init__(self, path: Path):
        self.path = path

    def __enter__(self) -> Path:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=".specnet-", dir=self.path.parent))
        except OSError as error:
            raise _unwritable(self.path, error) from error
        return self.folder / self.path.name

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            if error is None:
                for made in self.folder.iterdir():
                    target = self.path.with_name(made.name)
                    old = self.folder.with_name(f"{self.folder.name}-old")
                    replaced = target.is_dir() and not target.is_symlink()
                    if is_folder := made.is_dir() and replaced:
                        target.rename(old)  # so that a kill loses none of both
                    made.replace(target)
                    if is_folder:
                        shutil.rmtree(old)
        except OSError as failed:
            raise _unwritable(self.path, failed) from failed
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise _unwritable(self.path, error) from error


def _unwritable(path: Path, error: OSError) -> RunError:
    return RunError(
        f"{path}: cannot be written ({error.strerror or error}); put that right, or choose another "
        "--out"
    )


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file())
