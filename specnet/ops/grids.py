"""Where the bins of a half spectrum lie: sizes and frequencies, in plain NumPy.

Functions from sizes to coordinates. Transfer functions are sampled on these grids, figures label
their axes with them.

    H, W  height and width of an image, in pixels
    V     rows of a half spectrum: V = H, frequencies in FFT order
    U     columns of a half spectrum: U = W // 2 + 1
"""

from collections.abc import Sequence
from functools import reduce
from typing import Literal

import numpy as np

Grid = Literal["signed", "wood2021"]


def half_width(width: int) -> int:
    """Columns U of the half spectrum of an image that is `width` pixels wide."""
    return width // 2 + 1


def full_width(columns: int, odd: bool) -> int:
    """Pixels W of the image whose half spectrum has `columns` columns; `odd` is W's parity."""
    return 2 * columns - 1 if odd else 2 * columns - 2


def signed_grid(*size: int) -> tuple[np.ndarray, ...]:
    """Frequencies of the bins of `rfftn`, in cycles/pixel, an array an axis.

    Of images of (H, W) pixels vertical (V,) and horizontal (U,) ones; of signals and volumes too.
    """
    return *map(np.fft.fftfreq, size[:-1]), np.fft.rfftfreq(size[-1])


def cycles_per_image(
    size: tuple[int, ...], like: int | Sequence[int]
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Where images of another size have the bins of `rfft2` with as many cycles/image.

    Args:
        size: (H, W); of signals and volumes the lengths of one and of three axes.
        like: height and width of the others, or one number for all axes.

    Returns:
        Vertical (V,) and horizontal (U,) frequencies, in cycles/pixel of the others and kept within
        their Nyquist frequency; and (V, U), whether they lie within.
    """
    lengths = (like,) * len(size) if isinstance(like, int) else like
    scaled = [
        grid * length / other
        for grid, length, other in zip(signed_grid(*size), size, lengths, strict=True)
    ]
    within = [np.abs(each) <= 0.5 + 1e-9 for each in scaled]
    return tuple(np.clip(each, -0.5, 0.5) for each in scaled), reduce(np.logical_and, ix(within))


def ix(axes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Arrays (N,), one an axis, in shapes that broadcast to all axes, in order."""
    last = len(axes) - 1
    return [each.reshape(-1, *[1] * (last - axis)) for axis, each in enumerate(axes)]


def radius_grid(*size: int) -> np.ndarray:
    """Radial frequencies of the bins of `rfftn`, in cycles/pixel: (V, U), from 0 to sqrt(1/2).

    Of n axes to sqrt(n) / 2.
    """
    return reduce(np.hypot, ix(signed_grid(*size)))


def side_grid(*size: int) -> np.ndarray:
    """(V, U): the largest of a bin's frequencies along the axes, in cycles/pixel, to 1/2."""
    return reduce(np.maximum, ix([np.abs(each) for each in signed_grid(*size)]))


def wood2021_grid(
    height: int, columns: int, first_column: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates that the package of Wood & Larson (2021) gives to the bins of `rfft2`.

    Rows run from -1/2, columns from `first_column` (0 in its Gaussian, -1/2 in its linear layer),
    both in steps of one over their number. The spectrum is not shifted to match: DC sits at row
    -1/2.
    """
    return np.arange(height) / height - 0.5, np.arange(columns) / columns + first_column
