"""The lowest modes of a spectrum, and complex weights of few numbers for them.

A convolution that sees the lowest frequencies alone (Li et al. 2020) is the same at every size of
the image; `factors` and `expanded` write its weights as products, by CP or Tucker.

    H, W  height and width of an image, in pixels
    V, U  bins of a half spectrum: V = H, U = W // 2 + 1
    m, n  modes: rows -m to m - 1 and columns 0 to n - 1; M = 2m
    K     transfer functions   R  rows of their modes, without -m: R = 2m - 1
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Literal

import numpy as np
from keras import ops

from specnet.ops.grids import half_width
from specnet.ops.hermitian import Planes, Tensor
from specnet.ops.mixing import complex_normal
from specnet.ops.precision import tensordot

Size = tuple[int, int]
Factorization = Literal["cp", "tucker"]


def rows_of_modes(height: int, modes: int) -> tuple[int, int]:
    """How many rows from 0 on, and how many below 0, an image has of the modes -m to m - 1."""
    return min(modes, (height + 1) // 2), min(modes, height // 2)


def lowest_modes(x: Tensor, size: Size, modes: Size) -> Tensor:
    """The bins of the modes that images of `size` have: (..., v, u).

    Rows from 0 on come first, then those below 0, as in a spectrum.

    Args:
        x: a part of a half spectrum (..., V, U), or weights of all modes (..., M, n).
        size: (H, W) of the images.
        modes: (m, n).
    """
    above, below = rows_of_modes(size[0], modes[0])
    kept = x[..., : min(modes[1], half_width(size[1]))]
    return _ends(kept, above, below)


def spread(bins: Tensor, size: Size) -> Tensor:
    """The lowest frequencies in cycles/image, and zeros: (2, K, R, n) -> (2, K, V, U).

    As in a Fourier neural operator (Li et al. 2021). An even H has one row for plus and minus its
    Nyquist frequency, which gets the mean of both where both are given.

    Args:
        bins: rows in FFT order, from -(m - 1) to m - 1 cycles; columns from 0 to n - 1 cycles.
        size: (H, W) of the images.
    """
    rows, columns = bins.shape[-2:]
    height, kept = size[0], min(columns, half_width(size[1]))
    bins = bins[..., :kept]
    below = min((rows + 1) // 2, (height + 1) // 2)  # frequencies from 0 to below Nyquist
    parts = [bins[..., :below, :]]
    if height % 2 == 0 and height < rows:
        half = height // 2
        above = bins[..., half : half + 1, :] + bins[..., rows - half : rows - half + 1, :]
        parts.append(above / 2)
    gap = height - (below - 1) - sum(part.shape[-2] for part in parts)
    right = half_width(size[1]) - kept
    parts[-1] = ops.pad(parts[-1], ((0, 0), (0, 0), (0, gap), (0, 0)))
    whole = ops.concatenate([*parts, bins[..., rows - (below - 1) :, :]], axis=-2)
    return ops.pad(whole, ((0, 0), (0, 0), (0, 0), (0, right)))


def factors(
    rng: np.random.Generator,
    shape: Sequence[int],
    gain: float,
    factorization: Factorization | None,
    rank: int,
) -> dict[str, np.ndarray]:
    """Random complex weights of this shape, as what `expanded` makes them of; parts come first.

    Args:
        rng: where they come from.
        shape: of the weights, such as (C, F, M, n).
        gain: root of their mean square.
        factorization: None: all weights, `bins`. `cp`: a matrix for each axis, `axis_0` and so
            on, with `rank` columns. `tucker`: such matrices, with no more columns than rows, and a
            `core`.
        rank: terms of each axis.
    """
    if factorization is None:
        return {"bins": complex_normal(rng, shape, gain)}
    ranks = [rank if factorization == "cp" else min(rank, length) for length in shape]
    found = {
        f"axis_{axis}": complex_normal(rng, (length, own), 1.0)
        for axis, (length, own) in enumerate(zip(shape, ranks, strict=True))
    }
    if factorization == "tucker":
        return found | {"core": complex_normal(rng, ranks, gain * prod(ranks) ** -0.5)}
    # Terms of independent factors add up in squares.
    share = (gain * rank**-0.5) ** (1 / len(shape))
    return {name: value * share for name, value in found.items()}


def expanded(parts: Mapping[str, Tensor], axes: int) -> Planes:
    """The weights of `factors`, of so many axes: their real and their imaginary part."""
    if "bins" in parts:
        return parts["bins"][0], parts["bins"][1]
    matrices = [(parts[f"axis_{axis}"][0], parts[f"axis_{axis}"][1]) for axis in range(axes)]
    if "core" in parts:
        total = parts["core"][0], parts["core"][1]
        for matrix in matrices:  # each takes the first axis, and puts its own behind the last
            total = _product(partial(tensordot, axes=[[0], [1]]), total, matrix)
        return total
    total = matrices[0]
    for matrix in matrices[1:-1]:
        wide = total[0][..., None, :], total[1][..., None, :]
        total = _product(ops.multiply, wide, matrix)
    return _product(partial(tensordot, axes=[[-1], [1]]), total, matrices[-1])


def _product(multiply: Callable[[Tensor, Tensor], Tensor], left: Planes, right: Planes) -> Planes:
    """A product of complex tensors by their parts, which every program can compute."""
    (a, b), (c, d) = left, right
    return multiply(a, c) - multiply(b, d), multiply(a, d) + multiply(b, c)


def _ends(x: Tensor, above: int, below: int) -> Tensor:
    """The first rows of (..., V, U), and the last."""
    rows = x.shape[-2]
    if above + below == rows:
        return x
    return ops.concatenate([x[..., :above, :], x[..., rows - below :, :]], axis=-2)
