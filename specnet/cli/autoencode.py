"""`specnet autoencode`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from specnet import terminal
from specnet.cli.common import Json, err, out, print_json
from specnet.errors import UsageError


class DecoderChoice(StrEnum):
    """What the decoder is made of."""

    spatial = "spatial"
    spectral = "spectral"


class MixingChoice(StrEnum):
    """How filters see the channels."""

    sum = "sum"
    depthwise = "depthwise"
    full = "full"


class ReluChoice(StrEnum):
    """Where the encoder bends."""

    spectrum = "spectrum"
    image = "image"
    none = "none"


_QUICK_ENCODERS = "spatial,gaussian,gaussian_mixture,log_gabor,chebyshev,radial"
_QUICK = (
    "data.image_size=16",
    "data.train=1024",
    "data.validation=128",
    "data.test=128",
    "training.batch_size=32",
    "training.optimizer.learning_rate=0.003",
)


def autoencode(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="for every training: data.image_size=32"),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="spatial, families of filters with commas between, or all; "
            "default: spatial,gaussian"
        ),
    ] = None,
    decoder: Annotated[
        DecoderChoice,
        typer.Option(help="spatial: transposed Conv2D; spectral: no spatial convolution anywhere"),
    ] = DecoderChoice.spatial,
    mixing: Annotated[
        MixingChoice, typer.Option(help="of the encoder's filters; sum as published")
    ] = MixingChoice.sum,
    relu: Annotated[
        ReluChoice, typer.Option(help="on the spectrum as published, or on the image")
    ] = ReluChoice.spectrum,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="mnist, fashion_mnist, cifar10, gratings, or a folder of images; default: mnist"
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="of each training; default: 20")] = None,
    seeds: Annotated[str, typer.Option(help="0,1,2")] = "0",
    quick: Annotated[
        bool, typer.Option("--quick", help="six encoders, 3 epochs of small gratings")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option("--out", help="default: ckpt/autoencode-DATASET")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print only the result")] = False,
    json: Json = False,
) -> None:
    """How flexible are spectral filters? Autoencoders that differ in their encoder alone."""
    encoder = encoder or (_QUICK_ENCODERS if quick else "spatial,gaussian")
    dataset = dataset or ("gratings" if quick else "mnist")
    chosen = [*(_QUICK if quick and dataset == "gratings" else ()), *(overrides or [])]
    numbers = parse_seeds(seeds)
    display = terminal.StudyDisplay(out, err, quiet=quiet or json)
    try:
        from specnet.experiments import autoencoding

        design = autoencoding.Design(
            dataset, decoder.value, mixing.value, relu.value, epochs or (3 if quick else 20), chosen
        )
        name = f"{Path(dataset).name}{'-quick' * quick}"
        wanted = autoencoding.encoders([part.strip() for part in encoder.split(",")])
        target = directory or Path("ckpt") / f"autoencode-{name}"
        kernels = 16 if quick else autoencoding.KERNELS
        study = autoencoding.autoencode(design, wanted, numbers, target, display, kernels)
    finally:
        display.stop()
    if json:
        rows = [vars(row) for row in study.rows]
        print_json(out=str(study.out), rows=rows, failed=study.failed)
        return
    out.print(terminal.table(autoencoding.HEAD, map(autoencoding.cells, study.rows)))
    out.print(Text(f"\n{study.out}: {', '.join(file.name for file in study.files)}"))


def parse_seeds(text: str) -> list[int]:
    """`0,1,2`; UsageError otherwise."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise UsageError(f"--seeds: expected numbers with commas between, found '{text}'")
    return [int(part) for part in dict.fromkeys(parts)]
