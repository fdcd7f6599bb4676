"""Sections of recipes for data of other ranks than images: signals and volumes, of plain numbers.

N examples   T  samples of a signal   D, H, W  depth, height and width of a volume   C  channels
"""

from typing import Annotated, Literal

from pydantic import Field

from specnet.recipe.fields import FilePath, Fraction, Images, Pixels, Section


class ArrayData(Section):
    """What sources of signals and of volumes have in common: numbers as they are, float32."""

    channels: Annotated[int, Field(gt=0, le=2**16)] = 1
    normalize: Literal["none", "standard"] = Field(
        "none", description="none: as they are; standard: mean 0, deviation 1 a channel"
    )

    @property
    def image_size(self) -> tuple[int, ...]:
        """Lengths of the axes but that of the channels; (H, W) where there are images."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    @property
    def augment(self) -> None:
        """None: the augmentations there are move pixels of images."""
        return None


class SignalData(ArrayData):
    """What sources of signals (T, C) have in common."""

    length: Pixels = Field(description="T, samples of each signal")

    @property
    def image_size(self) -> tuple[int, ...]:
        """(T,)"""
        return (self.length,)


class ArrayFile(Section):
    """An .npz file of arrays, and the shares of its training data that it has no arrays for."""

    path: FilePath
    validation: Fraction = Field(0.1, description="share of x_train, where x_validation is missing")
    test: Fraction = Field(0.1, description="share of x_train, where x_test is missing")


class NpzSignalsData(SignalData, ArrayFile):
    """Signals (N, T, C) in one .npz file: `x_train`, `y_train`, also for validation and test."""

    source: Literal["npz_signals"]


class NpzVolumesData(ArrayData, ArrayFile):
    """Volumes (N, D, H, W, C) in one .npz file: `x_train`, `y_train`, also for the others."""

    source: Literal["npz_volumes"]
    size: Annotated[list[Pixels], Field(min_length=3, max_length=3)] = Field(
        description="voxels: [depth, height, width]"
    )

    @property
    def image_size(self) -> tuple[int, ...]:
        """(D, H, W)"""
        return tuple(self.size)


class ChirpsData(SignalData):
    """Generated signals: a class is how their frequencies change in time."""

    source: Literal["chirps"]
    length: Pixels = 256
    train: Images = 2000
    validation: Images = 500
    test: Images = 500
    noise: float = Field(
        1.0, ge=0, le=1e6, description="deviation of the white noise over the chirp's"
    )
    seed: int = Field(0, ge=0, lt=2**64)
