"""A convolution in the frequency domain, from one image to the other, in one row.

H, W  height and width of an image, in pixels; bins of the centred plane
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from specnet.plots.colours import BLUE, LINE_BLUE, RED, phase_coloured
from specnet.plots.lines import fitted
from specnet.plots.readable import Figure
from specnet.plots.scales import DEPTH, decibels, limit_of, range_of
from specnet.plots.sheet import closed, frequency_plane, plane_axes

# Inches.
_SIDE, _BETWEEN, _LEFT, _RIGHT, _BELOW, _ABOVE = 1.8, 0.86, 0.3, 0.2, 0.9, 0.75
_VALUES = 0.35  # more at the left of signals, whose panels name values; half of it in their gaps
_SMALL, _NORMAL, _LARGE = 7.0, 9.0, 20.0  # points
_SIGNS = (("→", "FFT"), ("\N{MULTIPLICATION SIGN}", ""), ("=", ""), ("→", "inverse\nFFT"))


@dataclass(frozen=True)
class Steps:
    """What happens to an image, step by step; planes are complex, DC in the middle.

    Attributes:
        image: (H, W) in space.
        spectrum: (H, W), of the image.
        response: (H, W), the transfer function.
        product: (H, W), of the two.
        result: (H, W), the product in space.
    """

    image: np.ndarray
    spectrum: np.ndarray
    response: np.ndarray
    product: np.ndarray
    result: np.ndarray


def method(steps: Steps, image: str, response: str, title: str, unit: str = "pixel") -> Figure:
    """Image, spectrum, times transfer function, product, image: the convolution theorem.

    Args:
        steps: what is shown.
        image: what the image is, for its heading.
        response: which transfer function it is.
        title: of the picture.
        unit: pixel, sample of signals, whose steps are lines (T,), or voxel of slices.
    """
    more = _VALUES if steps.image.ndim == 1 else 0.0
    left, step = _LEFT + more, _SIDE + _BETWEEN + more / 2
    width = left + 4 * step + _SIDE + _RIGHT
    title = fitted(title, width - _LEFT, 10.5)
    size = width, _BELOW + _SIDE + _ABOVE + 0.18 * title.count("\n")
    figure = Figure(figsize=size)
    figure.text(_LEFT / size[0], 0.97, title, fontsize=10.5, weight="bold", va="top")
    headings = (f"{image}  x", "spectrum  X", f"{response}  H", "product  X · H", "filtered  y")
    panels = [_panel(figure, left + place * step, each) for place, each in enumerate(headings)]
    for place, (sign, word) in enumerate(_SIGNS):
        # Labels of the next panel's rows, if it has some, stand at the right of the gap.
        inside = 0.33 if more or place < len(_SIGNS) - 1 else 0.5
        _sign(figure, left + place * step + _SIDE + inside * _BETWEEN, sign, word)
    if steps.image.ndim == 1:
        _signal(panels, steps)
    else:
        _image(panels, steps, unit)
    return figure


def _image(panels: Sequence[Axes], steps: Steps, unit: str) -> None:
    _picture(panels[0], steps.image, range_of(steps.image), unit)
    _picture(panels[4], steps.result, range_of(steps.result, _size_of(steps)), unit)
    # One scale: what the filter takes away is darker in the product.
    strongest = limit_of(np.stack([steps.spectrum, steps.product]))
    for axes, plane in ((panels[1], steps.spectrum), (panels[3], steps.product)):
        _bar(axes, _magnitude(axes, plane, strongest), unit)
    limit = limit_of(steps.response)
    frequency_plane(
        panels[2], phase_coloured(closed(steps.response), limit), steps.response.shape[:2]
    )
    _hues(panels[2], limit, unit)


def _signal(panels: Sequence[Axes], steps: Steps) -> None:
    """Lines: in time, and over the half of the frequencies that the other mirrors."""
    length = len(steps.spectrum)
    frequencies = np.fft.rfftfreq(length)
    half = [
        np.fft.ifftshift(each)[: len(frequencies)]
        for each in (steps.spectrum, steps.response, steps.product)
    ]
    for axes, signal, size in (
        (panels[0], steps.image, 0.0),
        (panels[4], steps.result, _size_of(steps)),
    ):
        axes.axhline(0, color="0.85", linewidth=0.6)
        axes.plot(signal, color=LINE_BLUE, linewidth=0.9)
        low, high = range_of(signal, size)
        if low < signal.min() and high > signal.max():  # flat but for rounding errors
            axes.set_ylim(low, high)
        axes.set_xlabel("t (samples)", fontsize=_SMALL)
        axes.set_ylabel("value", fontsize=_SMALL, labelpad=0)
        axes.yaxis.set_major_locator(MaxNLocator(5))
    strongest = limit_of(np.stack([half[0], half[2]]))
    for axes, line in ((panels[1], half[0]), (panels[3], half[2])):
        axes.plot(frequencies, decibels(line, strongest), color=LINE_BLUE, linewidth=0.9)
        axes.set(ylim=(-DEPTH, 4))
        axes.set_ylabel("magnitude (dB)", fontsize=_SMALL, labelpad=-3)
    panels[2].axhline(0, color="0.85", linewidth=0.6)
    for line, colour, name in ((half[1].real, BLUE, "Re H"), (half[1].imag, RED, "Im H")):
        panels[2].plot(frequencies, line, color=colour, linewidth=1.1, label=name)
    panels[2].legend(
        fontsize=_SMALL, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.22)
    )
    for axes in panels[1:4]:
        axes.set_xlim(0, 0.5)
        axes.set_xticks((0, 0.25, 0.5), ("0", "0.25", "0.5"))
        axes.set_xlabel("u (cycles/sample)", fontsize=_SMALL, labelpad=1)


def _panel(figure: Figure, left: float, heading: str) -> Axes:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, _BELOW / height, _SIDE / width, _SIDE / height))
    axes.set_title(heading, fontsize=_NORMAL, pad=5)
    axes.tick_params(labelsize=_SMALL, length=2, pad=2)
    return axes


def _sign(figure: Figure, x: float, sign: str, word: str) -> None:
    """The operation between two panels, x inches from the left."""
    width, height = figure.get_size_inches()
    y = _BELOW + _SIDE / 2
    figure.text(x / width, y / height, sign, fontsize=_LARGE, ha="center", va="center")
    figure.text(x / width, (y + 0.2) / height, word, fontsize=_NORMAL, ha="center", va="bottom")


def _size_of(steps: Steps) -> float:
    """What the numbers of the filtered image are of the size of, before they cancel each other."""
    return float(np.abs(steps.image).max() * np.abs(steps.response).max())


def _picture(axes: Axes, picture: np.ndarray, shades: tuple[float, float], unit: str) -> None:
    low, high = shades
    axes.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    size = f"{picture.shape[0]} x {picture.shape[1]} {unit}s"
    axes.set_xlabel(size, fontsize=_SMALL, labelpad=4)


def _magnitude(axes: Axes, plane: np.ndarray, strongest: float) -> AxesImage:
    shades = Normalize(-DEPTH, 0)
    return frequency_plane(axes, decibels(plane, strongest), cmap="magma", norm=shades)


def _bar(axes: Axes, drawn: AxesImage, unit: str) -> None:
    bar = axes.figure.colorbar(drawn, cax=_below(axes), orientation="horizontal")
    bar.set_ticks([-DEPTH, 0])
    bar.ax.tick_params(labelsize=_SMALL, length=2, pad=2)
    bar.set_label("magnitude (dB)", fontsize=_SMALL, labelpad=-6)
    _name_axes(axes, unit)


def _hues(axes: Axes, limit: float, unit: str) -> None:
    """Phase along the bar, magnitude across it."""
    legend = _below(axes)
    phase, strength = np.meshgrid(np.linspace(-np.pi, np.pi, 181), np.linspace(0, 1, 24))
    colours = phase_coloured(strength * np.exp(1j * phase), 1)
    legend.imshow(colours, extent=(-1, 1, 0, 1), origin="lower", aspect="auto")
    legend.set_xticks((-1, 0, 1), ("\N{MINUS SIGN}π", "phase", "π"))
    legend.set_yticks((0, 1), ("0", f"|H| {limit:.2g}"))
    legend.tick_params(labelsize=_SMALL, length=2, pad=2)
    _name_axes(axes, unit)


def _name_axes(axes: Axes, unit: str) -> None:
    horizontal, vertical = plane_axes(unit)
    axes.set_xlabel(horizontal, fontsize=_SMALL, labelpad=1)
    axes.set_ylabel(vertical, fontsize=_SMALL, labelpad=-4)


def _below(axes: Axes) -> Axes:
    """A flat axes below a panel, for its legend."""
    figure, place = axes.get_figure(root=True), axes.get_position()
    assert figure is not None
    height = figure.get_size_inches()[1]
    return figure.add_axes((place.x0, 0.3 / height, place.width, 0.13 / height))
