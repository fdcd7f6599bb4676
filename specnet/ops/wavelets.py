"""Discrete wavelet transforms of signals, images and volumes, periodised, on every Keras backend.

The filter banks of PyWavelets and functions of plain tensors that split an axis into two bands and
join them again. The layers build on them.

    B     batch   C  channels
    H, W  height and width of an image, in pixels
    h, w  height and width of a band: half of them, rounded up
    T     taps of a filter: even, 2 to 102
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np
import pywt
from keras import ops

from specnet.messages import suggest

Tensor = Any
Taps = tuple[float, ...]
Filtering = Callable[[Tensor, Taps, int], Tensor]


class FilterBank(NamedTuple):
    """The filters of a wavelet, (T,) each: tap i meets pixel 2k + i - T/2 + 1 of band pixel k."""

    low: Taps
    high: Taps
    inverse_low: Taps
    inverse_high: Taps


def check_wavelet(name: Any) -> str:
    """Returns `name` if PyWavelets has a discrete wavelet of this name; raises ValueError if not.

    All of them: `pywt.wavelist(kind="discrete")`.
    """
    names = pywt.wavelist(kind="discrete")
    if name in names:
        return str(name)
    if name in pywt.wavelist(kind="continuous"):
        raise ValueError(
            f"wavelet: {name!r} is continuous and has no filters; expected a discrete wavelet, "
            "such as 'haar'"
        )
    raise ValueError(
        f"wavelet: unknown wavelet {name!r}{suggest(str(name), names, otherwise='.')} "
        'pywt.wavelist(kind="discrete") lists them all'
    )


@cache
def filter_bank(wavelet: str) -> FilterBank:
    """The filters of a discrete wavelet of PyWavelets; ValueError if it has none of this name."""
    low, high, inverse_low, inverse_high = pywt.Wavelet(check_wavelet(wavelet)).filter_bank
    # PyWavelets convolves, which reads the taps backwards.
    return FilterBank(tuple(low[::-1]), tuple(high[::-1]), tuple(inverse_low), tuple(inverse_high))


def band_length(length: int) -> int:
    """Samples of a band of an axis of `length` samples: half of them, rounded up."""
    return (length + 1) // 2


def analyse(x: Tensor, wavelet: str, axis: int) -> tuple[Tensor, Tensor]:
    """The low and the high band of an axis: `pywt.dwt` with `mode="periodization"`.

    The axis is a circle; where its length is odd, the last sample is repeated first.

    Args:
        x: (..., N, ...), float32 or float64.
        wavelet: a name of `pywt.wavelist(kind="discrete")`.
        axis: that of N, from 0.

    Returns:
        Two tensors (..., ceil(N / 2), ...), in the dtype of `x`.
    """
    bank, x = filter_bank(wavelet), ops.convert_to_tensor(x)
    length = x.shape[axis]
    if length % 2:
        x = ops.concatenate([x, _part(x, axis, length - 1, length)], axis)
    low = _linear(_decimate, _spread, x, bank.low, axis)
    return low, _linear(_decimate, _spread, x, bank.high, axis)


def synthesise(low: Tensor, high: Tensor, wavelet: str, axis: int, length: int) -> Tensor:
    """The axis of N samples that has these bands: `pywt.idwt` with `mode="periodization"`.

    The inverse of `analyse`, as exact as the tables of PyWavelets: to 1e-11, but for `dmey`, whose
    filters are cut off (0.4 %).

    Args:
        low, high: each (..., ceil(N / 2), ...), float32 or float64.
        wavelet: a name of `pywt.wavelist(kind="discrete")`.
        axis: that of N, from 0.
        length: N; bands alone do not tell an odd length from an even one.

    Returns:
        (..., N, ...) in the dtype of the bands.

    Raises:
        ValueError: where bands of this length belong to no axis of `length`.
    """
    bank, low, high = filter_bank(wavelet), ops.convert_to_tensor(low), ops.convert_to_tensor(high)
    half = low.shape[axis]
    if length not in (2 * half - 1, 2 * half):
        raise ValueError(
            f"synthesise: bands of {half} belong to {2 * half - 1} or {2 * half} samples, "
            f"found {length}"
        )
    smooth = _linear(_spread, _decimate, low, bank.inverse_low, axis)
    details = _linear(_spread, _decimate, high, bank.inverse_high, axis)
    return _part(smooth + details, axis, 0, length)


def dwt2(images: Tensor, wavelet: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four bands of images: `pywt.dwt2` with `mode="periodization"`.

    Args:
        images: (B, H, W, C), float32 or float64.
        wavelet: a name of `pywt.wavelist(kind="discrete")`.

    Returns:
        LL, LH, HL, HH, each (B, h, w, C): the approximation and the horizontal, vertical and
        diagonal details (cA, cH, cV, cD in PyWavelets). The first letter is the band from left to
        right, the second from top to bottom.
    """
    ll, lh, hl, hh = dwtn(images, wavelet)
    return ll, lh, hl, hh


def dwtn(images: Tensor, wavelet: str) -> tuple[Tensor, ...]:
    """The bands of signals (B, T, C), images or volumes (B, D, H, W, C): 2 for each axis before.

    `pywt.dwtn` with `mode="periodization"`. Band i is the high one of the axes whose bit is set in
    i, the first axis of a signal, an image or a volume having the lowest bit.
    """
    bands = [images]
    for axis in range(1, len(images.shape) - 1):
        pairs = [analyse(band, wavelet, axis) for band in bands]
        bands = [low for low, _ in pairs] + [high for _, high in pairs]
    return tuple(bands)


