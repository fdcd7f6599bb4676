"""Layers between images and spectra, and between our spectra and those of the original package.

B  batch   C  channels   H, W  height and width in pixels
V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from math import prod
from typing import Any, Literal, get_args

from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.shapes import (
    Shape,
    check_choice,
    check_flag,
    check_spectra,
    check_spectrum,
    image_width,
)
from specnet.layers.spectral_layer import (
    ImageLayer,
    SpectralLayer,
    channels_ahead,
    channels_behind,
    given,
    sum_of_channels,
)
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import Norm, irfftn, rfftn, widened
from specnet.ops.grids import half_width
from specnet.ops.hermitian import hermitian_projection

Tensor = Any


@layer("rfft2d", "Between images and spectra", gives="spectra")
class RFFT2D(ImageLayer):
    """Images to half spectra.

    Args:
        norm: scaling of the transform, as in NumPy. `ortho` keeps the variance of white noise, so
            that networks of unit gain stay at unit scale; the original package uses `backward`.
        channels: `sum` adds up the channels first. A convolution with `mixing: sum` does so anyway,
            and one transform is cheaper than C.
        widths: which images are taken where their width is unknown when the layer is built. A half
            spectrum does not tell, so that layers behind say `odd_width`; `any` is for layers
            behind that have no such argument.

    Input shape: (B, H, W, C).
    Output shape: (B, 2, C, V, U); with `channels: sum`, C is 1.
    """

    def __init__(
        self,
        norm: Literal["backward", "ortho", "forward"] = "ortho",
        channels: Literal["keep", "sum"] = "keep",
        widths: Literal["even", "odd", "any"] = "even",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.norm = check_choice("norm", norm, get_args(Norm))
        self.channels = check_choice("channels", channels, ("keep", "sum"))
        self.widths = check_choice("widths", widths, ("even", "odd", "any"))

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        width = self.size_of(input_shape)[-1]
        # The spectrum does not tell; whoever puts layers together can.
        self.odd_output_width = self.widths == "odd" if width is None else width % 2 == 1
        self.takes = self.widths if width is None else "any"

    def computed(self, images: Tensor) -> Tensor:
        """(B, H, W, C) -> (B, 2, C, V, U)."""
        width = images.shape[-2]
        if self.takes != "any" and (self.takes == "odd") != (width % 2 == 1):
            raise ValueError(
                f"{self.name} was built for images of any width, of which it takes those of "
                f"{self.takes} width, and found {width}: their spectra do not tell them apart. "
                "Make it with widths='odd' or widths='any', or give the Input a width"
            )
        if self.channels == "sum":
            planes = sum_of_channels(widened(images))[:, None]
        else:
            planes = channels_ahead(images)
        return ops.stack(rfftn(planes, self.dimensions, self.norm), axis=1)

    def result_shape(self, images: Shape) -> tuple[int | None, ...]:
        """Shape of the spectrum."""
        batch, *rows, width, channels = images
        channels = 1 if self.channels == "sum" else channels
        return batch, 2, channels, *rows, None if width is None else half_width(width)

    def cost(self, before: Known, after: Known) -> Cost:
        """Operations on one image."""
        *size, channels = before
        planes = after[1]
        return Cost(prod(size) * (channels - planes), (Transform(planes, tuple(size)),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        own = {"norm": self.norm, "channels": self.channels, "widths": self.widths}
        return {**super().get_config(), **own}


@layer("irfft2d", "Between images and spectra", takes="spectra", gives="images")
class IRFFT2D(ImageLayer):
    """Half spectra back to images; the spectrum is made Hermitian first.

    Args:
        odd_width: whether the images are an odd number of pixels wide; U columns belong to a width
            of 2U - 2 or of 2U - 1.
        norm: scaling of the transform; the same as in `RFFT2D`.

    Input shape: (B, 2, C, V, U).
    Output shape: (B, H, W, C).
    """

    def __init__(
        self,
        odd_width: bool = False,
        norm: Literal["backward", "ortho", "forward"] = "ortho",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.odd_width = check_flag("odd_width", odd_width)
        self.norm = check_choice("norm", norm, get_args(Norm))

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        _, bins = check_spectra(self, input_shape, (self.dimensions,))
        image_width(self, bins[-1], self.odd_width)
        self._apply = compiled(self._images)

    def computed(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, H, W, C)."""
        return self._apply(spectrum)

    def _images(self, spectrum: Tensor) -> Tensor:
        *rows, columns = spectrum.shape[3:]
        width = image_width(self, columns, self.odd_width)
        planes = hermitian_projection(spectrum[:, 0], spectrum[:, 1], width, self.dimensions)
        return channels_behind(irfftn(*planes, (*rows, width), self.norm))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """Shape of the images."""
        channels, (*rows, columns) = check_spectra(self, input_shape, (self.dimensions,))
        images = (input_shape[0], *rows, image_width(self, columns, self.odd_width), channels)
        return given(images, self.data_format, self.dimensions)

    def cost(self, before: Known, after: Known) -> Cost:
        """Operations on one image."""
        return Cost(0, (Transform(after[-1], after[:-1]),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "odd_width": self.odd_width, "norm": self.norm}


@layer(
    "to_complex_last", "Between images and spectra", takes="spectra", gives="complex", ranks=(2,)
)
class ToComplexLast(SpectralLayer):
    """Spectra as the original package of Wood & Larson (2021) lays them out.

    Input shape: (B, 2, C, V, U).
    Output shape: (B, V, U, C, 2), the last axis holding the real and the imaginary part.
    """

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        self.compute_output_shape(input_shape)

    def computed(self, spectrum: Tensor) -> Tensor:
        """(B, 2, C, V, U) -> (B, V, U, C, 2)."""
        return ops.transpose(spectrum, (0, 3, 4, 2, 1))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The axes in the other order; ValueError if it is no spectrum."""
        check_spectrum(self, input_shape)
        batch, parts, channels, rows, columns = input_shape
        return batch, rows, columns, channels, parts

    def cost(self, before: Known, after: Known) -> Cost:
        """Nothing: numbers are moved."""
        return Cost()


@layer("from_complex_last", "Between images and spectra", takes="complex", gives="spectra")
class FromComplexLast(SpectralLayer):
    """Spectra of the original package of Wood & Larson (2021) in our layout.

    Input shape: (B, V, U, C, 2), the last axis holding the real and the imaginary part.
    Output shape: (B, 2, C, V, U).
    """

    def build(self, input_shape: Shape) -> None:
        """Checks the shape; there are no weights."""
        self.compute_output_shape(input_shape)

    def computed(self, spectrum: Tensor) -> Tensor:
        """(B, V, U, C, 2) -> (B, 2, C, V, U)."""
        return ops.transpose(spectrum, (0, 4, 3, 1, 2))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """The axes in the other order; ValueError if it is no spectrum."""
        if len(input_shape) != 5 or input_shape[-1] != 2 or 0 in input_shape[1:]:
            raise ValueError(
                f"{self.name} expects a spectrum (batch, height, width // 2 + 1, channels, 2), "
                f"found shape {tuple(input_shape)}"
            )
        batch, rows, columns, channels, parts = input_shape
        return batch, parts, channels, rows, columns

    def cost(self, before: Known, after: Known) -> Cost:
        """Nothing: numbers are moved."""
        return Cost()
