"""Spectral pooling and upsampling: images and spectra at other sizes, with their means kept.

Layers whose size is fixed; where the stride is learned, it is in `learned_pooling.py`. The maths is
in `specnet.ops.resizing` and, for spectra, `specnet.ops.resampling`.

    B  batch   C  channels
    H, W  height and width of the images, in pixels   h, w  those of the result
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1); v, u  those of the result
"""

import math
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Length,
    Shape,
    check_at_least,
    check_choice,
    check_each_axis,
    check_flag,
    check_positive,
    check_spectra,
    each_axis,
    image_width,
)
from specnet.layers.spectral_layer import ImageLayer, refuse_unknown
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import Norm, widened
from specnet.ops.grids import half_width
from specnet.ops.resampling import Kind, Taper, resample, tapers
from specnet.ops.resizing import Gains, resize
from specnet.recipe.ranges import Factor, Sizes

Tensor = Any
Open = tuple[Length, ...]  # a size that may be unknown


class SpectralResampling(ImageLayer):
    """Images at another size, by cropping or zero-padding their spectra; a base class.

    Args:
        size: height and width of the result, or one number for both; takes the place of `factor`.
        factor: ratio of the larger size to the smaller one, at least 1.
        transform: what is cropped or zero-padded. `fourier`: the image as one period of waves, so
            that its left border sees its right one. `dct`: cosines (type II), which see the mirror
            image beyond each border instead. `hartley`: cos + sin, real like the image (Zhang & Ma
            2018, along each axis by itself); what `fourier` gives where the smaller lengths are
            odd, and at even ones without the positive of the two Nyquist frequencies.

    Input shape: (B, H, W, C).
    Output shape: (B, h, w, C).
    """

    keeps_constants = True

    def __init__(
        self,
        size: Sizes | None = None,
        factor: Factor = 2.0,
        transform: Literal["fourier", "dct", "hartley"] = "fourier",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.size = size
        if size is not None:
            self.size = check_each_axis("size", size, self.dimensions, check_positive)
        self.factor = check_at_least("factor", factor, 1)
        self.transform = check_choice("transform", transform, get_args(Kind))

    def target(self, size: Open) -> Open:
        """(h, w) for images of (H, W); ValueError if the layer does not go that way."""
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        self.target(self._image_size(input_shape))
        self._apply = self._resampled  # matrix products: XLA makes them slower on a CPU

    def computed(self, inputs: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, h, w, C)."""
        return self._apply(inputs)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """As the input, at the other size."""
        return images[0], *self.target(tuple(images[1:-1])), images[-1]

    def cost(self, before: Known, after: Known) -> Cost:
        """Between two sizes by way of the spectrum."""
        return Cost(0, tuple(Transform(shape[-1], shape[:-1]) for shape in (before, after)))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "size": self.size,
            "factor": self.factor,
            "transform": self.transform,
        }

    def _resampled(self, images: Tensor) -> Tensor:
        size = images.shape[1:-1]
        to = self.target(size)
        return resize(images, to, self._gains(size, to), self.transform)

    def _image_size(self, shape: Shape) -> Open:
        return self.size_of(shape)

    def _gains(self, size: Open, to: Open) -> Gains:
        return [None] * self.dimensions

    def _asked(self, size: Open, default: Callable[[int], int]) -> Open:
        """(h, w): the size asked for, or `default` of each length that is known."""
        if self.size is None:
            return tuple(None if each is None else default(each) for each in size)
        return each_axis(self.size, self.dimensions)


@layer("spectral_pooling", "Pooling and resampling")
class SpectralPooling(SpectralResampling):
    """Smaller images by keeping their low frequencies (Rippel et al. 2015).

    Pixels keep their values, where Rippel's own crop would multiply them by the ratio of the sizes:
    the mean of an image is that of its pooled one. At even sizes, the bins at plus and minus the
    Nyquist frequency are added up, as in `scipy.signal.resample`.

    Args:
        size: height and width of the result, or one number for both; takes the place of `factor`.
        factor: what height and width are divided by, at least 1, fractions rounded up.
        transform: what is cropped: waves that wrap around (`fourier`), cosines that do not (`dct`),
            or cos + sin (`hartley`); see `SpectralResampling`.
        edge: how the kept band ends at f_c, the Nyquist frequency of the result. `brick`: abruptly;
            it rings. `hamming`: at a gain of 0.54 + 0.46 cos(pi f / f_c). `cosine`: a raised cosine
            of roll-off 1/3, 1 up to f_c / 2 and 0 at f_c. `asap`: at a gain of
            sqrt(0.54 + 0.46 cos(2 pi f)), f in cycles/pixel before the crop (Grabinski et al. 2023,
            here centred on 0). Of a step from 0 to 1 they make up to 1.069, 1.001, 1.083 and 1.057
            when 64 pixels become 32. An axis that keeps its size has none.

    Input shape: (B, H, W, C).
    Output shape: (B, h, w, C).
    """

    def __init__(
        self,
        size: Sizes | None = None,
        factor: Factor = 2.0,
        edge: Literal["brick", "hamming", "cosine", "asap"] = "brick",
        **kwargs: Any,
    ):
        super().__init__(size, factor, **kwargs)
        self.edge = check_choice("edge", edge, get_args(Taper))

    def target(self, size: Open) -> Open:
        """(h, w) for images of (H, W); ValueError if that is larger."""
        # A little more, so that a rounding error does not add a pixel.
        factor = self.factor * (1 + 1e-12)
        to = self._asked(size, lambda length: math.ceil(length / factor))
        if any(b > a for a, b in zip(size, to, strict=True) if a is not None and b is not None):
            raise ValueError(
                f"{self.name} makes its input smaller: {_text(size)} pixels cannot become "
                f"{_text(to)}; use spectral_upsampling, 1d of signals or 3d of volumes"
            )
        return to

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "edge": self.edge}

    def _gains(self, size: Open, to: Open) -> Gains:
        return tapers(self.edge, size, to, self.transform)


@layer("spectral_upsampling", "Pooling and resampling")
class SpectralUpsampling(SpectralResampling):
    """Larger images by zero-padding their spectra: the band-limited interpolation.

    The inverse of `SpectralPooling`: pooled back to the size they had, images are what they were.

    Args:
        size: height and width of the result, or one number for both; takes the place of `factor`.
        factor: what height and width are multiplied with, at least 1, and rounded.
        transform: what is zero-padded, as in `SpectralPooling`.

    Input shape: (B, H, W, C).
    Output shape: (B, h, w, C).
    """

    def target(self, size: Open) -> Open:
        """(h, w) for images of (H, W); ValueError if that is smaller."""
        to = self._asked(size, lambda length: round(length * self.factor))
        if any(b < a for a, b in zip(size, to, strict=True) if a is not None and b is not None):
            raise ValueError(
                f"{self.name} makes images larger: {_text(size)} pixels cannot become "
                f"{_text(to)}; use spectral_pooling"
            )
        return to


@layer("crop_spectrum", "Pooling and resampling", takes="spectra", ranks=(2,))
class CropSpectrum(SpectralPooling):
    """Spectral pooling of a spectrum, for networks that stay in that domain (Pratt et al. 2017).

    `odd_output_width`, known once the layer is built, is the `odd_width` of the layers behind it.

    Args:
        size: height and width in pixels of the images that the result belongs to, or one number for
            both; takes the place of `factor`.
        factor: what their height and width are divided by, at least 1, fractions rounded up.
        edge: how the kept band ends, as in `SpectralPooling`.
        odd_width: whether the images are an odd number of pixels wide; U columns belong to a width
            of 2U - 2 or of 2U - 1.
        norm: scaling of the spectrum; the same as in `RFFT2D`.

    Input shape: (B, 2, C, V, U).
    Output shape: (B, 2, C, v, u).
    """

    keeps_constants = False  # of spectra

    def __init__(
        self,
        size: Sizes | None = None,
        factor: Factor = 2.0,
        edge: Literal["brick", "hamming", "cosine", "asap"] = "brick",
        odd_width: bool = False,
        norm: Literal["backward", "ortho", "forward"] = "ortho",
        **kwargs: Any,
    ):
        refuse_unknown(type(self), kwargs, "transform")
        super().__init__(size, factor, edge, transform="fourier", **kwargs)
        self.odd_width = check_flag("odd_width", odd_width)
        self.norm = check_choice("norm", norm, get_args(Norm))

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        super().build(input_shape)
        self._apply = compiled(self._resampled)
        width = self.target(self._image_size(input_shape))[-1]
        if width is None:
            raise ValueError(
                f"{self.name}: whether images of an unknown width are of odd width when that is "
                f"divided by {self.factor:g} is unknown too; give size, or the Input a width"
            )
        self.odd_output_width = width % 2 == 1

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input, with fewer bins."""
        *rows, width = self.target(self._image_size(input_shape))
        return *input_shape[:3], *rows, None if width is None else half_width(width)

    def cost(self, before: Known, after: Known) -> Cost:
        """Nothing: numbers are moved."""
        return Cost()

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        config = {**super().get_config(), "odd_width": self.odd_width, "norm": self.norm}
        del config["transform"]
        return config

    def _resampled(self, spectrum: Tensor) -> Tensor:
        size = self._image_size(spectrum.shape)
        to = self.target(size)
        wide = widened(spectrum)
        output = ops.stack(resample(wide[:, 0], wide[:, 1], size, to, self.norm), axis=1)
        *rows, columns = self._gains(size, to)
        for axis, (gains, length) in enumerate(zip(rows, to, strict=False)):
            if gains is not None:
                opposite = np.minimum(np.arange(length), length - np.arange(length))
                along = gains[opposite].reshape(-1, *[1] * (len(rows) - axis))
                output = output * ops.cast(along, output.dtype)
        if columns is not None:
            output = output * ops.cast(columns, output.dtype)
        return ops.cast(output, spectrum.dtype)

    def _image_size(self, shape: Shape) -> Open:
        _, (*rows, columns) = check_spectra(self, shape, (self.dimensions,))
        return *rows, image_width(self, columns, self.odd_width)


def _text(size: Open) -> str:
    return " x ".join(map(str, size))