def idwtn(bands: Sequence[Tensor], wavelet: str, size: Sequence[int]) -> Tensor:
    """What has these bands: the inverse of `dwtn`, of this size, (T,), (H, W) or (D, H, W).

    Raises:
        ValueError: where bands of this size belong to nothing of `size`.
    """
    found = list(bands)
    for axis in range(len(size), 0, -1):
        half = len(found) // 2
        pairs = zip(found[:half], found[half:], strict=True)
        found = [synthesise(low, high, wavelet, axis, size[axis - 1]) for low, high in pairs]
    return found[0]


def idwt2(
    bands: tuple[Tensor, Tensor, Tensor, Tensor], wavelet: str, size: tuple[int, int]
) -> Tensor:
    """The images of these bands: `pywt.idwt2` with `mode="periodization"`; the inverse of `dwt2`.

    Args:
        bands: LL, LH, HL, HH, each (B, h, w, C), float32 or float64.
        wavelet: a name of `pywt.wavelist(kind="discrete")`.
        size: (H, W) of the images; twice that of the bands, or one pixel less.

    Returns:
        (B, H, W, C)

    Raises:
        ValueError: where bands of this size belong to no image of `size`.
    """
    return idwtn(bands, wavelet, size)


def _linear(function: Filtering, adjoint: Filtering, x: Tensor, taps: Taps, axis: int) -> Tensor:
    """function(x, taps, axis), whose gradient is its adjoint.

    Gradients that backends derive from slices take several times longer, and TensorFlow's keep
    every slice in memory. JAX derives its own, since it has derivatives in forward mode too, which
    a gradient of one's own takes away.
    """
    if keras.backend.backend() == "jax":
        return function(x, taps, axis)

    def apply(x: Tensor) -> tuple[Tensor, Callable[..., Tensor]]:
        # Keras gives the upstream gradient alone, on PyTorch by name.
        def gradient(*given: Tensor, upstream: Tensor = None) -> Tensor:
            above = given[0] if upstream is None else upstream
            return _linear(adjoint, function, above, taps, axis)

        return function(x, taps, axis), gradient

    return ops.custom_gradient(apply)(x)


def _decimate(x: Tensor, taps: Taps, axis: int) -> Tensor:
    """Sums of taps[i] * x[2k + i - T/2 + 1], for k below half the (even) length of the axis."""
    half = x.shape[axis] // 2
    first, pairs = _polyphase(taps, half)
    around = _extended(x, -2 * first, 2 * (first + len(pairs) - 1), axis)
    terms = [
        _part(around, axis, i, i + 2 * half - 1, step=2) * tap
        for i, tap in enumerate(pairs.ravel().tolist())
        if tap
    ]
    return sum(terms[1:], terms[0])


def _spread(band: Tensor, taps: Taps, axis: int) -> Tensor:
    """Adds taps[i] * band[k] to sample 2k + i - T/2 + 1 of an axis that is twice as long.

    The adjoint of `_decimate`.
    """
    half = band.shape[axis]
    first, pairs = _polyphase(taps, half)
    last = first + len(pairs) - 1
    around = ops.expand_dims(_extended(band, last, -first, axis), axis + 1)
    ones = [1] * (len(band.shape) - axis - 1)
    terms = [
        _part(around, axis, last - shift, last - shift + half)
        * ops.convert_to_tensor(pair.reshape(2, *ones), band.dtype)
        for shift, pair in enumerate(pairs, first)
        if pair.any()
    ]
    # In sizes that are known while tracing, as all but that of the batch are: layers behind ask.
    shape = [-1 if length is None else length for length in band.shape]
    shape[axis] = 2 * half
    return ops.reshape(sum(terms[1:], terms[0]), shape)


def _polyphase(taps: Taps, half: int) -> tuple[int, np.ndarray]:
    """Taps as pairs that meet the pair of samples k + first, k + first + 1, ... of band pixel k.

    Args:
        taps: (T,)
        half: pairs of samples on the circle; a longer filter is wound around it.

    Returns:
        `first`, not above 0, and the pairs (S, 2), S at most `half`.
    """
    margin = 1 - len(taps) // 2 % 2  # pairs begin at even samples
    pairs = np.pad(taps, margin).reshape(-1, 2)
    first = -(len(pairs) // 2)
    if len(pairs) <= half:
        return first, pairs
    wound = np.zeros((half, 2))
    np.add.at(wound, (first + np.arange(len(pairs))) % half, pairs)
    return 0, wound


def _extended(x: Tensor, before: int, after: int, axis: int) -> Tensor:
    """The axis with its last `before` samples in front and its first `after` ones behind."""
    length = x.shape[axis]
    parts = [_part(x, axis, length - before, length), x, _part(x, axis, 0, after)]
    kept = [part for part in parts if part.shape[axis]]
    return ops.concatenate(kept, axis) if len(kept) > 1 else x


def _part(x: Tensor, axis: int, start: int, stop: int, step: int = 1) -> Tensor:
    """x[start:stop:step] along the axis."""
    return x[(slice(None),) * axis + (slice(start, stop, step),)]
