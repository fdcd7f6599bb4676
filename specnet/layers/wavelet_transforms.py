"""Wavelet transforms and wavelet pooling of images.

Layers with the fixed filters of a wavelet. The maths is in `specnet.ops.wavelets`.

    B  batch   C  channels
    H, W  height and width of an image, in pixels
    h, w  height and width of a band: half of them, rounded up
"""

from math import prod
from typing import Any, Literal

from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Length,
    Shape,
    check_choice,
    check_each_axis,
    check_image,
    check_input,
    check_positive,
    each_axis,
)
from specnet.layers.spectral_layer import ImageLayer, maths_dtype
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known
from specnet.ops.wavelets import band_length, check_wavelet, dwt2, dwtn, filter_bank, idwtn
from specnet.recipe.ranges import TwoSizes

Tensor = Any
Size = tuple[Length, ...]


class WaveletLayer(ImageLayer):
    """What a wavelet does to images; a base class.

    Args:
        wavelet: a discrete wavelet of PyWavelets: haar, db2, sym4, coif1, bior2.2 and 101 others.
    """

    def __init__(self, wavelet: str = "haar", **kwargs: Any):
        super().__init__(**kwargs)
        self.wavelet = check_wavelet(wavelet)

    def transformed(self, images: Tensor) -> Tensor:
        """The maths of the layer, of images in float32 or float64."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        self.compute_output_shape(input_shape)
        self._apply = compiled(self._in_full_precision)

    def computed(self, images: Tensor) -> Tensor:
        """(B, height, width, channels) -> (B, height, width, channels), each of another size."""
        return self._apply(images)

    def cost(self, before: Known, after: Known) -> Cost:
        """Two filters of L taps along the rows, then two along the columns; there or back."""
        lengths = list(max(before[:-1], after[:-1]))
        channels = min(before[-1], after[-1])
        low_only = getattr(self, "bands", "all") == "low"
        taps = len(filter_bank(self.wavelet).low)
        products = 0
        for done, axis in enumerate(reversed(range(self.dimensions)), 1):
            lengths[axis] = band_length(lengths[axis])
            products += 2 * taps * prod(lengths) * (1 if low_only else 2**done)
        scaling = prod(after) * hasattr(self, "bands")
        return Cost(channels * products + scaling)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "wavelet": self.wavelet}

    def _in_full_precision(self, images: Tensor) -> Tensor:
        wide = ops.cast(images, maths_dtype(self))
        return ops.cast(self.transformed(wide), self.compute_dtype)


@layer("dwt2d", "Wavelets")
class DWT2D(WaveletLayer):
    """Images to the four bands of a wavelet, side by side as channels, at half the size.

    The discrete wavelet transform of Mallat (1989), periodised: the image is a torus, so that the
    bands hold as many numbers as it has pixels. Of an odd height or width, the last row or column
    is repeated first. For more levels, put one `DWT2D` after another.

    Args:
        wavelet: a discrete wavelet of PyWavelets: haar, db2, sym4, coif1, bior2.2 and 101 others.

    Input shape: (B, H, W, C).
    Output shape: (B, h, w, 4C): C channels of LL, then C each of LH, HL and HH (in PyWavelets cA,
        cH, cV and cD). The first letter is the band from left to right, the second from top to
        bottom.
    """

    def transformed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, 4C)."""
        return ops.concatenate(dwtn(images, self.wavelet), axis=-1)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """Half the size, four times the channels."""
        size, channels = check_input(self, images, rank=self.dimensions)
        return images[0], *map(_half, size), 2**self.dimensions * channels


@layer("idwt2d", "Wavelets")
class IDWT2D(WaveletLayer):
    """The four bands of a wavelet back to images: the inverse of `DWT2D`.

    Args:
        wavelet: the wavelet of the bands.
        size: height and width of the images, or one number for both, where they are odd; twice the
            size of the bands if not given.

    Input shape: (B, h, w, 4C), the channels in the order of `DWT2D`.
    Output shape: (B, H, W, C).
    """

    def __init__(self, wavelet: str = "haar", size: TwoSizes | None = None, **kwargs: Any):
        super().__init__(wavelet, **kwargs)
        self.size = size
        if size is not None:
            self.size = check_each_axis("size", size, self.dimensions, check_positive)

    def transformed(self, images: Tensor) -> Tensor:
        """(B, h, w, 4C) -> (B, H, W, C)."""
        bands = ops.split(images, 2**self.dimensions, axis=-1)
        return idwtn(bands, self.wavelet, self.target(images.shape[1:-1]))

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """The size asked for, or twice that of the bands; a quarter of the channels."""
        size, channels = check_input(self, images, rank=self.dimensions)
        bands = 2**self.dimensions
        if channels % bands:
            raise ValueError(
                f"{self.name} expects {_WORDS[self.dimensions]} bands as channels, found "
                f"{channels} channels; put dwt{self.dimensions}d before it"
            )
        return images[0], *self.target(size), channels // bands

    def target(self, size: Size) -> Size:
        """(H, W) for bands of (h, w); ValueError where they belong to no image of `size`."""
        doubled = tuple(None if length is None else 2 * length for length in size)
        asked = doubled if self.size is None else each_axis(self.size, self.dimensions)
        if any(
            known is not None and _half(length) != known
            for length, known in zip(asked, size, strict=True)
        ):
            raise ValueError(
                f"{self.name}: bands of {_text(size)} pixels belong to images of "
                f"{_text(doubled)}, or one pixel less, not to {_text(asked)}"
            )
        return asked

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "size": self.size}


@layer("wavelet_pooling", "Wavelets")
class WaveletPooling(WaveletLayer):
    """Images at half the size: the low band of a wavelet, with pixels that keep their values.

    The band that Williams & Li (2018) keep, halved, where it is twice as bright as the image:
    constants stay, and so does the mean of an image of even height and width. Of an odd height or
    width, the last row or column is repeated first.

    Args:
        wavelet: a discrete wavelet of PyWavelets: haar, db2, sym4, coif1, bior2.2 and 101 others.
        bands: `low`: the low band alone. `all`: the details too, as channels in the order of
            `DWT2D`, all of them halved, so that nothing is lost.

    Input shape: (B, H, W, C).
    Output shape: (B, h, w, C); with `bands: all`, (B, h, w, 4C).
    """

    def __init__(self, wavelet: str = "haar", bands: Literal["low", "all"] = "low", **kwargs: Any):
        super().__init__(wavelet, **kwargs)
        self.bands = check_choice("bands", bands, ("low", "all"))
        self.keeps_constants = self.bands == "low"

    def transformed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, C) or (B, h, w, 4C)."""
        bands = dwt2(images, self.wavelet)
        return (bands[0] if self.bands == "low" else ops.concatenate(bands, axis=-1)) / 2

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """Half the size; four times the channels if all bands are kept."""
        height, width, channels = check_image(self, images)
        bands = 1 if self.bands == "low" else 4
        return images[0], _half(height), _half(width), bands * channels

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "bands": self.bands}


_WORDS = {1: "two", 2: "four", 3: "eight"}


def _text(size: Size) -> str:
    return " x ".join(map(str, size))


def _half(length: int | None) -> int | None:
    """Pixels of a band; None where they are unknown."""
    return None if length is None else band_length(length)
