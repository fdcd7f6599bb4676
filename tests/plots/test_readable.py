"""Names of classes and runs are drawn as they were written, and Matplotlib says nothing."""

import io
import warnings

import numpy as np
import pytest
from matplotlib.font_manager import findfont, fontManager, get_font
from matplotlib.text import Text

from specnet import plots
from specnet.plots.labels import label_points
from specnet.plots.readable import Figure, _letters

STRANGE = {
    "lr_$0.1_vs_$": "lr_$0.1_vs_$",
    "$\\frac$": "$\\frac$",
    "caf\udce9": "caf\\xe9",
    "a\x1b[2J\u202eb": "a\\x1b[2J\\u202eb",
    "a\ttab": "a\\ttab",
    "two\nlines": "two\nlines",
}


def drawn(figure: Figure) -> list[str]:
    """The texts of a figure once it is drawn, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO(), format="png", dpi=40)
    return [each.get_text() for each in figure.findobj(Text)]


@pytest.mark.parametrize("name", STRANGE)
def test_names_are_drawn_as_they_were_written(name):
    texts = drawn(plots.confusion([[1, 0], [0, 1]], [name, "dog"], "title"))
    assert texts.count(STRANGE[name]) == 2 * 2  # both sides of both axes
    if len(name.split()) == 1:  # else it may be broken there
        assert STRANGE[name] in drawn(plots.confusion([[1, 0], [0, 1]], ["cat", "dog"], name))


def test_labels_that_are_measured_are_drawn_so_too():
    figure = Figure()
    axes = figure.subplots()
    label_points(axes, np.array([[0.5, 0.5]]), ["a$^b$\x1b"], ["k"], np.zeros((0, 2, 2)))
    assert "a$^b$\\x1b" in drawn(figure)


def test_powers_of_ten_are_still_mathematics():
    figure = Figure()
    figure.subplots().set(xscale="log", xlim=(1, 1e3))
    assert "$\\mathdefault{10^{2}}$" in drawn(figure)
    (tick,) = [t for t in figure.findobj(Text) if t.get_text() == "$\\mathdefault{10^{2}}$"][:1]
    assert tick.get_parse_math()


def test_letters_of_another_font_are_drawn_with_it():
    own = _letters(findfont("DejaVu Sans"))
    letter = min(_letters(findfont("STIXGeneral")) - own)
    figure = plots.confusion([[1]], [letter], "title")
    assert letter in drawn(figure)
    tick, *_ = [text for text in figure.findobj(Text) if text.get_text() == letter]
    families = {each.name for each in fontManager.ttflist} & {*tick.get_fontfamily()}
    assert any(ord(letter) in get_font(findfont(family)).get_charmap() for family in families)


def test_letters_that_no_font_has_are_shown_by_number(monkeypatch):
    monkeypatch.setattr("specnet.plots.readable._fonts_with", lambda missing: {})
    assert drawn(plots.confusion([[1]], ["猫é"], "title")).count("\\u732bé") == 2 * 2
