"""What a recipe may say: one pydantic model a section, nothing extra allowed.

This file holds the fields, their types, ranges and defaults, and what follows from them at once;
`specnet.recipe` reads YAML into it and explains what does not fit. The JSON Schema for editors is
made from it too.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from specnet.recipe.adversarial import Adversarial
from specnet.recipe.array_data import ArrayData, ChirpsData, NpzSignalsData, NpzVolumesData
from specnet.recipe.fields import FileName, FilePath, Fraction, Images, ImageSize, Positive, Section
from specnet.recipe.optimization import Optimizer

# The lists of layers that a recipe may have, in the order in which an image goes through them.
NETWORKS = ("model", "encoder", "decoder")

Task = Literal["classification", "reconstruction"]
Loss = Literal["mse", "categorical_crossentropy", "binary_crossentropy"]
# What each task may be trained for; the first is what a recipe gets that does not say.
LOSSES: dict[Task, tuple[Loss, ...]] = {
    "classification": ("categorical_crossentropy", "mse"),
    "reconstruction": ("binary_crossentropy", "mse"),
}


class Augment(Section):
    """Random changes of training images, drawn anew each epoch; shift, rotate evenly within +-."""

    shift: float = Field(
        0, ge=0, description="largest shift along each axis, in pixels; at most the image's side"
    )
    rotate: float = Field(0, ge=0, le=180, description="largest rotation, in degrees")
    flip: bool | Literal["alternating"] = Field(
        False,
        description="mirror left and right, with probability 1/2; alternating: every second epoch, "
        "which of two by chance",
    )
    crop: int = Field(
        0,
        ge=0,
        le=2**16,
        description="add so many pixels beyond each edge, as `fill` says, and cut the size out at "
        "random; at most the image's side",
    )
    fill: Literal["reflect", "nearest", "black"] = Field(
        "reflect",
        description="what shift, rotate and crop find beyond an edge: the image reflected, its "
        "last pixel, or black",
    )
    cutout: int = Field(
        0,
        ge=0,
        le=2**16,
        description="side in pixels of a square at random that is 0 after normalization (standard: "
        "the mean); at most the image's side. An autoencoder is to fill it in",
    )
    mixup: float = Field(
        0,
        ge=0,
        le=1000,
        description="alpha: each image is averaged with another of its batch, weighed by "
        "Beta(alpha, alpha), and so are their labels; of autoencoders input and target",
    )
    cutmix: float = Field(
        0,
        ge=0,
        le=1000,
        description="alpha: each image gets a box of another one of its batch, of an area by "
        "Beta(alpha, alpha), and labels by area. With mixup, one of the two by chance a batch",
    )

    @property
    def moves(self) -> bool:
        """Whether pixels go elsewhere."""
        return bool(self.shift or self.rotate or self.flip or self.crop)

    @property
    def mixes(self) -> bool:
        """Whether images of a batch are mixed with each other."""
        return bool(self.mixup or self.cutmix)


class Data(Section):
    """What every source of images has in common."""

    image_size: ImageSize = Field(description="pixels: one number, or [height, width]")
    channels: Literal[1, 3] = 3
    normalize: Literal["unit", "centred", "standard"] = Field(
        "unit",
        description="unit: [0, 1]; centred: [-1, 1]; standard: mean 0, deviation 1 a channel",
    )
    augment: Augment | None = None


class Splits(Section):
    """Split expressions, such as `train[:80%]`, of TensorFlow Datasets or Hugging Face."""

    train: str
    validation: str
    test: str


class TfdsData(Data):
    """An image classification dataset of TensorFlow Datasets, read from disk."""

    source: Literal["tfds"]
    name: str = Field(description="as in tfds.load, for example cats_vs_dogs")
    splits: Splits


class FolderData(Data):
    """Image files: `root/<class>/<image>`, or `root/{train,validation,test}/<class>/<image>`.

    For autoencoders, with `labelled: false`, all images below `root`, in folders or not.
    """

    source: Literal["folder"]
    path: FilePath
    labelled: bool = Field(True, description="false: folders are no classes; for autoencoders")
    validation: Fraction = Field(0.1, description="share of the files, where no such folder exists")
    test: Fraction = Field(0.1, description="share of the files, where no such folder exists")
    on_error: Literal["fail", "skip"] = Field("fail", description="what an unreadable file does")


class CsvData(Data):
    """A table of image files: comma, semicolon or tab between columns, UTF-8, names in line 1."""

    source: Literal["csv"]
    path: FilePath
    root: FilePath | None = Field(
        None, description="what relative files are below; if not given, the folder of the table"
    )
    file: str = Field(description="the column of the files")
    label: str | None = Field(None, description="the column of the classes; autoencoders need none")
    split: str | None = Field(
        None, description="the column that says train, validation (or val) or test"
    )
    validation: Fraction = Field(0.1, description="share of the files, where no row says it")
    test: Fraction = Field(0.1, description="share of the files, where no row says it")
    on_error: Literal["fail", "skip"] = Field(
        "fail", description="what a missing or unreadable file does"
    )


class NpzData(Data):
    """Arrays `x_train`, `y_train` and the same for validation and test, in one .npz file."""

    source: Literal["npz"]
    path: FilePath
    validation: Fraction = Field(0.1, description="share of x_train, where x_validation is missing")
    test: Fraction = Field(0.1, description="share of x_train, where x_test is missing")


TABLES = {".parquet": "parquet", ".arrow": "arrow"}


def is_hub_name(path: str) -> bool:
    """Tell whether this could name a dataset of the Hugging Face Hub: `mnist`, `user/photos`."""
    named = re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", path, re.ASCII)
    return named is not None and Path(path).suffix.lower() not in TABLES


class HuggingfaceData(Data):
    """Parquet or Arrow files, or a dataset of the Hub, read with `datasets`, an extra."""

    source: Literal["huggingface"]
    path: FilePath = Field(
        description="a .parquet or .arrow file, a folder of them, or a name such as ylecun/mnist"
    )
    config: str | None = Field(
        None, min_length=1, description="of a dataset that has several configurations, its name"
    )
    image: str = Field("image", description="the column of the images")
    label: str | None = Field(
        "label", description="the column of the classes; null: none, for autoencoders"
    )
    splits: Splits
    on_error: Literal["fail", "skip"] = Field("fail", description="what an unreadable image does")


class GratingsData(Data):
    """Generated textures: a class is a band of frequencies and a range of angles."""

    source: Literal["gratings"]
    image_size: ImageSize = (64, 64)
    channels: Literal[1, 3] = 1
    train: Images = 2000
    validation: Images = 500
    test: Images = 500
    noise: float = Field(
        3.0, ge=0, le=1e6, description="deviation of the white noise over the texture's"
    )
    seed: int = Field(0, ge=0, lt=2**64)


AnyData = Annotated[
    TfdsData
    | FolderData
    | CsvData
    | HuggingfaceData
    | NpzData
    | GratingsData
    | ChirpsData
    | NpzSignalsData
    | NpzVolumesData,
    Field(discriminator="source"),
]
Settings = Data | ArrayData  # what all of them have: image_size, channels, normalize, augment


class Training(Section):
    """How a model is trained."""

    epochs: int = Field(10, gt=0, lt=2**31)
    batch_size: int = Field(64, gt=0, le=2**24)
    optimizer: Optimizer = Optimizer()
    loss: Loss = Field(
        "categorical_crossentropy", description="of autoencoders: binary_crossentropy or mse"
    )
    label_smoothing: Fraction = Field(
        0,
        description="share of each label that all classes divide evenly; of "
        "categorical_crossentropy, in validation and eval too",
    )
    weights: FilePath | None = Field(
        None,
        description="a run, or a folder of runs, to begin with the best weights of: of layers with "
        "the same name and shapes; the others begin at random",
    )
    freeze: tuple[str, ...] = Field(
        (),
        description="layers that are not trained, by name; patterns such as `gaussian*`. Batch "
        "normalization among them uses its means as they are",
    )
    trackers: tuple[Literal["tensorboard", "mlflow", "wandb"], ...] = Field(
        (),
        description="other programs that keep parameters, numbers and filters of each epoch, in "
        "the run directory: tensorboard, mlflow, wandb",
    )
    adversarial: Adversarial | None = Field(
        None, description="train on images that an attack has changed, in place of the images"
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16", "float64"] = "float32"
    jit_compile: bool | Literal["auto"] = Field(
        "auto",
        description="the whole step by XLA; auto: of spectral networks. Their layers always are; "
        "on PyTorch, true is torch.compile and auto nothing",
    )
    steps_per_execution: int = Field(
        1,
        gt=0,
        le=100_000,
        description="steps between two looks at loss, signals and clock; 1 if mirrored or "
        "on PyTorch",
    )
    workers: int = Field(
        1,
        gt=0,
        le=1024,
        description="threads that read images; several read ahead, for a device that outruns one",
    )
    distribute: Literal["none", "mirrored", "data_parallel"] = Field(
        "none",
        description="mirrored: the GPUs of one host, on TensorFlow; data_parallel: those of one or "
        "many hosts, on JAX",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        description="of the weights, the order, the augmentation and the starts of attacks",
    )
    checkpoint_seconds: Positive = Field(60, description="longest time between checkpoints")


class LayerSpec(Section):
    """One item of `model`: a layer's name and arguments; `layers` for blocks that hold others.

    `repeat` has the argument `times`; `residual` may have a `shortcut` next to its layers.
    `place` says where it stands, for messages: `model[2]`, `model[1].repeat.layers[0]`; `where` the
    file and line of that, and two layers are equal wherever they are written.
    """

    name: str
    arguments: dict[str, Any] = Field({})
    layers: tuple["LayerSpec", ...] = ()
    shortcut: tuple["LayerSpec", ...] = ()
    place: str = ""
    where: str = ""

    def __eq__(self, other: object) -> bool:
        """Whether it is the same layer at the same place of the network."""
        fields = (name for name in LayerSpec.model_fields if name != "where")
        return isinstance(other, LayerSpec) and all(
            getattr(self, name) == getattr(other, name) for name in fields
        )


class Recipe(Section):
    """A whole recipe, resolved: base and overrides applied, every default filled in.

    A classifier has a `model`; an autoencoder has an `encoder` and a `decoder` in its place.
    """

    name: FileName = Field(description="of the run directory too")
    data: AnyData
    model: tuple[LayerSpec, ...] = ()
    encoder: tuple[LayerSpec, ...] = ()
    decoder: tuple[LayerSpec, ...] = ()
    training: Training = Training()

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """All layers, in the order in which an image goes through them."""
        return self.model + self.encoder + self.decoder

    @property
    def task(self) -> Task:
        """What the network learns: the class of an image, or the image itself."""
        return "reconstruction" if self.decoder else "classification"

    @property
    def metric(self) -> str:
        """What is measured next to the loss, under the name that Keras knows."""
        return "accuracy" if self.task == "classification" else "mse"
