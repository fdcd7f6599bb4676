"""Which pixels and frequencies of one image carry a decision: a sheet of four panels.

H, W  height and width of the image      R  radii
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from specnet.plots.colours import DIVERGING
from specnet.plots.readable import Figure
from specnet.plots.sheet import U_AXIS, V_AXIS
from specnet.plots.ticks import radii

_WIDTH, _HEIGHT = 9.0, 8.0  # inches
_SHARE = 99.5  # percent of the contributions that the colours reach to
_RADII = (0, 0.02, 0.1, 0.2, 0.4, 0.7)


def explanation(
    image: np.ndarray,
    pixels: np.ndarray,
    frequencies: np.ndarray,
    kept: np.ndarray,
    title: str,
    label: str,
    share: str,
) -> Figure:
    """An image, contributions of its pixels and frequencies, and what removing bands does.

    Args:
        image: (H, W, C), in [0, 1].
        pixels: (H, W), in nats.
        frequencies: (H, W), in nats, in FFT order.
        kept: (3, R): radii in cycles/pixel, and the class's probability with the frequencies up to
            them alone, and with those above them alone.
        title: of the picture.
        label: the class that is explained.
        share: what `kept` is: a probability, or what stands for it.
    """
    figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    figure.suptitle(title, fontsize=12)
    first, second, third, fourth = figure.subplots(2, 2).ravel()
    grey_levels = image[..., 0] if image.shape[-1] == 1 else image
    first.imshow(grey_levels, cmap="gray", vmin=0, vmax=1)
    first.set_title("image", fontsize=10)
    _map(figure, second, pixels, f"for (red) and against (blue)\n{label}, by pixel", {})
    for axes in (first, second):
        axes.set(xticks=(), yticks=())
    ordered, extent = np.fft.fftshift(frequencies), _extent(*frequencies.shape)
    _map(figure, third, ordered, "the same, by frequency", {"extent": extent})
    third.set(xlabel=U_AXIS, ylabel=V_AXIS)
    _bands(fourth, kept, label, share)
    return figure


def _map(figure: Figure, axes: Axes, values: np.ndarray, title: str, how: dict[str, Any]) -> None:
    limit = float(np.percentile(np.abs(values), _SHARE)) or float(np.abs(values).max()) or 1.0
    drawn = axes.imshow(values, cmap=DIVERGING, norm=Normalize(-limit, limit), **how)
    axes.set_title(title, fontsize=10)
    bar = figure.colorbar(drawn, ax=axes, shrink=0.85, extend="both")
    bar.set_label("contribution (nats)", fontsize=8.5)
    bar.ax.tick_params(labelsize=8)


def _bands(axes: Axes, kept: np.ndarray, label: str, share: str) -> None:
    at, low, high = kept
    axes.plot(at, low, "-o", ms=3, label="only below the radius")
    axes.plot(at, high, "--s", ms=3, label="only above it")
    axes.set_title(f"{label} with a part of the frequencies", fontsize=10)
    axes.set(ylabel=share, ylim=(-0.03, 1.03))
    radii(axes, _RADII)
    axes.legend(fontsize=8.5)


def _extent(height: int, width: int) -> tuple[float, float, float, float]:
    """Edges in cycles/pixel, half a step outside of the outermost; v points down."""
    u, v = (np.fft.fftshift(np.fft.fftfreq(n)) for n in (width, height))
    left, right = u[0] - 0.5 / width, u[-1] + 0.5 / width
    return left, right, v[-1] + 0.5 / height, v[0] - 0.5 / height
