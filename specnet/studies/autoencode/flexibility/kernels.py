"""The kernels of trained convolutions, and their transfer functions.

h, w height and width of a kernel, in pixels   C channels   F filters
H, W height and width of the images that the layer sees, in pixels
K    kernels of two dimensions: C * F, ordered by channel, then filter
V    rows of the half spectrum (V = H), U its columns (U = W // 2 + 1)
"""

from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from specnet.analysis import kernel_response
from specnet.errors import UsageError


@dataclass(frozen=True)
class LayerKernels:
    """What one Conv2D learned.

    Attributes:
        values: (h, w, C, F), as Keras has them.
        size: (H, W) of the images that the layer sees, in pixels; not smaller than a kernel.
    """

    values: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        shape = self.values.shape
        if len(shape) != 4:
            raise UsageError(f"flexibility: expected kernels (h, w, C, F), found shape {shape}")
        if not np.isfinite(self.values).all():
            raise UsageError("flexibility: some kernels are not finite; the training diverged")
        if shape[0] > self.size[0] or shape[1] > self.size[1]:
            raise UsageError(
                f"flexibility: kernels of {shape[0]}x{shape[1]} pixels do not fit into images of "
                f"{self.size[0]}x{self.size[1]}; give a larger size"
            )

    @property
    def planes(self) -> np.ndarray:
        """One kernel after the other, without those that are 0: (K, h, w), float64."""
        height, width = self.values.shape[:2]
        planes = np.moveaxis(self.values, (0, 1), (2, 3)).reshape(-1, height, width)
        return planes[np.any(planes, axis=(1, 2))].astype("float64")


def kernels_of(layers: Iterable[keras.layers.Layer]) -> list[LayerKernels]:
    """The kernels of those layers that are convolutions of images, Conv2D or of its kind.

    Args:
        layers: of a built model whose image size is known, such as `model.layers`.
    """
    return [
        LayerKernels(ops.convert_to_numpy(layer.kernel), tuple(layer.input.shape[1:3]))
        for layer in layers
        if isinstance(layer, keras.layers.Conv2D)
    ]


def transfer_functions(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """What a Conv2D with these kernels and padding `same` multiplies spectra by.

    Its output, away from the border, is that of the circular convolution with this filter. The
    origin is the pixel that Keras centres the kernel on, (h - 1) // 2 from its top.

    Args:
        planes: kernels (K, h, w).
        size: (H, W) of the images, in pixels.

    Returns:
        Real and imaginary part, (2, K, V, U), float64, scaled as by `numpy.fft.rfft2`.
    """
    # Keras correlates: the pixel right of the centre of a kernel sees what lies right of it.
    impulses = np.moveaxis(planes[:, ::-1, ::-1], 0, -1)[:, :, None]
    response = kernel_response(impulses, size)
    return np.stack([response.real, response.imag])
