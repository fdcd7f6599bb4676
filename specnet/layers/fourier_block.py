"""The block of the Fourier neural operator (FNO).

B  batch   C  channels   F  filters   H, W  height and width of the images, in pixels
m, n  modes: rows -m to m - 1 and columns 0 to n - 1 of the half spectrum
"""

from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from specnet.layers.declaring import layer
from specnet.layers.image_block import ImageBlock, Size, Tensor, Weights
from specnet.layers.shapes import check_choice, check_flag, check_one_or_two, check_positive, pair
from specnet.ops.compiled import in_full_precision
from specnet.ops.flops import Cost, Known, Transform, finished, products
from specnet.ops.modes import Factorization, expanded, factors, lowest_modes
from specnet.ops.precision import matmul
from specnet.ops.pruned_dft import irfft2_of_modes, rfft2_of_modes
from specnet.recipe.ranges import Count, Seed, Sizes, Terms


def spectral_convolution(images: Tensor, weights: Weights, modes: tuple[int, int]) -> Tensor:
    """The lowest modes of images times a matrix for each; all others become 0.

    Args:
        images: (B, H, W, C), float32 or float64.
        weights: (C, F, 2m, n), as `specnet.ops.modes.expanded` takes them.
        modes: (m, n); those that images of this size do not have are left out.

    Returns:
        (B, H, W, F)
    """
    size = images.shape[1:3]
    with in_full_precision():
        # Modes first: a product of matrices for each, (B, C) by (C, F).
        a, b = (ops.transpose(x, (1, 2, 0, 3)) for x in rfft2_of_modes(images, modes))
        parts = (lowest_modes(part, size, modes) for part in expanded(weights, 4))
        c, d = (ops.transpose(part, (2, 3, 0, 1)) for part in parts)
        real, imaginary = matmul(a, c) - matmul(b, d), matmul(a, d) + matmul(b, c)
    real, imaginary = (ops.transpose(x, (2, 0, 1, 3)) for x in (real, imaginary))
    return irfft2_of_modes(real, imaginary, size, modes)


@layer("fourier_block", "Blocks of images")
class FourierBlock(ImageBlock):
    """The block of the Fourier neural operator: lowest modes, 1 x 1, activation (Li et al. 2020).

    activation(convolution of the lowest modes + product with a matrix in each pixel + bias). Modes
    are in cycles/image: images of other sizes that show the same have the same modes, and what
    comes out shows the same too.

    Args:
        filters: output channels F.
        modes: m and n, or one number for both: rows -m to m - 1 and columns 0 to n - 1 of the half
            spectrum have weights, 2m n in all. They are `modes1` and `modes2` of the authors' code,
            and half of the `n_modes` of neuraloperator, (2m, 2n). In column 0, where a real image
            has m wherever it has -m, the weights of row -m count for half. Images that have fewer
            modes use those they have. The family `free` leaves row -m out.
        factorization: how the (C, F, 2m, n) weights are stored. None: each. `cp`: a sum of `rank`
            products of four vectors. `tucker`: a core and four matrices.
        rank: terms of `cp`; of `tucker`, the largest length of each axis of the core.
        activation: a Keras activation.
        use_bias: add a learned number to each channel.

    Input shape: (B, H, W, C).
    Output shape: (B, H, W, F).
    """

    def __init__(
        self,
        filters: Count,
        modes: Sizes = 12,
        factorization: Literal["cp", "tucker"] | None = None,
        rank: Terms = 16,
        activation: str | None = "gelu",
        use_bias: bool = True,
        seed: Seed | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed, **kwargs)
        self.filters = check_positive("filters", filters)
        self.modes = check_one_or_two("modes", modes, check_positive)
        self.factorization = check_choice(
            "factorization", factorization, (None, *get_args(Factorization))
        )
        self.rank = check_positive("rank", rank)
        self.activation = keras.activations.get(activation)
        self.use_bias = check_flag("use_bias", use_bias)

    def initial_weights(
        self, rng: np.random.Generator, channels: int, size: Size
    ) -> dict[str, np.ndarray]:
        """The weights of the modes, the matrix (C, F) and the bias (F,)."""
        rows, columns = pair(self.modes)
        # Half of the variance comes from the modes, of images that have no others.
        gain = (2 * channels) ** -0.5
        shape = (channels, self.filters, 2 * rows, columns)
        spectral = factors(rng, shape, gain, self.factorization, self.rank)
        local = {"kernel": rng.normal(0, gain, (channels, self.filters))}
        return spectral | local | ({"bias": np.zeros(self.filters)} if self.use_bias else {})

    def mapped(self, images: Tensor, weights: Weights) -> Tensor:
        """(B, H, W, C) -> (B, H, W, F)."""
        with in_full_precision():
            output = matmul(images, weights["kernel"])
        output = output + spectral_convolution(images, weights, pair(self.modes))
        return self.activation(output + weights["bias"] if self.use_bias else output)

    def cost(self, before: Known, after: Known) -> Cost:
        """A matrix for each mode, and one for each pixel."""
        height, width, channels = before
        size, modes = (height, width), pair(self.modes)
        rows, columns = lowest_modes(np.empty((height, width // 2 + 1)), size, modes).shape
        bins = products("full", channels, self.filters, rows * columns)
        pixels = height * width * self.filters * 2 * channels
        transforms = Transform(channels, size), Transform(self.filters, size)
        return Cost(bins + pixels + finished(self, after), transforms)

    def get_config(self) -> dict[str, Any]:
        """Every argument of the constructor."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "modes": self.modes,
            "factorization": self.factorization,
            "rank": self.rank,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
        }
