"""Figures whose text is shown as it was written, whoever wrote it.

Matplotlib takes $ for mathematics, and draws a box for a letter that its font lacks; names of
classes, runs and recipes have both. Every figure of this package is one of these.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import figure, font_manager
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from specnet.plain import plain

_FALLBACK = "Last Resort"  # the font of boxes, which has them for every letter


def pixels(drawn: figure.Figure, dpi: int) -> np.ndarray:
    """A figure as it appears on a screen, uint8 (H, W, 3)."""
    drawn.set_dpi(dpi)
    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


class Figure(figure.Figure):
    """Matplotlib's, but that it makes its text readable before it is drawn."""

    def draw(self, renderer: Any) -> None:
        """Draws everything; Matplotlib calls it."""
        make_readable(self)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        """What a notebook shows; Matplotlib's own figures need `%matplotlib inline` for it."""
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=100)
        return content.getvalue()


def make_readable(artist: Artist) -> None:
    """Has every text in an artist shown as it is; with other fonts for letters that its lacks."""
    ticks: set[Text] = set()
    for axis in artist.findobj(Axis):
        assert isinstance(axis, Axis)
        for minor in (False, True):
            labels = axis.get_ticklabels(minor=minor)
            ticks |= {*labels}
            _names_of_ticks(axis, labels, minor)
    for text in artist.findobj(Text):
        assert isinstance(text, Text)
        if text not in ticks:  # those may be powers of ten, which are mathematics
            _show_as_it_is(text)


def _show_as_it_is(text: Text) -> None:
    text.set_parse_math(False)
    text.set_usetex(False)
    written = text.get_text()
    shown = _readable(written, [text])
    if shown != written:
        text.set_text(shown)


def _names_of_ticks(axis: Axis, labels: list[Text], minor: bool) -> None:
    """Names that were given for ticks: a formatter hands them to Matplotlib at each drawing."""
    formatter = axis.get_minor_formatter() if minor else axis.get_major_formatter()
    if not isinstance(formatter, FuncFormatter):
        return
    for text in labels:
        text.set_parse_math(False)
        text.set_usetex(False)
    if not isinstance(formatter.func, _Named):
        formatter.func = _Named(formatter.func, labels)


@dataclass(frozen=True)
class _Named:
    """What names a tick, with names that can be shown."""

    name: Callable[..., str]
    labels: list[Text]

    def __call__(self, value: float, position: int | None = None) -> str:
        return _readable(self.name(value, position), self.labels)


def _readable(written: str, texts: list[Text]) -> str:
    """The string as `texts` can show it: its lines stay lines, which pictures break names into."""
    return _within_fonts(plain(written, keep="\n"), texts)


def _within_fonts(written: str, texts: list[Text]) -> str:
    """The string, with letters escaped that no font has; `texts` get the fonts that it needs."""
    if written.isascii() or not texts:
        return written
    own = font_manager.findfont(texts[0].get_fontproperties())
    missing = frozenset(written) - _letters(own) - {"\n"}
    fonts = _fonts_with(missing)
    for text in texts:
        families = text.get_fontfamily()
        families = [families] if isinstance(families, str) else families
        text.set_fontfamily([*families, *(each for each in fonts if each not in families)])
    lacking = missing.difference(*fonts.values())
    return "".join(ascii(each)[1:-1] if each in lacking else each for each in written)


@lru_cache
def _fonts_with(missing: frozenset[str]) -> dict[str, frozenset[str]]:
    """Installed fonts that have the letters, one after the other, each with those that it adds."""
    found: dict[str, frozenset[str]] = {}
    upright_last = sorted(font_manager.fontManager.ttflist, key=_likeness)
    known = {each.name: each.fname for each in upright_last}
    for name in sorted(known, key=lambda name: ("Sans" not in name, name)):
        if not missing:
            break
        added = missing & _letters(known[name]) if _FALLBACK not in name else frozenset()
        if added:
            found[name] = added
            missing -= added
    return found


def _likeness(font: font_manager.FontEntry) -> tuple[bool, bool, float]:
    """How like the upright, regular one of its family a font is, which is what text is drawn in."""
    weight = font.weight
    if isinstance(weight, str):
        weight = font_manager.weight_dict[weight]
    return font.style == "normal", font.stretch == "normal", -abs(weight - 400)


@lru_cache
def _letters(file: str) -> frozenset[str]:
    """Those that a font has; none where it cannot be drawn, as those made of pixels."""
    try:
        font = font_manager.get_font(file)
        return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()
