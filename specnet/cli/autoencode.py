"""`specnet autoencode`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from specnet.cli import console
from specnet.cli.common import Json, Quiet, err, named, out, print_json, print_report
from specnet.cli.early import check_data, check_out
from specnet.errors import DivergedError, UsageError
from specnet.plain import whole_number
from specnet.studies.autoencode import Design


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


_QUICK_ENCODERS = "gaussian,gaussian_mixture,log_gabor,chebyshev,radial"


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
        typer.Option(help="spatial: transposed Conv2D; spectral: end to end, no Conv2D anywhere"),
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
        Path | None,
        typer.Option(
            "--out", parser=named, metavar="PATH", help="default: ckpt/autoencode-DATASET"
        ),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """How flexible are spectral filters? Autoencoders that differ in their encoder alone."""
    numbers = parse_seeds(seeds)
    dataset = dataset or ("gratings" if quick else "mnist")
    families = _QUICK_ENCODERS if quick else "gaussian"
    encoder = encoder or (f"spatial,{families}" if decoder == DecoderChoice.spatial else families)
    name = f"autoencode-{Path(dataset).resolve().name}{'-quick' if quick else ''}"
    target = directory or Path("ckpt") / name
    check_out(target)
    design = Design(
        dataset,
        decoder.value,
        mixing.value,
        relu.value,
        epochs or (3 if quick else 20),
        quick,
        tuple(overrides or ()),
    )
    wanted = design.encoders([part.strip() for part in encoder.split(",")])
    recipes = [design.recipe(each, numbers[0]) for each in wanted]  # all of them are checked
    check_data(recipes[0].data)  # of the same images
    display = console.StudyDisplay(out, err, quiet=quiet or json)
    display.wait("starting Keras")
    try:
        from specnet.studies.autoencode.baseline import KERNELS
        from specnet.studies.autoencode.study import autoencode as train_all

        kernels = 8 if quick else KERNELS
        study = train_all(design, wanted, numbers, target, display, kernels)
    finally:
        display.stop()
    _print(study, json)
    if study.failed:
        raise DivergedError(
            f"{target}: {len(study.failed)} of {len(wanted) * len(numbers)} diverged"
        )


def _print(study: Any, json: bool) -> None:
    if json:
        rows = [vars(row) for row in study.rows]
        told = study.sentences
        print_json(
            out=str(study.out), rows=rows, fits=study.fits, failed=study.failed, sentences=told
        )
    else:
        print_report(study)


def parse_seeds(text: str) -> list[int]:
    """`0,1,2`; UsageError otherwise."""
    found = [whole_number(part.strip()) for part in text.split(",")]
    numbers = [number for number in found if number is not None]
    if len(numbers) < len(found):
        raise UsageError(f"--seeds: expected numbers with commas between, found '{text}'")
    return [*dict.fromkeys(numbers)]
