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
    check_image,
    check_one_or_two,
    check_positive,
)
from specnet.layers.spectral_layer import ImageLayer, maths_dtype
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known
from specnet.ops.wavelets import band_length, check_wavelet, dwt2, filter_bank, idwt2
from specnet.recipe.ranges import TwoSizes

Tensor = Any
Size = tuple[Length, Length]


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
        larger = max(before[:2], after[:2])
        rows, columns = band_length(larger[0]), band_length(larger[1])
        channels = min(before[2], after[2])
        low_only = getattr(self, "bands", "all") == "low"
        taps = len(filter_bank(self.wavelet).low)
        along_rows = 2 * taps * larger[0] * columns * (1 if low_only else 2)
        along_columns = 2 * taps * rows * columns * (1 if low_only else 4)
        scaling = prod(after) * hasattr(self, "bands")
        return Cost(channels * (along_rows + along_columns) + scaling)

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
        return ops.concatenate(dwt2(images, self.wavelet), axis=-1)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """Half the size, four times the channels."""
        height, width, channels = check_image(self, images)
        return images[0], _half(height), _half(width), 4 * channels


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
        self.size = size if size is None else check_one_or_two("size", size, check_positive)

    def transformed(self, images: Tensor) -> Tensor:
        """(B, h, w, 4C) -> (B, H, W, C)."""
        bands = ops.split(images, 4, axis=-1)
        return idwt2(bands, self.wavelet, self.target(images.shape[1:3]))

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """The size asked for, or twice that of the bands; a quarter of the channels."""
        rows, columns, channels = check_image(self, images)
        if channels % 4:
            raise ValueError(
                f"{self.name} expects four bands as channels, found {channels} channels; "
                "put dwt2d before it"
            )
        return images[0], *self.target((rows, columns)), channels // 4

    def target(self, size: Size) -> Size:
        """(H, W) for bands of (h, w); ValueError where they belong to no image of `size`."""
        rows, columns = size
        doubled = tuple(None if length is None else 2 * length for length in size)
        asked = doubled if self.size is None else self.size
        height, width = (asked, asked) if isinstance(asked, int) else asked
        if any(
            known is not None and _half(length) != known
            for length, known in zip((height, width), size, strict=True)
        ):
            raise ValueError(
                f"{self.name}: bands of {rows} x {columns} pixels belong to images of "
                f"{' x '.join(map(str, doubled))}, or one pixel less, not to {height} x {width}"
            )
        return height, width

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


def _half(length: int | None) -> int | None:
    """Pixels of a band; None where they are unknown."""
    return None if length is None else band_length(length)
