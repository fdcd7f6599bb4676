"""The autoencoders of the study, as recipes that differ in their encoder alone.

The encoder of "On the flexibility of parametric spectral filters" has two blocks of 32 filters and
a 2 x 2 max pooling; the decoder doubles the size twice. The 7 x 7 x 32 numbers between them are
more than the 28 x 28 of a picture: what is lost, the filters lose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from specnet import recipe as recipes
from specnet.errors import UsageError
from specnet.messages import suggest
from specnet.recipe.schema import Recipe
from specnet.recipe.signatures import families

Decoder = Literal["spatial", "spectral"]
Mixing = Literal["sum", "depthwise", "full"]
Relu = Literal["spectrum", "image", "none"]
Layers = list[Any]

SPATIAL = "spatial"
END_TO_END = "-end-to-end"  # of labels, where the decoder is spectral
FILTERS = 32
# A polynomial of order 1, its default, is `linear`.
_OPTIONS: dict[str, dict[str, Any]] = {"polynomial": {"order": 3}}
_TFDS = {"mnist": (28, 1), "fashion_mnist": (28, 1), "cifar10": (32, 3)}
DATASETS = (*_TFDS, "gratings")
# What the study sets for each training, and the option that says it.
_OPTION_OF = {"name": "--encoder", "training.seed": "--seeds", "training.epochs": "--epochs"}


@dataclass(frozen=True)
class Design:
    """What the autoencoders of a study have in common.

    Attributes:
        dataset: `mnist`, `fashion_mnist`, `cifar10`, `gratings`, or a folder of images.
        decoder: `spatial`: transposed convolutions, as published. `spectral`: no convolution in
            space anywhere; the encoder is then of strided spectral convolutions too.
        mixing: of the encoder's spectral filters; `sum` as published. Not of a spectral decoder's
            networks, which mix all channels as Conv2D does.
        relu: where the encoder bends: on the `spectrum` as published, or on the `image`.
        epochs: of each training.
        quick: few images, small batches and large steps: to see all of it in a minute or two.
        overrides: `key=value`, for every recipe.

    Raises:
        UsageError: where these do not go together.
    """

    dataset: str = "mnist"
    decoder: Decoder = "spatial"
    mixing: Mixing = "sum"
    relu: Relu = "spectrum"
    epochs: int = 20
    quick: bool = False
    overrides: Sequence[str] = ()

    def __post_init__(self) -> None:
        for text in self.overrides:
            option = _OPTION_OF.get(text.lstrip("~").partition("=")[0])
            if option is not None:
                raise UsageError(f"override '{text}': say {option}, which the study goes by")
        if self.decoder == "spectral" and (self.mixing, self.relu) != ("sum", "spectrum"):
            raise UsageError(
                "--decoder spectral: its encoder is of strided convolutions of images, which mix "
                "all channels and bend in space; --mixing and --relu are for the other decoder"
            )

    def encoders(self, wanted: Sequence[str]) -> list[str]:
        """Names of encoders, `all` written out: the spatial one and every family of filters.

        Raises:
            UsageError: where a name is unknown, or spatial though nothing shall be.
        """
        known = [*([SPATIAL] if self.decoder == "spatial" else []), *families()]
        found = known if "all" in wanted else list(dict.fromkeys(wanted))
        for name in found:
            if name == SPATIAL and name not in known:
                raise UsageError("--decoder spectral: goes with spectral encoders only")
            if name not in known:
                words = suggest(name, [*known, "all"])
                raise UsageError(f"--encoder: unknown encoder '{name}'{words}")
        return found

    def recipe(self, encoder: str, seed: int) -> Recipe:
        """The recipe of one training.

        Raises:
            UsageError: where there is no such dataset.
            RecipeError: where the overrides do not fit.
        """
        data = _data(self.dataset, self.quick)
        made = self._recipe(encoder, seed, data, data["channels"])
        if made.data.channels == data["channels"]:
            return made
        return self._recipe(encoder, seed, data, made.data.channels)  # as an override says

    def _recipe(self, encoder: str, seed: int, data: dict[str, Any], channels: int) -> Recipe:
        training: dict[str, Any] = {"epochs": self.epochs, "batch_size": 128, "seed": seed}
        if self.dataset == "gratings":
            training["loss"] = "mse"  # of grey textures little cross-entropy is the network's
        if self.quick:
            training |= {"batch_size": 32, "optimizer": {"learning_rate": 0.003}}
        content = {
            "data": data,
            "encoder": self._encoder(encoder),
            "decoder": self._decoder(encoder, channels),
            "training": training,
        }
        return recipes.of_content(content, self.label(encoder), self.overrides)

    def label(self, encoder: str) -> str:
        """The name of an encoder, with what is not as published about it."""
        if self.decoder == "spectral":
            return encoder + END_TO_END
        if encoder == SPATIAL:
            return encoder
        changed = {self.mixing: self.mixing != "sum", f"relu-{self.relu}": self.relu != "spectrum"}
        return "-".join([encoder, *(name for name, is_so in changed.items() if is_so)])

    def _encoder(self, encoder: str) -> Layers:
        if encoder == SPATIAL:
            kernels = {"filters": FILTERS, "kernel_size": 3, "padding": "same"}
            return _twice({"conv2d": kernels | {"activation": "relu"}}, "max_pooling2d")
        if self.decoder == "spectral":
            return _twice({"spectral_conv2d": _strided(encoder)})
        filters = {"filters": FILTERS, "mixing": self.mixing} | _OPTIONS.get(encoder, {})
        if self.relu == "spectrum":
            filters["activation"] = "relu"
        after = ["relu"] if self.relu == "image" else []
        return _twice("rfft2d", {encoder: filters}, "irfft2d", *after, "max_pooling2d")

    def _decoder(self, encoder: str, channels: int) -> Layers:
        last = {"filters": channels, "activation": "sigmoid"}
        if self.decoder == "spectral":
            enlarging = _twice({"spectral_conv2d_transpose": _strided(encoder)})
            filters = {"family": _family(encoder), "padding": "circular"}
            return [*enlarging, {"spectral_conv2d": last | filters}]
        kernels = {"kernel_size": 3, "padding": "same"}
        doubling = {"filters": FILTERS, "strides": 2, "activation": "relu"} | kernels
        return [*_twice({"conv2d_transpose": doubling}), {"conv2d": last | kernels}]


def _twice(*layers: Any) -> Layers:
    return [{"repeat": {"times": 2, "layers": list(layers)}}]


def _strided(family: str) -> dict[str, Any]:
    """Images repeat beyond their border, as they do for the filters between rfft2d and irfft2d."""
    filters = {"family": _family(family), "padding": "circular"}
    return {"filters": FILTERS, "strides": 2, "activation": "relu"} | filters


def _family(name: str) -> Any:
    return {name: _OPTIONS[name]} if name in _OPTIONS else name


def _data(dataset: str, quick: bool) -> dict[str, Any]:
    if dataset in _TFDS:
        size, channels = _TFDS[dataset]
        splits = {"train": "train[:90%]", "validation": "train[90%:]", "test": "test"}
        if quick:
            splits = {"train": "train[:1024]", "validation": "train[-128:]", "test": "test[:128]"}
        shape = {"image_size": size, "channels": channels}
        return {"source": "tfds", "name": dataset, "splits": splits, **shape}
    if dataset == "gratings":
        few = {"image_size": 16, "train": 1024, "validation": 128, "test": 128} if quick else {}
        return {"source": "gratings", "image_size": 32, "noise": 0.3, "channels": 1} | few
    if Path(dataset).is_dir():
        pixels = {"image_size": 32 if quick else 64, "channels": 3}
        return {"source": "folder", "path": dataset, "labelled": False} | pixels
    raise UsageError(
        f"--dataset: no folder '{dataset}'{suggest(dataset, DATASETS)}, or give a folder of images"
    )
