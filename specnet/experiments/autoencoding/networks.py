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
from specnet.problems import suggest
from specnet.schema import Recipe
from specnet.signatures import families

Decoder = Literal["spatial", "spectral"]
Mixing = Literal["sum", "depthwise", "full"]
Relu = Literal["spectrum", "image", "none"]
Layers = list[Any]

SPATIAL = "spatial"
FILTERS = 32
# A polynomial of order 1, its default, is `linear`.
_OPTIONS: dict[str, dict[str, Any]] = {"polynomial": {"order": 3}}
_TFDS = {"mnist": (28, 1), "fashion_mnist": (28, 1), "cifar10": (32, 3)}
DATASETS = (*_TFDS, "gratings")


@dataclass(frozen=True)
class Design:
    """What the autoencoders of a study have in common.

    Attributes:
        dataset: `mnist`, `fashion_mnist`, `cifar10`, `gratings`, or a folder of images.
        decoder: `spatial`: transposed convolutions, as published. `spectral`: no convolution in
            space anywhere; the encoder is then of strided spectral convolutions too.
        mixing: of the encoder's spectral filters; `sum` as published.
        relu: where the encoder bends: on the `spectrum` as published, or on the `image`.
        epochs: of each training.
        overrides: `key=value`, for every recipe.
    """

    dataset: str = "mnist"
    decoder: Decoder = "spatial"
    mixing: Mixing = "sum"
    relu: Relu = "spectrum"
    epochs: int = 20
    overrides: Sequence[str] = ()

    def recipe(self, encoder: str, seed: int) -> Recipe:
        """The recipe of one training.

        Raises:
            UsageError: where there is no such encoder or dataset.
            RecipeError: where the overrides do not fit.
        """
        data = _data(self.dataset)
        # Of grey textures hardly anything of the cross-entropy depends on the network.
        loss = {"loss": "mse"} if self.dataset == "gratings" else {}
        content = {
            "data": data,
            "encoder": self._encoder(encoder),
            "decoder": self._decoder(encoder, data.get("channels", 3)),
            "training": {"epochs": self.epochs, "batch_size": 128, "seed": seed} | loss,
        }
        return recipes.of_content(content, self.label(encoder), self.overrides)

    def label(self, encoder: str) -> str:
        """The name of an encoder, with what is not as published about it."""
        if self.decoder == "spectral":
            return f"{encoder}-end-to-end"
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
            family = "gaussian" if encoder == SPATIAL else encoder
            enlarging = _twice({"spectral_conv2d_transpose": _strided(family)})
            filters = {"family": _family(family), "padding": "circular"}
            return [*enlarging, {"spectral_conv2d": last | filters}]
        kernels = {"kernel_size": 3, "padding": "same"}
        doubling = {"filters": FILTERS, "strides": 2, "activation": "relu"} | kernels
        return [*_twice({"conv2d_transpose": doubling}), {"conv2d": last | kernels}]


def encoders(wanted: Sequence[str]) -> list[str]:
    """Names of encoders, `all` written out: the spatial one and every family of filters.

    Raises:
        UsageError: where a name is unknown.
    """
    known = [SPATIAL, *families()]
    found = known if "all" in wanted else list(dict.fromkeys(wanted))
    for name in found:
        if name not in known:
            raise UsageError(f"--encoder: unknown encoder '{name}'{suggest(name, [*known, 'all'])}")
    return found


def _twice(*layers: Any) -> Layers:
    return [{"repeat": {"times": 2, "layers": list(layers)}}]


def _strided(family: str) -> dict[str, Any]:
    """Images repeat beyond their border, as they do for the filters between rfft2d and irfft2d."""
    filters = {"family": _family(family), "padding": "circular"}
    return {"filters": FILTERS, "strides": 2, "activation": "relu"} | filters


def _family(name: str) -> Any:
    return {name: _OPTIONS[name]} if name in _OPTIONS else name


def _data(dataset: str) -> dict[str, Any]:
    if dataset in _TFDS:
        size, channels = _TFDS[dataset]
        splits = {"train": "train[:90%]", "validation": "train[90%:]", "test": "test"}
        shape = {"image_size": size, "channels": channels}
        return {"source": "tfds", "name": dataset, "splits": splits, **shape}
    if dataset == "gratings":
        return {"source": "gratings", "image_size": 32, "noise": 0.3, "channels": 1}
    if Path(dataset).is_dir():
        pixels = {"image_size": 64, "channels": 3}
        return {"source": "folder", "path": dataset, "labelled": False} | pixels
    raise UsageError(
        f"--dataset: no folder '{dataset}'{suggest(dataset, DATASETS)}, or give a folder of images"
    )
