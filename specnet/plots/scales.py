"""Where the scales of pictures end.

Numbers that several kinds of picture are scaled by; no axes, no colours.

...  any shape
"""

import numpy as np

DEPTH = 100
"""Decibels from the strongest bin to black."""


_ROUNDING = 1e-5  # of the largest number: what sums of float32 are wrong by


def limit_of(values: np.ndarray) -> float:
    """The largest magnitude of real or complex (...), the end of a scale; of zeros, 1."""
    return float(np.abs(values).max()) or 1.0


def range_of(values: np.ndarray, size: float = 0.0) -> tuple[float, float]:
    """Where the shades of a picture of real (...) begin and end: 99 % of it is between.

    Values that differ by rounding errors alone become one shade, in the middle of the range.

    Args:
        values: what is drawn.
        size: of the numbers that the values are sums of, where these are larger than the values.
    """
    low, high = np.percentile(values, (0.5, 99.5))
    least = _ROUNDING * max(size, float(np.abs(values).max()))
    if high - low <= least:  # a few bright pixels are no rounding errors
        low, high = values.min(), values.max()
    if high - low <= least:
        half = least / _ROUNDING or 1.0
        return float((low + high) / 2 - half), float((low + high) / 2 + half)
    return float(low), float(high)


def decibels(values: np.ndarray, strongest: float) -> np.ndarray:
    """Magnitudes of real or complex (...) in dB of the strongest, from -DEPTH up."""
    floor = 10 ** (-DEPTH / 20)
    return 20 * np.log10(np.maximum(np.abs(values) / strongest, floor))
