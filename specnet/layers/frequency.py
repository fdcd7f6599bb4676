"""What all layers share that multiply frequencies by a mask; they take images or spectra.

A kind (`pass_bands.py`, `dropout.py`) gives the mask; its maths is in `specnet.ops.masks`.

    B  batch   C  channels   H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)

Shapes are those of images; `signal_masks.py` has the same layers for signals and volumes.
"""

from math import prod
from typing import Any

from keras import ops

from specnet.layers.shapes import (
    Shape,
    check_flag,
    check_input,
    check_number,
    check_spectra,
    image_width,
)
from specnet.layers.spectral_layer import (
    ImageLayer,
    channels_ahead,
    channels_behind,
    maths_dtype,
)
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import irfftn, rfftn
from specnet.ops.grids import full_width, half_width
from specnet.transfer.family import UNITS

Tensor = Any
Size = tuple[int, ...]  # (H, W) of images


class FrequencyMask(ImageLayer):
    """Multiplies the frequencies of images or of spectra by a real mask; a base class.

    Input shape: images (B, H, W, C), which go to frequencies and back; or spectra (B, 2, C, V, U).
    Output shape: as the input.

    Args:
        odd_width: whether the images of spectra are an odd number of pixels wide; U columns belong
            to a width of 2U - 2 or of 2U - 1. Images themselves tell it.
    """

    def __init__(self, odd_width: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.odd_width = check_flag("odd_width", odd_width)

    def build(self, input_shape: Shape) -> None:
        """Checks the shape."""
        self.compute_output_shape(input_shape)
        self._apply = compiled(self._masked)

    def mask(self, count: tuple[Any, int], size: Size) -> Tensor:
        """Weights of the bins of (B, C) images of (H, W) pixels.

        Returns:
            (B or 1, C or 1, V, U) in `maths_dtype`; bins v and -v of column 0, and of the Nyquist
            column, weigh the same.
        """
        raise TypeError(f"{type(self).__name__} is a base class; use one of its kinds")

    def computed(self, inputs: Tensor) -> Tensor:
        """(B, H, W, C) or (B, 2, C, V, U) -> the same."""
        batch = ops.shape(inputs)[0]
        if self._are_spectra(inputs.shape):
            channels, *rows, columns = inputs.shape[2:]
            size = (*rows, full_width(columns, self.odd_width))
        else:
            *lengths, channels = inputs.shape[1:]
            size = tuple(lengths)
        return self._apply(inputs, self.mask((batch, channels), size))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input; ValueError if it is neither images nor spectra."""
        if self._are_spectra(input_shape):
            _, (*_, columns) = check_spectra(self, input_shape, (self.dimensions,))
            image_width(self, columns, self.odd_width)
        else:
            check_input(self, input_shape, self.data_format, self.dimensions)
        return tuple(input_shape)

    def cost(self, before: Known, after: Known) -> Cost:
        """A real weight for each bin; images go there and back."""
        if self._are_spectra((None, *before)):
            return Cost(prod(before))
        *rows, width, channels = before
        bins = channels * prod(rows) * half_width(width)
        return Cost(2 * bins, (Transform(2 * channels, (*rows, width)),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "odd_width": self.odd_width}

    def _are_spectra(self, shape: Shape) -> bool:
        return len(shape) == self.dimensions + 3

    def _masked(self, inputs: Tensor, mask: Tensor) -> Tensor:
        wide = ops.cast(inputs, maths_dtype(self))
        spectra = self._are_spectra(inputs.shape)
        changed = wide * mask[:, None] if spectra else self._filtered(wide, mask)
        return ops.cast(changed, self.compute_dtype)

    def _filtered(self, images: Tensor, mask: Tensor) -> Tensor:
        """(B, H, W, C) times (B, C, V, U) in frequencies -> (B, H, W, C)."""
        real, imaginary = rfftn(channels_ahead(images), self.dimensions)
        # A symmetric mask leaves the spectrum Hermitian: there is nothing to project.
        planes = irfftn(real * mask, imaginary * mask, tuple(images.shape[1:-1]))
        return channels_behind(planes)


def highest_radius(rank: int) -> float:
    """Of a corner of all frequencies along so many axes, in cycles/pixel: of images sqrt(1/2)."""
    return (rank / 4) ** 0.5


def check_frequency(name: str, value: Any, above: float = 0.0, rank: int = 2) -> float:
    """Returns a radial frequency in (above, sqrt(1/2)] cycles/pixel; ValueError for all else.

    The highest one is that of images; of another rank `highest_radius`.
    """
    highest = highest_radius(rank)
    expected = f"{UNITS[rank]} above {above:g}, at most {highest:.4f}"
    return check_number(name, value, expected, lambda n: above < n <= highest)
