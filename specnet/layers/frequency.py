"""What all layers share that multiply frequencies by a mask; they take images or spectra.

A kind (`pass_bands.py`, `dropout.py`) gives the mask; its maths is in `specnet.ops.masks`.

    B  batch   C  channels   H, W  height and width of the images, in pixels
    V  rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from math import prod
from typing import Any

from keras import ops

from specnet.layers.shapes import Shape, check_image, check_spectrum, image_width
from specnet.layers.spectral_layer import ImageLayer, maths_dtype
from specnet.ops.compiled import compiled
from specnet.ops.flops import Cost, Known, Transform
from specnet.ops.fourier import irfft2, rfft2
from specnet.ops.grids import full_width, half_width
from specnet.ops.masks import HIGHEST_RADIUS

Tensor = Any
Size = tuple[int, int]


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
        self.odd_width = odd_width

    def build(self, input_shape: Shape) -> None:
        """Checks the shape."""
        if len(input_shape) == 5:
            _, _, columns = check_spectrum(self, input_shape)
            image_width(self, columns, self.odd_width)
        else:
            check_image(self, input_shape, self.data_format)
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
        if len(inputs.shape) == 4:
            height, width, channels = inputs.shape[1:]
        else:
            channels, height, columns = inputs.shape[2:]
            width = full_width(columns, self.odd_width)
        return self._apply(inputs, self.mask((batch, channels), (height, width)))

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """As the input."""
        return tuple(input_shape)

    def cost(self, before: Known, after: Known) -> Cost:
        """A real weight for each bin; images go there and back."""
        if len(before) == 4:
            return Cost(prod(before))
        height, width, channels = before
        bins = channels * height * half_width(width)
        return Cost(2 * bins, (Transform(2 * channels, (height, width)),))

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "odd_width": self.odd_width}

    def _masked(self, inputs: Tensor, mask: Tensor) -> Tensor:
        wide = ops.cast(inputs, maths_dtype(self))
        changed = _filtered(wide, mask) if len(inputs.shape) == 4 else wide * mask[:, None]
        return ops.cast(changed, self.compute_dtype)


def check_frequency(name: str, value: Any, above: float = 0.0) -> float:
    """Returns a radial frequency in (above, sqrt(1/2)] cycles/pixel; ValueError for all else."""
    if not isinstance(value, int | float) or not above < value <= HIGHEST_RADIUS:
        raise ValueError(
            f"{name}: expected cycles/pixel above {above:g}, at most {HIGHEST_RADIUS:.4f}, "
            f"found {value!r}"
        )
    return value


def _filtered(images: Tensor, mask: Tensor) -> Tensor:
    """(B, H, W, C) times (B, C, V, U) in frequencies -> (B, H, W, C)."""
    real, imaginary = rfft2(ops.transpose(images, (0, 3, 1, 2)))
    # A symmetric mask leaves the spectrum Hermitian: there is nothing to project.
    planes = irfft2(real * mask, imaginary * mask, tuple(images.shape[1:3]))
    return ops.transpose(planes, (0, 2, 3, 1))
