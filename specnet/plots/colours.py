"""Complex numbers -> colours on white paper.

Arrays to RGB, each channel in [0, 1], and the colours that pictures share; no figures.

...  any shape
"""

import numpy as np
from matplotlib.colors import to_rgb

# Like the ends of Matplotlib's RdBu: pages of both kinds of picture look of a piece.
BLUE, RED = "#05309a", "#bf0d1f"
DIVERGING = "RdBu_r"
# For lines and points: of Okabe & Ito, told apart by colour-blind eyes too.
LINE_BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
# OKLCh of the strongest colours: dark enough to read on white, and inside sRGB for nearly all hues.
_LIGHTNESS, _CHROMA = 0.58, 0.16


def inked(real: np.ndarray, imaginary: np.ndarray) -> np.ndarray:
    """Two inks on white, blue for the first and red for the second, dark where both are: (..., 3).

    Args:
        real, imaginary: magnitudes in [0, 1], (...).
    """
    blue, red = (1 - np.array(to_rgb(ink)) for ink in (BLUE, RED))
    return (1 - real[..., None] * blue) * (1 - imaginary[..., None] * red)


def phase_coloured(values: np.ndarray, limit: float) -> np.ndarray:
    """Phase as hue, magnitude as lightness from white down: (..., 3).

    In OKLCh (Ottosson 2020), so that equal magnitudes look equally dark in every hue; phase 0 is
    red, a quarter of a turn green-yellow, half a turn cyan.

    Args:
        values: complex (...).
        limit: the magnitude of the darkest colour.
    """
    strength = np.clip(np.abs(values) / limit, 0, 1)
    hue = np.angle(values) + np.radians(25)
    chroma = _CHROMA * strength
    lightness = 1 - (1 - _LIGHTNESS) * strength
    return _srgb(np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1))


def _srgb(oklab: np.ndarray) -> np.ndarray:
    """OKLab (..., 3) -> sRGB (..., 3), cut to [0, 1]."""
    cone = oklab @ np.array([[1, 1, 1], [0.39633778, -0.10556135, -0.08948418],
                             [0.21580376, -0.06385417, -1.29148555]])  # fmt: skip
    linear = cone**3 @ np.array([[4.07674166, -1.26843800, -0.00419609],
                                 [-3.30771159, 2.60975740, -0.70341861],
                                 [0.23096993, -0.34131940, 1.70761470]])  # fmt: skip
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
