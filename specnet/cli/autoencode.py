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


def autoencode(
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="for every training: data.image_size=32"),
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="spatial, families of filters with commas between, or all")
    ] = "spatial,gaussian",
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
        str, typer.Option(help="mnist, fashion_mnist, cifar10, gratings, or a folder of images")
    ] = "mnist",
    epochs: Annotated[int, typer.Option(min=1, help="of each training")] = 20,
    seeds: Annotated[str, typer.Option(help="0,1,2")] = "0",
    quick: Annotated[
        bool, typer.Option("--quick", help="every encoder on small gratings, 2 epochs")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option("--out", help="default: ckpt/autoencode-DATASET")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print only the result")] = False,
    json: Json = False,
) -> None:
    """How flexible are spectral filters? Autoencoders that differ in their encoder alone."""
    chosen = list(overrides or [])
    if quick:
        dataset, epochs, encoder = "gratings", 2, "all"
        chosen = ["data.image_size=16", "data.train=512", "data.validation=128", *chosen]
    numbers = parse_seeds(seeds)
    display = terminal.StudyDisplay(out, err, quiet=quiet or json)
    try:
        from specnet.experiments import autoencoding

        design = autoencoding.Design(
            dataset, decoder.value, mixing.value, relu.value, epochs, tuple(chosen)
        )
        name = "quick" if quick else Path(dataset).name
        wanted = autoencoding.encoders([part.strip() for part in encoder.split(",")])
        target = directory or Path("ckpt") / f"autoencode-{name}"
        study = autoencoding.autoencode(design, wanted, numbers, target, display)
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
