"""Convolutions in space whose kernels fade towards their borders, under a fixed window.

k, l  height and width of a kernel, in pixels   C  channels of a group   F  filters
"""

from typing import Any, Literal, get_args

import numpy as np
from keras import ops
from keras.layers import Conv2D

from specnet.layers.declaring import layer
from specnet.layers.shapes import Shape, check_at_least, check_choice, check_image
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
class WindowedConv2D(Conv2D):
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

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_shape` is that of images, whose size may be unknown."""
        if len(input_shape) != 4:  # Conv2D would take a spectrum for a batch of batches
            check_image(self, input_shape)
        super().build(input_shape)

    def call(self, images: Tensor) -> Tensor:
        """As Conv2D, of images in the compute dtype: integers are numbers."""
        return super().call(ops.cast(images, self.compute_dtype))

    @property
    def unwindowed(self) -> Tensor:
        """The weights of the kernel, (k, l, C, F)."""
        return super().kernel

    @property
    def kernel(self) -> Tensor:
        """The kernel in space, (k, l, C, F)."""
        rows, columns = (taper(self.window, n, self.beta) for n in self.kernel_size)
        weights = ops.convert_to_tensor(self.unwindowed)  # in a call, of the compute dtype already
        windows = ops.cast(np.outer(rows, columns)[..., None, None], weights.dtype)
        return ops.cast(weights * windows, self.compute_dtype)

    def save_own_variables(self, store: Any) -> None:
        """Stores the weights themselves, which Keras would take from `kernel`."""
        names = ("unwindowed", "bias") if self.use_bias else ("unwindowed",)
        for place, name in enumerate(names if self.built else ()):
            store[str(place)] = getattr(self, name)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {**super().get_config(), "window": self.window, "beta": self.beta}
