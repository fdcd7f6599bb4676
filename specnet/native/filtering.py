"""Images filtered by a transfer function for each pair of channels, or each filter; the gradient.

Functions of NumPy arrays. Channels stay last throughout, as images have them: the transforms run
over all channels of a pixel at once. The products are in `full` and `depthwise`.

B  images     C  channels    F  filters     S  channels that a filter sees: C, or 1
H, W  height and width of the images; h, w of the result; P, Q of both where they repeat, in pixels
V  rows of the half spectrum (V = P), U its columns (U = Q // 2 + 1); N = V * U bins
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import ModuleType

import numpy as np

from specnet.native import depthwise, full
from specnet.native.compiling import Array
from specnet.native.ffts import irfft2, rfft2
from specnet.native.memory import handed_over, scratch

Size = tuple[int, int]


def forward(
    images: Array,
    response: Array,
    size: Size,
    crop: Size,
    results: Sequence[Array] | None = None,
) -> list[Array]:
    """Images that end in zeros, up to `size`, convolved as if they repeated.

    Args:
        images: (B, H, W, C), float32.
        response: (2, S, F, N), float32; of Hermitian symmetry, only what real filters have counts.
            With S = 1, filter f sees channel f // (F / C).
        size: (P, Q).
        crop: (h, w), what is kept of the result, at its top left.
        results: arrays of any content that become the results; new ones if not given.

    Returns:
        (B, h, w, F), and for the gradient the spectra (B, V, U, 2C), real and imaginary parts in
        turn.
    """
    batch, channels, filters = len(images), images.shape[-1], response.shape[2]
    bins = size[0], size[1] // 2 + 1
    shapes = (batch, *crop, filters), (batch, *bins, 2 * channels)
    out, spectra = _new(*shapes) if results is None else results
    rfft2(images, size, spectra.view(np.complex64))
    with _scratch(batch, size, filters) as products:
        rows, filtered = _rows(spectra.view(np.complex64)), _rows(products)
        _products(response).forward(rows, response, filtered)
        irfft2(products, size, out)
    return [out, spectra]


def gradient(
    response: Array,
    spectra: Array,
    size: Size,
    crop: Size,
    upstream: Array,
    results: Sequence[Array] | None = None,
) -> list[Array]:
    """Gradients of the first result of `forward`.

    Args:
        response, size: as for `forward`.
        spectra: its second result.
        crop: (H, W) of the images.
        upstream: the gradient, (B, h, w, F).
        results: as for `forward`.

    Returns:
        The gradients of the images and of the response.
    """
    batch, channels, filters = len(upstream), spectra.shape[-1] // 2, response.shape[2]
    shapes = (batch, *crop, channels), response.shape
    to_images, to_response = _new(*shapes) if results is None else results
    weights = _weights(size)
    with _scratch(batch, size, filters) as above, _scratch(batch, size, channels) as products:
        rfft2(upstream, size, above)
        rows, given, adjoints = _rows(spectra.view(np.complex64)), _rows(above), _rows(products)
        _products(response).gradient(rows, response, weights, given, adjoints, to_response)
        irfft2(products, size, to_images)
    return [to_images, to_response]


def _new(*shapes: tuple[int, ...]) -> list[Array]:
    return [handed_over(shape, np.float32) for shape in shapes]


def _products(response: Array) -> ModuleType:
    """The module that multiplies spectra with (2, S, F, N)."""
    return depthwise if response.shape[1] == 1 else full


def _scratch(batch: int, size: Size, channels: int) -> AbstractContextManager[Array]:
    """Room for half spectra (B, V, U, C)."""
    return scratch((batch, size[0], size[1] // 2 + 1, channels), np.complex64)


def _rows(spectra: Array) -> Array:
    """(B, V, U, C) -> (B, N, C)."""
    batch, rows, columns, channels = spectra.shape
    return spectra.reshape(batch, rows * columns, channels)


def _weights(size: Size) -> Array:
    """(N,): how much the inverse transform makes of each bin; inner columns stand for two."""
    columns = np.full(size[1] // 2 + 1, 2.0)
    columns[0] = 1
    if size[1] % 2 == 0:
        columns[-1] = 1
    return np.tile(columns / (size[0] * size[1]), size[0]).astype(np.float32)
