"""Where the scales of pictures end.

Numbers that several kinds of picture are scaled by; no axes, no colours.

...  any shape
"""

import numpy as np

DEPTH = 100
"""Decibels from the strongest bin to black."""


def limit_of(values: np.ndarray) -> float:
    """The largest magnitude of real or complex (...), the end of a scale; of zeros, 1."""
    return float(np.abs(values).max()) or 1.0


def decibels(values: np.ndarray, strongest: float) -> np.ndarray:
    """Magnitudes of real or complex (...) in dB of the strongest, from -DEPTH up."""
    floor = 10 ** (-DEPTH / 20)
    return 20 * np.log10(np.maximum(np.abs(values) / strongest, floor))
