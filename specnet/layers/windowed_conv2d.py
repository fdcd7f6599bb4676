"""Convolutions in space whose kernels fade towards their borders, under a fixed window.

k, l  height and width of a kernel, in pixels   C  channels of a group   F  filters
"""

from typing import Any, Literal, get_args

import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.kernel_conv2d import KernelConv2D
from specnet.layers.shapes import check_at_least, check_choice
from specnet.recipe.ranges import Count, NotNegative, Sizes

Tensor = Any
Window = Literal["hamming", "hann", "blackman", "kaiser"]


def taper(window: Window, length: int, beta: float) -> np.ndarray:
    """(length,): a window over a kernel's pixels, of mean square 1.

    Args:
        window: `hamming` and `kaiser` as in NumPy; `hann` and `blackman`, which are 0 at their
            ends, without these, so that all pixels count.
        length: in pixels; of 1 and 2 pixels every window is flat.
        beta: of `kaiser`.
    """
    found = {
        "hamming": lambda: np.hamming(length),
        "hann": lambda: np.hanning(length + 2)[1:-1],
        "blackman": lambda: np.blackman(length + 2)[1:-1],
        "kaiser": lambda: np.kaiser(length, beta),
    }[window]()
    return found / np.sqrt(np.mean(np.square(found)))


@layer("windowed_conv2d", "Convolutions of images")
class WindowedConv2D(KernelConv2D):
    """A Conv2D with its kernels under a window (Tomen & van Gemert 2021): no leakage, less ringing.

    A kernel that ends abruptly has side lobes in frequency, the more so the larger its numbers at
    the border are. Here the kernel is the weights times a fixed window along each axis, of mean
    square 1, so that white images keep their variance at the start as those of Conv2D do. Weights,
    and what `kernel_regularizer` and `kernel_constraint` act on, are as large as those of Conv2D.

    Args:
        filters: output channels F.
        kernel_size: height and width in pixels, or one number for both.
        window: `hamming`, which ends at 0.08 of its height (the paper's), `hann`, `blackman`, or
            `kaiser`.
        beta: of `kaiser`: 0 is no window; with 8.6 it is as narrow as `blackman`.

    Input shape: (B, H, W, C).
    Output shape: as of Conv2D.
    """

    def __init__(
        self,
        filters: Count,
        kernel_size: Sizes,
        window: Literal["hamming", "hann", "blackman", "kaiser"] = "hamming",
        beta: NotNegative = 6.0,
        **kwargs: Any,
    ):
        super().__init__(filters, kernel_size, **kwargs)
        self.window = check_choice("window", window, get_args(Window))
        self.beta = check_at_least("beta", beta, 0)

    def in_space(self, weights: Tensor) -> Tensor:
        """The weights under the window: (k, l, C, F)."""
        rows, columns = (taper(self.window, n, self.beta) for n in self.kernel_size)
        weights = ops.convert_to_tensor(weights)  # in a call, of the compute dtype already
        return weights * ops.cast(np.outer(rows, columns)[..., None, None], weights.dtype)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "window": self.window, "beta": self.beta}
